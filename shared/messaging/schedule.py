"""Timers: what must happen at a business time. They live in their own table, never in the outbox."""

import logging
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col, select

from shared.errors import Refused
from shared.ids import uuid7
from shared.messaging.clock import now, start_of
from shared.messaging.envelope import Envelope, cause, envelope, handling
from shared.messaging.listener import Function, Listener, arguments_of
from shared.messaging.outbox import say
from shared.messaging.tables import TimerRow

log = logging.getLogger("tailored.schedule")
MOST_ATTEMPTS = 5


class Timer:
    """`session.add(Timer.at(due, function, id))`; the function is declared with `@on.due`."""

    @staticmethod
    def at(due: date | datetime, function: Function, *arguments: object) -> TimerRow:
        """A timer that calls the function with these arguments when business time reaches `due`."""
        because = envelope()
        return TimerRow(
            id=uuid7(),
            due_at=start_of(due),
            function=function.__name__,
            arguments=to_jsonable_python(list(arguments)),
            correlation=because.correlation if because else None,
            causation=because.id if because else None,
        )


async def fire_due(on: Listener, sessions: async_sessionmaker[AsyncSession]) -> int:
    """Fire every timer that is due, each in its own transaction; returns how many."""
    fired = 0
    while await _fire_one(on, sessions):
        fired += 1
    return fired


async def _fire_one(on: Listener, sessions: async_sessionmaker[AsyncSession]) -> bool:
    async with sessions() as session:
        moment = await now(session)
        free = select(TimerRow).where(
            col(TimerRow.due_at) <= moment,
            col(TimerRow.function).in_(list(on.timers)),
            col(TimerRow.attempts) < MOST_ATTEMPTS,
        )
        timer = await session.scalar(
            free.order_by(col(TimerRow.due_at)).limit(1).with_for_update(skip_locked=True)
        )
        if timer is None:
            return False
        timer_id: UUID = timer.id
        attempts = timer.attempts
        function = on.timers[timer.function]
        with handling(_because(timer)):
            try:
                result = await function(*arguments_of(function, timer.arguments), session)
                say(session, result)
                await session.delete(timer)
                await session.commit()
            except Refused as refused:
                log.info("timer_refused %s %s", function.__name__, refused)
                await session.rollback()
                await session.delete(await session.get_one(TimerRow, timer_id))
                await session.commit()
            except Exception as failed:
                log.exception("timer_failed %s", function.__name__)
                await session.rollback()
                later = moment + timedelta(seconds=10 * 6**attempts)
                again: dict[str, Any] = {
                    "attempts": attempts + 1,
                    "due_at": later,
                    "reason": repr(failed)[:2000],
                }
                await session.execute(update(TimerRow).where(col(TimerRow.id) == timer_id).values(again))
                await session.commit()
    return True


def _because(timer: TimerRow) -> Envelope | None:
    return cause(timer.correlation, timer.causation)
