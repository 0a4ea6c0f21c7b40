"""Old and new releases side by side: the previous one's messages, readers and statements, frozen in `releases/`."""

import json

import pytest

from services.gateway.contracts import breaks
from services.gateway.vocabulary import EVENTS
from shared import map as atlas
from shared.messaging.delivery import delivered
from tests.shared.freezing import RELEASES
from tests.shared.test_relay import an_envelope

FROZEN = {path.stem: json.loads(path.read_text()) for path in sorted(RELEASES.glob("*.json"))}
NOW = {kind.type_name(): kind for kind in EVENTS.values()}


@pytest.fixture(params=sorted(FROZEN))
def old(request):
    return FROZEN[request.param]


def test_messages_of_the_previous_release_are_read_by_every_handler_that_hears_them(old):
    handlers = [one for service in atlas.SERVICES for one in atlas._listener(service).handlers.values()]
    read = 0
    for name, body in old["bodies"].items():
        came = delivered(
            old["headers"] | {"ce-type": name}, json.dumps(body).encode(), NOW[name].topic(), None, None
        )
        assert came.envelope.extensions == {"externalid": "7"}
        for handler in handlers:
            if NOW[name] in handler.hears:
                assert handler.read(came.envelope, came.body) == NOW[name].model_validate(body)
                read += 1

    assert read > 20


def test_readers_of_the_previous_release_take_what_is_said_now(old):
    """They ignore fields that they do not know; everything else that they ask for is still there, and no wider."""
    refused = {
        name: [
            line for line in breaks(NOW[name].model_json_schema(), schema) if not line.endswith(": is gone")
        ]
        for name, schema in old["schemas"].items()
    }

    assert {name: lines for name, lines in refused.items() if lines} == {}
    assert set(old["headers"]) <= set(an_envelope(externalid="7").headers())


async def test_statements_of_the_previous_release_run_on_the_schema_of_now(old, sessions):
    """While containers are exchanged, the migrated database serves both."""
    async with sessions() as session:
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        for name, statement in old["statements"].items():
            assert await raw.prepare(statement), name

    assert len(old["statements"]) > 12
