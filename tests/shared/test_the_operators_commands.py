"""`tailored failed unsent|send|drop`, as an operator types them, against a service that answers."""

import asyncio
import json
import re
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from typer.testing import CliRunner

from shared.errors import Refused
from shared.messaging import Listener, emit
from shared.messaging.relay import Relay
from shared.service import create_app
from tailored.cli import COMMANDS
from tailored.cli import app as tailored
from tailored.failed import app as failed
from tests.serving import serving
from tests.shared.conftest import Place
from tests.shared.small import Told, hearing, note
from tests.shared.test_relay import Recorder, drain

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"(?m)(?:^|`)tailored ([a-z]+)")


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
async def sitting_at(settings_for, token_for):
    """`async with sitting_at(sessions) as typed`: what is typed goes to a service on that database."""
    token = token_for("operator")["Authorization"].removeprefix("Bearer ")

    @asynccontextmanager
    async def sit(sessions):
        async with answering(sessions, settings_for) as url:

            async def run(command, *arguments):
                environment = {"TAILORED_TOKEN": token, "TAILORED_URL": url, "COLUMNS": "200", "LANG": "en"}
                done = await asyncio.to_thread(
                    CliRunner().invoke, failed, [command, *map(str, arguments)], env=environment
                )
                return done.exit_code, done.output

            yield run

    return sit


@pytest.fixture
async def typed(sessions, sitting_at):
    """`await typed("unsent")` -> exit code and everything that was printed."""
    async with sitting_at(sessions) as run:
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


class TooSmall(Refused):
    """The number is too small."""

    code = "E-TEST-1"


async def test_what_was_refused_is_listed_shown_tried_again_repaired_or_archived(
    database, sitting_at, rows, until, tmp_path
):
    async def take(told: Told, session) -> None:
        if told.number < 1:
            raise TooSmall(str(told.number))
        await note(session, told.thing, told.number)

    place = Place("in-process", None, database)
    sessions = await place.sessions()
    kept = "SELECT state, attempts FROM failed_message ORDER BY message_id"
    handler, repaired = "teller.take", tmp_path / "repaired.json"
    async with place.running(hearing(take, service="teller"), sessions), sitting_at(sessions) as typed:
        async with sessions.begin() as session:
            first, second = (emit(session, Told(thing=thing, number=0)) for thing in ("a", "b"))
        await until(lambda: rows(sessions, kept), [("dead", 1), ("dead", 1)])

        code, listed = await typed("list", "teller", "--state", "dead", "--json")
        found = {(row["handler"], row["message_id"], row["reason"]) for row in json.loads(listed)}
        assert code == 0
        assert found == {(handler, str(one), "The number is too small. 0") for one in (first, second)}
        assert str(first) in (await typed("list", "teller"))[1]
        assert await typed("list", "teller", "--state", "waiting", "--json") == (0, "[]\n")
        code, shown = await typed("show", handler, first)
        assert (code, json.loads(shown)["code"]) == (0, "E-TEST-1")

        assert await typed("retry", handler, first) == (0, "retrying\n")
        await until(lambda: rows(sessions, kept), [("dead", 2), ("dead", 1)])
        repaired.write_text('{"thing": "a", "number": 5}')
        assert await typed("replay", handler, first, "--edit", repaired) == (0, "retrying\n")
        await until(lambda: rows(sessions, "SELECT what, number FROM effect"), [("a", 5)])
        assert await typed("archive", handler, second) == (0, "archived\n")
    assert await rows(sessions, kept) == [("archived", 1)]


def typed_at_the_broker(command, rabbit, management):
    environment = {"RABBITMQ_URL": rabbit, "RABBITMQ_MANAGEMENT_URL": management, "COLUMNS": "200"}
    done = CliRunner().invoke(tailored, ["topology", command], env=environment)
    return done.exit_code, done.output


def test_topology_is_applied_and_compared_by_the_first_node_that_answers(rabbit, rabbit_server):
    vhost = rabbit.rpartition("/")[2]
    nodes = f"amqp://127.0.0.1:1/{vhost},{rabbit}", f"http://127.0.0.1:1,{rabbit_server.management}"

    code, missing = typed_at_the_broker("diff", *nodes)
    assert (code, "missing    events -feedback.gap_confirmed" in missing) == (1, True)
    code, applied = typed_at_the_broker("apply", *nodes)
    assert code == 0
    assert "queues are declared and bound" in applied
    assert "policy " in applied
    assert typed_at_the_broker("diff", *nodes) == (0, "nothing differs\n")
    assert typed_at_the_broker("prune", *nodes) == (0, "nothing to remove\n")


async def rebound(rabbit: str) -> None:
    """A queue hears what nobody says, and no longer what it should."""
    async with await aio_pika.connect(rabbit) as connection:
        queue = await (await connection.channel()).get_queue("curriculum.open_revision_for_gap", ensure=False)
        await queue.bind("events", routing_key="nobody.said_this")
        await queue.unbind("events", routing_key="feedback.gap_confirmed")


def test_nothing_is_pruned_while_anything_is_missing(rabbit, rabbit_server):
    binding = "events -nobody.said_this-> curriculum.open_revision_for_gap"
    typed_at_the_broker("apply", rabbit, rabbit_server.management)
    asyncio.run(rebound(rabbit))

    code, refused = typed_at_the_broker("prune", rabbit, rabbit_server.management)
    assert (code, "first `tailored topology apply`" in refused) == (1, True)
    assert f"left over  {binding}" in typed_at_the_broker("diff", rabbit, rabbit_server.management)[1]

    typed_at_the_broker("apply", rabbit, rabbit_server.management)
    removed = typed_at_the_broker("prune", rabbit, rabbit_server.management)
    assert removed == (0, f"removed    {binding}\n")
    assert typed_at_the_broker("diff", rabbit, rabbit_server.management) == (0, "nothing differs\n")


def test_a_management_that_refuses_us_is_named_without_our_password(rabbit, rabbit_server):
    host = rabbit_server.management.rpartition("@")[2]

    code, said = typed_at_the_broker("diff", rabbit, f"http://guest:not-mine@{host}")

    assert code == 1
    assert "401" in said
    assert "not-mine" not in said
    assert "should not have happened" not in said


def test_every_command_that_a_document_names_is_there():
    texts = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("services/*/README.md")]
    named = {name for one in texts for name in NAMED.findall(one.read_text())}
    assert {"failed", "topology", "rebuild"} <= named
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("command", ["send", "drop"])
async def test_a_message_that_is_not_there_is_named_with_what_to_do(typed, command):
    nobody = uuid4()

    code, said = await typed(command, "teller", nobody)

    assert code == 2
    assert str(nobody) in said
    assert "tailored failed unsent" in said
    assert "Traceback" not in said
