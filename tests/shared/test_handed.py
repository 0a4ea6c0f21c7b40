"""What a transaction has said goes straight to the transport where nothing of its keys stands before it, else the usual way."""

import asyncio
import json

import pytest
from sqlalchemy import text

from shared.messaging import emit
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.handed import MOST_BYTES, MOST_ROWS, MOST_WAITING, Handed
from shared.messaging.outbox import EVERY_KEY, lock_number
from shared.messaging.relay import Relay
from tests.shared.freezing import RELEASES
from tests.shared.small import Told, hearing, note
from tests.shared.test_relay import Recorder, drain

OUTBOX = "SELECT (convert_from(body, 'UTF8')::jsonb->>'number')::int FROM outbox ORDER BY sequence"
REJECTED = "INSERT INTO outbox_rejected (id, key, sequence, topic, type, body, envelope, reason) VALUES (gen_random_uuid(), 'k', 0, 't', 't', '', '{}', 'r')"


@pytest.fixture
def handed(sessions) -> list:
    """What the transactions of this process hand over."""
    found: list = []
    sessions.kw["info"] = {"hand": found.extend}
    return found


async def say(sessions, *numbers: int, key: str = "k", filler: str = "") -> None:
    async with sessions.begin() as session:
        for number in numbers:
            emit(session, Told(thing=key, number=number, filler=filler))


def numbers_of(rows) -> list[int]:
    return [json.loads(row[5])["number"] for row in rows]


async def test_what_is_first_of_its_key_is_handed_over_and_what_comes_behind_it_is_not(
    sessions, handed, rows
):
    await say(sessions, 1, 2)
    await say(sessions, 3)
    await say(sessions, 4, key="other")

    assert numbers_of(handed) == [1, 2, 4]
    assert await rows(sessions, OUTBOX) == [(1,), (2,), (3,), (4,)]


async def test_nothing_is_handed_over_behind_what_the_broker_has_refused(sessions, handed):
    async with sessions.begin() as session:
        await session.execute(text(REJECTED))
    await say(sessions, 1)

    assert handed == []


async def test_nothing_is_handed_over_behind_what_a_process_of_the_previous_release_has_said(
    sessions, handed
):
    old = json.loads((RELEASES / "0.1.0.json").read_text())["statements"]
    async with sessions.begin() as session:
        emit(session, Told(thing="k", number=1))
        [row] = [one.row() for one in session.info.pop("said")]
        columns = ([value] for value in row)
        connection = await session.connection()
        await connection.exec_driver_sql(old["outbox.LOCK_KEYS"], (EVERY_KEY, [lock_number("k")]))
        await connection.exec_driver_sql(old["outbox.INSERT"], tuple(columns))
    await say(sessions, 2)

    assert handed == []


async def test_what_is_committed_while_a_transaction_waits_for_its_key_stands_before_it(
    sessions, handed, rows, until
):
    waits = """SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
               WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"""
    async with asyncio.TaskGroup() as tasks, sessions.begin() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_number("k")})
        tasks.create_task(say(sessions, 2))
        await until(lambda: rows(sessions, waits), [(1,)])
        emit(other, Told(thing="k", number=1))

    assert numbers_of(handed) == [1]


async def test_what_is_rolled_back_or_only_kept_at_a_savepoint_is_not_handed_over(sessions, handed):
    async with sessions() as session:
        emit(session, Told(thing="k", number=1))
        async with session.begin_nested():
            emit(session, Told(thing="k", number=2))
        assert handed == []
        await session.rollback()

    assert handed == []


@pytest.mark.parametrize("said", [(range(MOST_ROWS + 1), ""), ((1,), "x" * MOST_BYTES)])
async def test_much_at_once_goes_the_usual_way(sessions, handed, said):
    numbers, filler = said
    await say(sessions, *numbers, filler=filler)

    assert handed == []


def test_more_than_can_wait_goes_the_usual_way():
    waiting = Handed()

    assert waiting.take([(number,) for number in range(MOST_WAITING)])
    assert not waiting.take([("one more",)])
    assert len(waiting.give()) == MOST_WAITING
    assert waiting.take([("one more",)])


class Remembering(Recorder):
    """Also the envelopes."""

    def __init__(self, poison: str = "") -> None:
        super().__init__([], poison)
        self.envelopes: list[Envelope] = []

    async def publish(self, messages) -> None:
        await super().publish(messages)
        self.envelopes += [envelope for envelope, _ in messages]


async def test_it_is_the_same_message_by_either_way(sessions, handed):
    async with sessions.begin() as session:
        emit(session, Told(thing="k"), extensions={"externalid": "7"})
    transport = Remembering()
    relay = Relay("teller", sessions, transport)
    relay.state = "ok"
    relay.hand(handed)
    await drain(relay)
    relay.hand(handed)
    await relay.send_handed()

    first, second = transport.envelopes
    assert first == second


async def test_what_was_handed_and_not_confirmed_is_still_in_the_outbox(sessions, handed, rows):
    await say(sessions, 1)
    relay = Relay("teller", sessions, Remembering(poison="k"))
    relay.state = "ok"
    relay.hand(handed)
    with pytest.raises(NotConfirmed):
        await relay.send_handed()

    assert await rows(sessions, OUTBOX) == [(1,)]
    relay.transport = Remembering()
    assert [await relay.send_handed(), await relay.relay_once()] == [0, 1]


async def test_a_running_relay_sends_what_is_handed_and_what_came_behind_it(place, until, effects):
    async def follow(told: Told, session) -> None:
        await note(session, told.thing, told.number)

    sessions = await place.sessions()
    async with place.running(hearing(follow, order="in_order"), sessions, "consumer,relay"):
        for number in range(5):
            await say(sessions, number)
        await until(lambda: effects(sessions, "number"), [0, 1, 2, 3, 4])
