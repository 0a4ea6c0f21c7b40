"""The services of the simulation, and what each number that teller says does to them.

The handlers are written as any service's are; `plan` makes some numbers refused, shaky or early.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import text

from shared.errors import NotYetKnown, Refused
from shared.messaging import Listener, Plain, emit, known, plain
from shared.statements import rows
from tests.shared.small import Answered, Told, note

KEYS = "abc"
COLLECT = text(
    "INSERT INTO effect (handler, what, number) SELECT 'collect', * FROM unnest(CAST(:whats AS text[]), CAST(:numbers AS int[]))"
)
NEXT = "UPDATE version SET number = number + 1 WHERE key = $1 RETURNING number"
SAY = "INSERT INTO said VALUES ($1, $2, $3)"
SAID = "SELECT 1 FROM said WHERE number = $1"
COLLECTED = "SELECT 1 FROM effect WHERE handler = 'collect' AND number = $1"


@dataclass
class Plan:
    """What happens to whom."""

    refused: set[int] = field(default_factory=set)
    refused_late: set[int] = field(default_factory=set)
    early: set[int] = field(default_factory=set)
    shaky: dict[tuple[str, int], int] = field(default_factory=dict)
    tried: Counter[tuple[str, int]] = field(default_factory=Counter)

    @classmethod
    def of(cls, chance: Random, numbers: int) -> "Plan":
        plan = cls()
        for number in range(numbers):
            kind = chance.choice(("fine", "fine", "fine", "refused", "refused_late", "early", "early"))
            if kind != "fine":
                getattr(plan, kind).add(number)
            for handler in ("answer", "follow", "keep", "collect"):
                if chance.random() < 0.12:
                    plan.shaky[handler, number] = chance.choice((1, 2, 3, 3, 4))
        return plan

    def shake(self, handler: str, number: int) -> None:
        self.tried[handler, number] += 1
        if self.tried[handler, number] <= self.shaky.get((handler, number), 0):
            raise RuntimeError(f"{handler} {number} fails")


def teller_of(plan: Plan) -> Listener:
    on = Listener("teller")
    on.handlers.clear()

    @on(Answered, order="commutes")
    async def note_answer(answered: Answered, session) -> None:
        await note(session, answered.thing, answered.number, handler="noted")

    return on


def hearer_of(plan: Plan) -> Listener:
    on = Listener("hearer")
    on.handlers.clear()

    @on(Told, order="commutes")
    async def answer_it(told: Told, statements: Plain) -> Answered:
        if told.number in plan.refused:
            raise Refused("as planned")
        if told.number in plan.early and not await statements.fetch(COLLECTED, told.number):
            raise NotYetKnown("collected", told.number)
        await note(statements, told.thing, told.number, handler="answer")
        if told.number in plan.refused_late:
            raise Refused("as planned, after a write")
        plan.shake("answer", told.number)
        return Answered(thing=told.thing, number=told.number)

    @on(Told, order="in_order")
    async def follow_it(told: Told, session) -> None:
        plan.shake("follow", told.number)
        await note(session, told.thing, told.number, handler="follow")

    @on(Told, order="snapshot")
    async def keep_it(told: Told, statements: Plain) -> None:
        await note(statements, told.thing, told.number, handler="keep")
        plan.shake("keep", told.number)

    @on.batch(Told, order="commutes")
    async def collect_them(tellings: list[Told], session) -> None:
        numbers = [told.number for told in tellings]
        await session.execute(COLLECT, {"whats": [told.thing for told in tellings], "numbers": numbers})
        for number in numbers:
            plan.shake("collect", number)
            await known(session, "collected", number)

    return on


async def say(sessions, number: int, keys: str) -> None:
    """One number of one key, or one of each of several, in a transaction; said already where it was committed before."""
    async with plain(sessions) if number % 2 else sessions.begin() as within:
        for offset, key in enumerate(sorted(keys)):
            [(version,)] = await rows(within, NEXT, key)
            if not await rows(within, SAID, number + offset):
                await rows(within, SAY, number + offset, key, version)
                emit(within, Told(thing=key, number=number + offset))
