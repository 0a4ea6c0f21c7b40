"""Doors and handlers that send their own SQL on the driver's connection keep all the promises that sessions keep."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
from asyncpg import DivisionByZeroError, UniqueViolationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import driver
from shared.errors import Refused, for_each
from shared.messaging import Listener, Plain, emit, plain
from shared.messaging.inbox import handle
from shared.messaging.outbox import MANY_KEYS
from tests.shared.small import Answered, Told, hearing, note
from tests.shared.test_declining import deliveries, number_of
from tests.shared.test_delivery import tell

OUTBOX = "SELECT (convert_from(body, 'UTF8')::json->>'number')::int FROM outbox ORDER BY sequence"
KEPT = "SELECT state, attempts FROM failed_message"
SLEEPING = """SELECT count(*) FROM pg_stat_activity
WHERE query = 'SELECT pg_sleep(30)' AND state = 'active' AND datname = current_database()"""
EFFECTS = "SELECT count(*), count(DISTINCT number) FROM effect"


@pytest.mark.parametrize("in_batches", [False, True])
async def test_effect_once_and_a_poisoned_message_hurts_only_itself(place, until, rows, in_batches):
    async def one(told: Told, statements: Plain) -> Answered:
        if told.number == 117:
            raise RuntimeError("poison")
        await note(statements, told.thing, told.number)
        return Answered(thing=told.thing)

    async def many(tellings: list[Told], statements: Plain) -> list[Answered]:
        return [await one(told, statements) for told in tellings]

    on = hearing(many if in_batches else one, batch=in_batches)
    sessions, teller_db = await place.sessions(), await place.sessions()
    ids = await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(200)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, EFFECTS), [(199, 199)])
        await until(lambda: rows(sessions, KEPT), [("retrying", 1)])
        async with plain(teller_db) as statements:
            emit(statements, Told(thing="t0"), message_id=ids[0])
            emit(statements, Told(thing="new", number=200))
        await until(lambda: rows(sessions, EFFECTS), [(200, 200)])

    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(200,)]


async def test_what_is_declined_before_a_write_is_kept_beside_the_rest_and_after_one_taken_back(
    place_for, rows
):
    calls = []

    async def take(told: Told, statements: Plain) -> None:
        calls.append(told.number)
        await statements.fetch("SELECT 1")  # to read is no write
        if told.number == 1:
            raise Refused("before")
        await note(statements, told.thing, told.number)
        if told.number == 2:
            raise Refused("after")

    sessions = await place_for()
    on = hearing(take)
    await handle(
        on.handlers["hearer.take"], deliveries(*(Told(thing=f"t{n}", number=n) for n in range(4))), sessions
    )

    assert await rows(sessions, "SELECT number FROM effect ORDER BY number") == [(0,), (3,)]
    assert await rows(sessions, "SELECT state FROM failed_message") == [("dead",), ("dead",)]
    assert calls.count(1) <= 2, "only the late refusal makes the batch begin again"


async def test_a_list_names_whom_it_declines(place_for, rows):
    async def take_all(tellings: list[Told], statements: Plain) -> list[Answered]:
        numbers = for_each(tellings, number_of)
        for number in numbers:
            await note(statements, "taken", number)
        return [Answered(thing="t", number=number) for number in numbers]

    sessions = await place_for()
    on = hearing(take_all, batch=True)
    told = deliveries(*(Told(thing="t", number=n) for n in range(49, 52)))
    await handle(on.handlers["hearer.take_all"], told, sessions)

    assert await rows(sessions, "SELECT number FROM effect ORDER BY id") == [(49,), (51,)]
    assert await rows(sessions, OUTBOX) == [(49,), (51,)]
    assert await rows(sessions, "SELECT state FROM failed_message") == [("dead",)]


@pytest.mark.parametrize(("order", "left"), [("snapshot", [6]), ("commutes", [6, 5])])
async def test_what_comes_late_is_skipped_only_as_a_snapshot(place_for, rows, order, left):
    async def follow(told: Told, statements: Plain) -> None:
        await note(statements, told.thing, told.number)

    sessions = await place_for()
    handler = hearing(follow, order=order).handlers["hearer.follow"]
    five, six = deliveries(Told(thing="k", number=5), Told(thing="k", number=6))
    await handle(handler, [six], sessions)
    await handle(handler, [five], sessions)

    assert await rows(sessions, "SELECT number FROM effect ORDER BY id") == [(number,) for number in left]


async def test_in_order_the_next_of_a_key_is_parked_behind_a_failed_one(place_for, rows):
    async def follow(told: Told, statements: Plain) -> None:
        raise Refused(str(told.number))

    sessions = await place_for()
    handler = hearing(follow, order="in_order").handlers["hearer.follow"]
    for one in deliveries(Told(thing="k", number=5), Told(thing="k", number=6)):
        await handle(handler, [one], sessions)

    states = "SELECT state FROM failed_message ORDER BY sequence"
    assert await rows(sessions, states) == [("dead",), ("behind",)]


async def test_what_is_said_goes_with_the_transaction(place_for, rows):
    sessions = await place_for()
    handed, woken = [], []
    sessions.kw["info"] = {"hand": handed.extend, "wake": woken.append}
    with pytest.raises(RuntimeError):
        async with plain(sessions) as statements:
            emit(statements, Told(thing="k", number=1))
            raise RuntimeError
    assert (handed, woken) == ([], [])

    async with plain(sessions) as statements:
        emit(statements, Told(thing="k", number=2))
        assert handed == []
    assert [row[1] for row in handed] == ["k"]

    async with plain(sessions) as statements:
        emit(statements, Told(thing="k", number=3))  # behind one that is still there
    assert len(handed) == 1
    assert woken == [{"scheduler"}, {"scheduler", "relay"}]
    assert await rows(sessions, OUTBOX) == [(2,), (3,)]


async def test_more_keys_than_can_be_locked_one_by_one(place_for, rows):
    sessions = await place_for()
    async with plain(sessions) as statements:
        for number in range(MANY_KEYS + 1):
            emit(statements, Told(thing=f"k{number}", number=number))

    assert await rows(sessions, "SELECT count(DISTINCT key) FROM outbox") == [(MANY_KEYS + 1,)]


async def test_a_lost_connection_is_the_databases_trouble_and_not_the_messages(place, until, effects, rows):
    attempts = []

    async def take(told: Told, statements: Plain) -> None:
        attempts.append(told.number)
        await note(statements, told.thing)
        if len(attempts) == 1:
            await statements.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    on, sessions, teller_db = hearing(take), await place.sessions(), await place.sessions()
    await tell(teller_db, Told(thing="a"))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: effects(sessions), ["a"])

    assert attempts == [0, 0]
    assert await rows(sessions, KEPT) == []


async def test_a_cancelled_request_leaves_no_transaction_behind(place_for, rows, until):
    sessions = await place_for()

    async def slow() -> None:
        async with plain(sessions) as statements:
            await note(statements, "half")
            await statements.fetch("SELECT pg_sleep(30)")

    task = asyncio.create_task(slow())
    await until(lambda: rows(sessions, SLEEPING), [(1,)])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with plain(sessions) as statements:
        await note(statements, "whole")

    assert await rows(sessions, "SELECT what FROM effect") == [("whole",)]


async def test_nothing_is_handed_over_where_the_commit_fails(place_for, rows):
    sessions = await place_for()
    handed, woken = [], []
    sessions.kw["info"] = {"hand": handed.extend, "wake": woken.append}
    async with plain(sessions) as statements:
        await statements.fetch("CREATE TABLE one (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(UniqueViolationError):
        async with plain(sessions) as statements:
            await statements.fetch("INSERT INTO one VALUES (1), (1)")  # seen by the commit alone
            emit(statements, Told(thing="k"))

    assert (handed, woken) == ([], [])
    assert await rows(sessions, OUTBOX) == []


async def take_plainly(told: Told, statements: Plain) -> None:
    await note(statements, told.thing)
    with suppress(DivisionByZeroError):
        await statements.fetch("SELECT 1 / 0")


async def take_in_session(told: Told, session) -> None:
    await note(session, told.thing)
    with suppress(DBAPIError):
        await session.execute(text("SELECT 1 / 0"))


@pytest.mark.parametrize("take", [take_plainly, take_in_session])
@pytest.mark.parametrize("in_batches", [False, True])
async def test_an_error_of_the_server_that_is_caught_loses_no_message(place_for, rows, take, in_batches):
    """PostgreSQL answers a commit after it with a rollback, and does not call that an error."""

    async def take_all(tellings, within) -> None:
        await take(tellings[0], within)

    take_all.__annotations__["within"] = Plain if take is take_plainly else None
    sessions = await place_for()
    [handler] = [
        one
        for one in hearing(take_all if in_batches else take, batch=in_batches).handlers.values()
        if "take" in one.name
    ]
    await handle(handler, deliveries(Told(thing="k")), sessions)

    assert await rows(sessions, "SELECT state, reason LIKE '%division by zero%' FROM failed_message") == [
        ("retrying", True)
    ]
    assert await rows(sessions, EFFECTS) == [(0, 0)]


async def test_what_a_savepoint_has_mended_is_no_failure(place_for, rows):
    async def take(told: Told, session) -> None:
        with suppress(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("SELECT 1 / 0"))
        await note(session, told.thing)

    sessions = await place_for()
    await handle(hearing(take).handlers["hearer.take"], deliveries(Told(thing="k")), sessions)

    assert await rows(sessions, EFFECTS) == [(1, 1)]
    assert await rows(sessions, KEPT) == []


async def test_connections_that_were_lost_in_the_pool_trouble_nobody(place_for, rows):
    sessions = await place_for()
    async with AsyncExitStack() as stack:
        kept = [await stack.enter_async_context(driver(sessions)) for _ in range(3)]
    await rows(
        sessions,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
    )
    async with asyncio.timeout(10):
        while sum(one.is_closed() for one in kept) < 2:  # all but the one that asked
            await asyncio.sleep(0.01)
    for _ in range(3):
        async with plain(sessions) as statements:
            await note(statements, "there")

    assert await rows(sessions, "SELECT count(*) FROM effect") == [(3,)]


async def test_whoever_keeps_statements_beyond_their_transaction_gets_an_error(place_for):
    sessions = await place_for()
    async with plain(sessions) as statements:
        await statements.fetch("SELECT 1")
    with pytest.raises(AttributeError):
        await statements.fetch("SELECT 1")
