"""What the gateway does when something happens anywhere: it writes it down. Start reading here."""

from services.gateway import logbook
from shared.messaging import Heard, Listener, Plain

on = Listener("gateway")


@on.everything
async def record_event(heard: list[Heard], statements: Plain) -> None:
    """The log, the known ids and the seats follow; whoever looks at a page is told what changed."""
    await logbook.write(statements, heard)
    facts = [fact for each in heard if (fact := logbook.fact_of(each))]
    await logbook.learn(statements, facts)
    await logbook.tell(statements, heard)
