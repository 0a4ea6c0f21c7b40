"""The one clock: real time, or the business day of the demo."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.events.gateway import ClockAdvanced
from shared.messaging.tables import Clock
from shared.statements import Within, rows

CHINA = timezone(timedelta(hours=8))
NOON = time(12, tzinfo=CHINA)
SHOWN = "SELECT today FROM clock"


async def now(within: Within) -> datetime:
    """This moment; in the demo noon of its business day."""
    shown = await rows(within, SHOWN)
    return datetime.combine(shown[0][0], NOON) if shown else datetime.now(UTC)


async def today(within: Within) -> date:
    """This business day, in China."""
    return (await now(within)).astimezone(CHINA).date()


def start_of(due: date | datetime) -> datetime:
    """The moment at which a day begins, or the moment itself."""
    if isinstance(due, datetime):
        return due if due.tzinfo else due.replace(tzinfo=CHINA)
    return datetime.combine(due, time(), CHINA)


async def advance_clock(advanced: ClockAdvanced, session: AsyncSession) -> None:
    """Every service hears this; outside the demo nobody says it. Business time never goes back."""
    shown = insert(Clock).values(one=1, today=advanced.today)
    await session.execute(
        shown.on_conflict_do_update(
            index_elements=["one"],
            set_={"today": shown.excluded.today},
            where=col(Clock.today) < shown.excluded.today,
        )
    )
