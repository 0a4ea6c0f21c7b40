"""An event leaves with the transaction that changed the state, or not at all."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from shared import tracing
from shared.events.gateway import ClockAdvanced
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.messaging.clock import advance_clock
from shared.messaging.forgetting import first_id_of, forget_old
from shared.messaging.outbox import EVERY_KEY, MANY_KEYS, lock_number
from tests.shared.small import Told

DAY, NEXT, LATER = (ClockAdvanced(today=date(2021, 9, day)) for day in (6, 7, 8))


async def test_what_is_said_stands_in_the_outbox_after_the_commit(sessions, said):
    async with sessions.begin() as session:
        emit(session, DAY)

    assert await said(sessions) == [DAY]


async def test_what_is_rolled_back_was_never_said(sessions, said):
    async with sessions() as session:
        emit(session, DAY)
        await session.rollback()
        await session.commit()

    assert await said(sessions) == []


async def test_business_time_never_goes_back(session):
    await advance_clock(DAY, session)
    await advance_clock(ClockAdvanced(today=date(2020, 1, 1)), session)

    assert await today(session) == DAY.today


async def test_what_is_said_in_a_savepoint_that_is_rolled_back_was_never_said(sessions, said):
    async with sessions.begin() as session:
        emit(session, DAY)
        savepoint = await session.begin_nested()
        emit(session, NEXT)
        await savepoint.rollback()
        async with session.begin_nested():
            emit(session, LATER)

    assert await said(sessions) == [DAY, LATER]


async def test_what_a_savepoint_kept_inside_one_that_is_rolled_back_is_said_all_the_same(sessions, said):
    async with sessions.begin() as session:
        emit(session, DAY)
        outer = await session.begin_nested()
        async with session.begin_nested():
            emit(session, NEXT)
        emit(session, NEXT)
        await outer.rollback()
        emit(session, LATER)

    assert await said(sessions) == [DAY, LATER]


async def test_what_is_said_in_a_savepoint_that_nobody_ends_leaves_with_the_commit(sessions, said):
    async with sessions.begin() as session:
        emit(session, DAY)
        await session.begin_nested()
        emit(session, NEXT)

    assert await said(sessions) == [DAY, NEXT]


async def test_a_request_begins_a_trace_or_carries_one_on(sessions, rows):
    begun = tracing.begin(None)
    async with sessions.begin() as session:
        emit(session, DAY)

    assert await rows(sessions, "SELECT traceparent FROM outbox") == [(begun,)]
    assert tracing.begin(begun).split("-")[1] == begun.split("-")[1] != begun.split("-")[2]
    assert tracing.begin("nonsense").split("-")[1] not in begun


async def test_what_is_old_is_forgotten_in_bounded_batches_and_what_failed_is_kept(sessions, rows):
    fill = text("""INSERT INTO inbox (message_id, handler, type, outcome, correlation)
        SELECT CAST(:id AS uuid), 'h' || n, 't', CASE WHEN n = 1 THEN 'dead' ELSE 'done' END, gen_random_uuid()
        FROM generate_series(1, 10) AS n""")
    old, new = first_id_of(datetime(2020, 1, 1, tzinfo=UTC)), uuid7()
    async with sessions.begin() as session:
        await session.execute(fill, {"id": old})
        await session.execute(fill, {"id": new})

    assert [await forget_old(sessions, most=4) for _ in range(4)] == [4, 4, 1, 0]
    left = "SELECT message_id, count(*) FROM inbox GROUP BY 1 ORDER BY 1"
    assert await rows(sessions, left) == [(old, 1), (new, 10)]


@pytest.mark.parametrize("held", [EVERY_KEY, lock_number("k")])
async def test_a_sequence_is_drawn_only_when_nobody_else_says_anything_of_the_key(
    sessions, rows, until, held
):
    drawn = (
        "SELECT last_value, is_called FROM "
        + (await rows(sessions, "SELECT pg_get_serial_sequence('outbox', 'sequence')"))[0][0]
    )
    waits = """SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
               WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"""

    async def say() -> None:
        async with sessions.begin() as session:
            emit(session, Told(thing="k"))

    before = await rows(sessions, drawn)
    async with asyncio.TaskGroup() as tasks, sessions.begin() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": held})
        tasks.create_task(say())
        await until(lambda: rows(sessions, waits), [(1,)])
        assert await rows(sessions, drawn) == before

    assert await rows(sessions, drawn) != before


async def test_what_one_transaction_says_has_its_sequences_in_the_order_in_which_it_was_said(sessions, rows):
    async with sessions.begin() as session:
        for number in range(MANY_KEYS + 200):
            emit(session, Told(thing=f"k{number % 7 if number < 100 else number}", number=number))

    numbers = "SELECT (convert_from(body, 'UTF8')::jsonb->>'number')::int FROM outbox ORDER BY sequence"
    assert [number for (number,) in await rows(sessions, numbers)] == list(range(MANY_KEYS + 200))
