"""What the gateway does when something happens anywhere: it writes it down. Start reading here."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import logbook
from shared.messaging import Heard, Listener

on = Listener("gateway")


@on.everything
async def record_event(heard: list[Heard], session: AsyncSession) -> None:
    """The log, the known ids and the seats follow; whoever looks at a page is told what changed."""
    await logbook.write(session, heard)
    facts = [fact for each in heard if (fact := logbook.fact_of(each))]
    await logbook.learn(session, facts)
    await logbook.tell(session, heard)
