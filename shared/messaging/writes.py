"""Notices whether a handler has written before it declined: if not, its batch goes on without a rollback."""

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session


class Writes:
    """Watches the session of a batch, one handler call after the other."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session.sync_session
        self._session.info["writes"] = self
        self._new = 0
        self._said = 0
        self.flushed = False

    async def begin(self, session: AsyncSession) -> None:
        """Another handler call starts; what earlier ones changed is not held against it."""
        if session.dirty or session.deleted:
            await session.flush()
        self._new = self._pending()
        self._said = len(self._session.info.get("said", ()))
        self.flushed = False

    def happened(self) -> bool:
        """Whether this call has written anything, or changed an object that a flush will write."""
        session = self._session
        return self.flushed or self._pending() > self._new or bool(session.dirty) or bool(session.deleted)

    def unsay(self) -> None:
        """Forget what the call that declined has said."""
        del self._session.info.get("said", [])[self._said :]

    def flushing(self) -> None:
        """A flush begins: only objects of earlier calls are no write of this one."""
        self.flushed |= self.happened()
        self._new = 0

    def _pending(self) -> int:
        return len(self._session._new)  # noqa: SLF001 - `session.new` copies the set at each look


@event.listens_for(Session, "before_flush")
def _flushing(session: Session, *_: object) -> None:
    watching: Writes | None = session.info.get("writes")
    if watching:
        watching.flushing()


@event.listens_for(Session, "do_orm_execute")
def _executing(state: ORMExecuteState) -> None:
    watching: Writes | None = state.session.info.get("writes")
    if watching and not state.is_select:
        watching.flushed = True
