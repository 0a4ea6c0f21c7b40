"""An event leaves with the transaction that changed the state, or not at all."""

from datetime import date

from shared.events.gateway import ClockAdvanced
from shared.messaging import emit, today
from shared.messaging.clock import advance_clock

DAY = ClockAdvanced(today=date(2021, 9, 6))


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
