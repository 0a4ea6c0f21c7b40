"""Notices whether a handler has written before it declined: if not, its batch goes on without a rollback."""

from typing import Protocol

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from shared.statements import READING, Plain, Within

WATCHED = "tailored_writes"


class Watching(Protocol):
    """One handler call of a batch after the other."""

    def check(self) -> None:
        """Raises what made this transaction one that cannot be kept, also where the handler has caught it."""

    async def begin(self) -> None:
        """Another handler call starts; what earlier ones changed is not held against it."""

    def happened(self) -> bool:
        """Whether this call has written anything, or changed an object that a flush will write."""

    def unsay(self) -> None:
        """Forget what the call that declined has said."""


async def watching(within: Within) -> Watching:
    """Watch what is written in this transaction; the connection of a session lives as long as its batch."""
    if isinstance(within, Plain):
        return PlainWrites(within)
    connection = (await within.connection()).sync_connection
    assert connection
    writes = Writes(within)
    connection.execution_options(**{WATCHED: writes})
    return writes


class PlainWrites:
    """Watches a transaction that has no objects."""

    def __init__(self, plain: Plain) -> None:
        self._plain, self._said = plain, 0

    def check(self) -> None:
        """As above."""
        if self._plain.failed:
            raise self._plain.failed

    async def begin(self) -> None:
        """As above."""
        self._plain.wrote = False
        self._said = len(self._plain.info.get("said", ()))

    def happened(self) -> bool:
        """As above."""
        return self._plain.wrote

    def unsay(self) -> None:
        """As above."""
        del self._plain.info.get("said", [])[self._said :]


class Writes:
    """Watches the session of a batch: its objects, and what is sent past them, as set-based SQL is."""

    def __init__(self, session: AsyncSession) -> None:
        self._asynchronous, self._session = session, session.sync_session
        self._session.info["writes"] = self
        self._new = 0
        self._said = 0
        self.flushed = False
        self._failed: BaseException | None = None

    async def begin(self) -> None:
        """As above."""
        if self._changed():
            await self._asynchronous.flush()
        self._new = self._pending()
        self._said = len(self._session.info.get("said", ()))
        self.flushed = False

    def happened(self) -> bool:
        """As above."""
        return self.flushed or self._pending() > self._new or self._changed()

    def unsay(self) -> None:
        """As above."""
        del self._session.info.get("said", [])[self._said :]

    def flushing(self) -> None:
        """A flush begins: only objects of earlier calls are no write of this one."""
        self.flushed |= self.happened()
        self._new = 0

    def executing(self, statement: str) -> None:
        """A statement is sent: one that does not only read is a write, but for those of a flush, which is judged already."""
        if not self.flushed and not self._session._flushing:  # noqa: SLF001 - there is no event without a flush
            self.flushed = not READING.match(statement)

    def failing(self, error: BaseException) -> None:
        """A statement fails; inside a savepoint that may be mended."""
        if not self._session.in_nested_transaction():
            self._failed = error

    def check(self) -> None:
        """As above."""
        if self._failed:
            raise self._failed

    def _changed(self) -> bool:
        session = self._session  # `session.dirty` and `session.deleted` copy their sets at each look
        return session.identity_map.check_modified() or bool(session._deleted)  # noqa: SLF001

    def _pending(self) -> int:
        return len(self._session._new)  # noqa: SLF001 - `session.new` copies the set at each look


@event.listens_for(Session, "before_flush")
def _flushing(session: Session, *_: object) -> None:
    watching: Writes | None = session.info.get("writes")
    if watching:
        watching.flushing()


@event.listens_for(Engine, "before_cursor_execute")
def _executing(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    watching: Writes | None = connection.get_execution_options().get(WATCHED)
    if watching:
        watching.executing(statement)


@event.listens_for(Engine, "handle_error")
def _failing(context: ExceptionContext) -> None:
    if context.connection is None:
        return
    watching: Writes | None = context.connection.get_execution_options().get(WATCHED)
    if watching:
        watching.failing(context.sqlalchemy_exception or context.original_exception)
