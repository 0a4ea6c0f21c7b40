"""What a machine of single steps is made of: handlers that fail as asked, a queue for each, and a process that can end.

Everything between these is the real code on a real PostgreSQL: outbox, relay, inbox, orders, retries, kept messages.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from shared.errors import NotYetKnown, Refused
from shared.messaging import Envelope, Listener, known
from shared.messaging.batch import Batcher
from shared.messaging.delivery import delivered
from shared.messaging.faults import NotConfirmed
from tests.shared.conftest import EFFECT
from tests.shared.small import Answered, Told, note

Message = tuple[Envelope, bytes]
TOLD = ("answer", "follow", "keep", "collect")
TABLES = ("inbox", "outbox", "outbox_rejected", "failed_message", "handler_key", "effect")
EMPTY = ";".join(f"DELETE FROM {table}" for table in TABLES)
COLLECTED = text("SELECT 1 FROM effect WHERE handler = 'collect' AND number = :number")
NEVER = 1_000_000


class Killed(BaseException):
    """The process ends here."""


def nothing() -> None:
    """Nothing happens meanwhile."""


@dataclass
class Life:
    """How many commits fail first, and what happens at each; how many the process lives to see after them: then it ends."""

    commits: int = NEVER
    failing: int = 0
    meanwhile: Callable[[], None] = nothing


class Mortal(Session):
    """The sessions of a process that may end at a commit."""


@event.listens_for(Mortal, "before_commit")
def _end(session: Session) -> None:
    life: Life = session.info["life"]
    if life.failing:
        life.failing -= 1
        life.meanwhile()
        raise RuntimeError("the commit fails")
    life.commits -= 1
    if life.commits < 0:
        raise Killed


@dataclass
class Troubles:
    """What each handler meets at each number, until it is repaired: refused, refused late, early, shaky."""

    of: dict[tuple[str, int], str] = field(default_factory=dict)

    async def meet(self, handler: str, number: int, session: Any, *, wrote: bool) -> None:
        trouble = self.of.get((handler, number))
        if trouble == ("refused late" if wrote else "refused"):
            raise Refused("as planned")
        if trouble == "early" and not wrote and not await session.scalar(COLLECTED, {"number": number}):
            raise NotYetKnown("collected", number)
        if trouble == "shaky" and wrote:
            raise RuntimeError(f"{handler} {number} fails")


def listener(troubles: Troubles) -> Listener:
    """A handler of each kind, and one that hears what another says."""
    on = Listener("hearer")
    on.handlers.clear()

    async def take(handler: str, told: Told | Answered, session: Any) -> None:
        await troubles.meet(handler, told.number, session, wrote=False)
        await note(session, told.thing, told.number, handler=handler)
        await troubles.meet(handler, told.number, session, wrote=True)

    @on(Told, order="commutes")
    async def answer(told: Told, session) -> Answered:
        await take("answer", told, session)
        return Answered(thing=told.thing, number=told.number)

    @on(Told, order="in_order")
    async def follow(told: Told, session) -> None:
        await take("follow", told, session)

    @on(Told, order="snapshot")
    async def keep(told: Told, session) -> None:
        await take("keep", told, session)

    @on.batch(Told, order="commutes")
    async def collect(tellings: list[Told], session) -> None:
        for told in tellings:
            await take("collect", told, session)
            await known(session, "collected", told.number)

    @on(Answered, order="commutes")
    async def noted(answered: Answered, session) -> None:
        await take("noted", answered, session)

    return on


class Wire:
    """A queue for each handler; the relay's transport does with a batch what `fate` says."""

    def __init__(self, on: Listener) -> None:
        self._on = on
        self.fate = "confirmed"
        self.queues: dict[str, list[Message]] = defaultdict(list)
        self.published: dict[str, list[Envelope]] = defaultdict(list)

    async def connect(self) -> None:
        """Always there."""

    async def drop(self) -> None:
        """Nothing is kept."""

    async def publish(self, messages: Sequence[Message]) -> None:
        arriving = {"refused": 0, "cut in the middle": len(messages) // 2}
        for envelope, body in messages[: arriving.get(self.fate, len(messages))]:
            self._enqueue(envelope, body)
        if self.fate == "refused":
            raise NotConfirmed("as planned")
        if self.fate == "killed before the delete":
            raise Killed
        if self.fate != "confirmed":
            raise ConnectionError(self.fate)

    def _enqueue(self, envelope: Envelope, body: bytes) -> None:
        if all(one.id != envelope.id for one in self.published[envelope.key]):
            self.published[envelope.key].append(envelope)
        for handler in self._on.handlers.values():
            if envelope.topic in handler.topics:
                self.queues[handler.name].append((envelope, body))


class Channel:
    """What the broker has delivered on a channel of one consumer; what is acknowledged leaves the queue."""

    def __init__(self, queue: list[Message], batcher: Batcher) -> None:
        self.is_closed = False
        self._queue, self._batcher = queue, batcher
        self._delivered: list[Message] = []

    def deliver(self, messages: Sequence[Message]) -> None:
        """To the consumer, in this order."""
        for message in messages:
            self._delivered.append(message)
            token = self, len(self._delivered)
            envelope, body = message
            one = delivered(envelope.headers(), body, envelope.topic, str(envelope.id), token)
            self._batcher.put(one)

    async def basic_ack(self, upto: int, *, multiple: bool) -> None:
        """All up to this tag are done with."""
        assert multiple
        gone = {id(message) for message in self._delivered[:upto]}
        self._queue[:] = [message for message in self._queue if id(message) not in gone]


class Ground:
    """A database and a loop, used by one run of the machine after another."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self._runner, self.life = runner, Life()
        self.engine = create_async_engine(url, pool_size=2)
        self.sessions = async_sessionmaker(
            self.engine, sync_session_class=Mortal, expire_on_commit=False, info={"life": self.life}
        )
        self.do(self._prepare())

    async def _prepare(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(EFFECT))

    def do(self, step: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await step

        return self._runner.run(whole())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        async def read() -> list[tuple[Any, ...]]:
            async with self.engine.connect() as connection:
                return [tuple(row) for row in await connection.exec_driver_sql(query)]

        return self.do(read())

    def run(self, query: str) -> None:
        async def change() -> None:
            async with self.engine.begin() as connection:
                for one in query.split(";"):
                    await connection.exec_driver_sql(one)

        self.do(change())

    def until_killed(self, step: Awaitable[Any], commits: int = NEVER) -> bool:
        """Do the step in a process that ends at a commit; whether it lived."""
        self.life.commits = commits
        try:
            self.do(step)
        except (Killed, ConnectionError, NotConfirmed):
            return False
        finally:
            self.life.commits, self.life.failing, self.life.meanwhile = NEVER, 0, nothing
        return True

    def close(self) -> None:
        self.do(self.engine.dispose())
