"""From the socket to the batcher nothing overtakes: the short way opens behind what is still on the long one."""

from shared.messaging import Listener
from tests.shared.small import Told, hearing, note
from tests.shared.test_delivery import tell

BACKLOG = 450
COUNT = "SELECT count(*) FROM effect"


async def test_a_backlog_is_heard_in_the_order_of_its_queue(place, until, effects, rows):
    async def write_down(told: Told, session) -> None:
        await note(session, told.thing, told.number)

    on, hearer_db, teller_db = (
        hearing(write_down, order="in_order"),
        await place.sessions(),
        await place.sessions(),
    )
    async with place.running(on, hearer_db, "consumer"):
        pass  # its queue is there from now on
    async with place.running(Listener("teller"), teller_db, "relay"):
        await tell(teller_db, *(Told(thing="k", number=number) for number in range(BACKLOG)))
        await until(lambda: rows(teller_db, "SELECT count(*) FROM outbox"), [(0,)])
        async with place.running(on, hearer_db, "consumer"):
            await until(lambda: rows(hearer_db, COUNT), [(BACKLOG,)])

    assert await effects(hearer_db, "number") == list(range(BACKLOG))
