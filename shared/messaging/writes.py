"""Notices whether a handler has written before it declined: if not, its batch goes on without a rollback."""

import re
from typing import Self

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

READING = re.compile(r"\s*(SELECT\b|WITH\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))", re.IGNORECASE | re.DOTALL)

WATCHED = "tailored_writes"


class Writes:
    """Watches the session of a batch, one handler call after the other."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session.sync_session
        self._session.info["writes"] = self
        self._new = 0
        self._said = 0
        self.flushed = False

    @classmethod
    async def of(cls, session: AsyncSession) -> Self:
        """Watch also what is sent past the objects, as set-based SQL is: the connection lives as long as the batch."""
        writes = cls(session)
        connection = (await session.connection()).sync_connection
        assert connection
        connection.execution_options(**{WATCHED: writes})
        return writes

    async def begin(self, session: AsyncSession) -> None:
        """Another handler call starts; what earlier ones changed is not held against it."""
        if self._changed():
            await session.flush()
        self._new = self._pending()
        self._said = len(self._session.info.get("said", ()))
        self.flushed = False

    def happened(self) -> bool:
        """Whether this call has written anything, or changed an object that a flush will write."""
        return self.flushed or self._pending() > self._new or self._changed()

    def unsay(self) -> None:
        """Forget what the call that declined has said."""
        del self._session.info.get("said", [])[self._said :]

    def flushing(self) -> None:
        """A flush begins: only objects of earlier calls are no write of this one."""
        self.flushed |= self.happened()
        self._new = 0

    def executing(self, statement: str) -> None:
        """A statement is sent: one that does not only read is a write, but for those of a flush, which is judged already."""
        if not self.flushed and not self._session._flushing:  # noqa: SLF001 - there is no event without a flush
            self.flushed = not READING.match(statement)

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
