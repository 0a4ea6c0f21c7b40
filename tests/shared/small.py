"""Three events and the listeners that tests of delivery use."""

from shared.events.base import Event
from shared.messaging import Listener
from shared.statements import rows

EFFECT = "INSERT INTO effect (handler, what, number) VALUES ($1, $2, $3)"


class Told(Event):
    """Something happened."""

    key = "thing"
    thing: str
    number: int = 0
    filler: str = ""


class Answered(Event):
    """Somebody answered to what happened."""

    key = "thing"
    thing: str
    number: int = 0


class Unheard(Event):
    """Nobody listens to this."""

    key = "thing"
    thing: str


class ToldWrongly(Event):
    """On the wire it claims to be the other, and its number is none."""

    key = "thing"
    thing: str
    number: str


ToldWrongly.topic, ToldWrongly.type_name = Told.topic, Told.type_name
Told.publisher = Answered.publisher = Unheard.publisher = "teller"


def hearing(handler, *, order="commutes", service="hearer", batch=False, hears=Told):
    """A listener with one handler."""
    on = Listener(service)
    (on.batch if batch else on)(hears, order=order)(handler)
    return on


async def note(within, what, number=0, handler="note"):
    """Leave a trace of an effect."""
    await rows(within, EFFECT, handler, what, number)
