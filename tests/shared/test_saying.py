"""An event leaves with the transaction that changed the state, or not at all."""

from datetime import UTC, date, datetime

from sqlalchemy import text

from shared import tracing
from shared.events.gateway import ClockAdvanced
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.messaging.clock import advance_clock
from shared.messaging.forgetting import first_id_of, forget_old

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
