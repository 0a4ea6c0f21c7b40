"""`tailored failed unsent|send|drop`, as an operator types them, against a service that answers."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from shared.messaging import Listener, emit
from shared.messaging.relay import Relay
from shared.service import create_app
from tailored.failed import app as failed
from tests.serving import serving
from tests.shared.small import Told
from tests.shared.test_relay import Recorder, drain


@asynccontextmanager
async def answering(sessions, settings_for):
    """A service with nothing but what every service has for its operator; its address."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    app = create_app("teller", Listener("teller"), [], settings_for(url, roles="http"))
    async with serving(lambda _: app, lifespan="on") as address:
        yield address
    with suppress(Exception):
        await app.state.sessions.kw["bind"].dispose()


@pytest.fixture
async def typed(sessions, settings_for, token_for):
    """`await typed("unsent")` -> exit code and everything that was printed."""
    token = token_for("operator")["Authorization"].removeprefix("Bearer ")
    async with answering(sessions, settings_for) as url:

        async def run(command, *arguments):
            environment = {"TAILORED_TOKEN": token, "TAILORED_URL": url, "COLUMNS": "200", "LANG": "en"}
            done = await asyncio.to_thread(
                CliRunner().invoke, failed, [command, *map(str, arguments)], env=environment
            )
            return done.exit_code, done.output

        yield run


async def test_what_the_broker_would_not_take_is_listed_sent_again_or_dropped(sessions, typed, rows):
    async with sessions.begin() as session:
        for number in range(2):
            emit(session, Told(thing="bad", number=number))
    seen: list = []
    relay = Relay("teller", sessions, Recorder(seen, poison="bad"))
    await drain(relay)
    [(first,)] = await rows(sessions, "SELECT id FROM outbox_rejected")

    code, listed = await typed("unsent", "teller")
    assert code == 0
    assert (str(first) in listed, "poison" in listed) == (True, True)

    assert await typed("send", "teller", first) == (0, "sending\n")
    relay.transport = Recorder(seen)
    await drain(relay)
    assert [number for _, _, number in seen] == [0, 1]

    async with sessions.begin() as session:
        emit(session, Told(thing="bad", number=2))
    relay.transport = Recorder(seen, poison="bad")
    await drain(relay)
    [(third,)] = await rows(sessions, "SELECT id FROM outbox_rejected")
    code, dropped = await typed("drop", "teller", third)
    assert code == 0
    assert '"number\\":2' in dropped.replace(" ", "")
    assert await rows(sessions, "SELECT count(*) FROM outbox_rejected") == [(0,)]


@pytest.mark.parametrize("command", ["send", "drop"])
async def test_a_message_that_is_not_there_is_named_with_what_to_do(typed, command):
    nobody = uuid4()

    code, said = await typed(command, "teller", nobody)

    assert code == 2
    assert str(nobody) in said
    assert "tailored failed unsent" in said
    assert "Traceback" not in said
