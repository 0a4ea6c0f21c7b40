"""Long work: rows that a worker leases, does outside any transaction, and ends together with what came of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import CursorResult, func, or_, update
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session
from sqlmodel import col, select

from shared.errors import Refused
from shared.ids import uuid7
from shared.messaging.clock import start_of
from shared.messaging.envelope import cause, envelope, handling
from shared.messaging.listener import Function, Listener, arguments_of
from shared.messaging.tables import JobRow
from shared.spawned import run_spawned

log = logging.getLogger("tailored.jobs")
Result = TypeVar("Result")
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5


class LeaseLost(Exception):  # noqa: N818 - it says what happened
    """Another worker has this job, or it was cancelled: nothing of this run is kept."""


class Job:
    """`session.add(Job.to(function, id))`; the function is declared with `@on.job`."""

    @staticmethod
    def to(function: Function, *arguments: object, not_before: date | datetime | None = None) -> JobRow:
        """A job that a worker takes as soon as this transaction is committed."""
        because = envelope()
        return JobRow(
            id=uuid7(),
            function=function.__name__,
            arguments=to_jsonable_python(list(arguments)),
            due_at=start_of(not_before) if not_before else datetime.now(UTC),
            created_at=datetime.now(UTC),
            correlation=because.correlation if because else None,
            causation=because.id if because else None,
        )


class Work:
    """What a job may do while it holds its lease."""

    def __init__(self, job_id: UUID, lease: UUID, sessions: async_sessionmaker[AsyncSession]) -> None:
        self.job_id = job_id
        self.finished = False
        self._lease = lease
        self._sessions = sessions

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A transaction of its own, for reading or for keeping something on the way."""
        async with self._sessions.begin() as session:
            yield session

    async def solve(
        self, heart: Callable[..., Result], *arguments: object, hear: Callable[[Any], None] | None = None
    ) -> Result:
        """Run a heart in a spawned process; arguments, result and what it tells on its way must be picklable."""
        return await run_spawned(heart, *arguments, hear=hear)

    @asynccontextmanager
    async def finish(self) -> AsyncIterator[AsyncSession]:
        """The last transaction: what it writes and says, and the end of the job, are one commit."""
        async with self._sessions.begin() as session:
            yield session
            await self._keep(session, state="done", progress=1.0, lease=None, lease_until=None)
        self.finished = True

    async def progress(self, part: float, checkpoint: object = None) -> None:
        """Say how far it is (0 to 1), prolong the lease, and keep what a second run may start from."""
        kept = {} if checkpoint is None else {"checkpoint": to_jsonable_python(checkpoint)}
        async with self._sessions.begin() as session:
            await self._keep(session, progress=part, lease_until=func.clock_timestamp() + LEASE, **kept)

    async def checkpoint(self) -> Any:
        """What an earlier run kept, or None."""
        async with self._sessions() as session:
            return await session.scalar(select(col(JobRow.checkpoint)).where(col(JobRow.id) == self.job_id))

    async def cancelled(self) -> bool:
        """Whether somebody has asked to stop."""
        async with self._sessions() as session:
            return bool(
                await session.scalar(select(col(JobRow.cancelled)).where(col(JobRow.id) == self.job_id))
            )

    async def _keep(self, session: AsyncSession, **values: Any) -> None:
        mine = (
            col(JobRow.id) == self.job_id,
            col(JobRow.lease) == self._lease,
            col(JobRow.cancelled).is_(False),
        )
        kept = await session.execute(update(JobRow).where(*mine).values(values))
        if cast("CursorResult[Any]", kept).rowcount != 1:
            raise LeaseLost(str(self.job_id))


async def do_one(on: Listener, sessions: async_sessionmaker[AsyncSession]) -> bool:
    """Take one free job and do it; False where there is none."""
    job = await _lease_one(on, sessions)
    if job is None:
        return False
    if job.state == "dead":
        log.error("job_given_up %s %s", job.function, job.id)
        return True
    work = Work(job.id, job.lease or uuid7(), sessions)
    function = on.jobs[job.function]
    prolonging = asyncio.create_task(_prolong(work))
    try:
        with handling(cause(job.correlation, job.causation)):
            await function(*arguments_of(function, job.arguments), work)
        if not work.finished:
            async with work.finish():
                pass
    except LeaseLost:
        log.info("job_lost %s %s", job.function, job.id)
    except Exception as failed:
        log.exception("job_failed %s %s", job.function, job.id)
        await _put_back(job, failed, sessions)
    finally:
        prolonging.cancel()
    return True


async def _lease_one(on: Listener, sessions: async_sessionmaker[AsyncSession]) -> JobRow | None:
    moment = func.clock_timestamp()
    free = or_(
        col(JobRow.state) == "waiting", (col(JobRow.state) == "running") & (col(JobRow.lease_until) < moment)
    )
    wanted = select(JobRow).where(
        free,
        col(JobRow.due_at) <= moment,
        col(JobRow.cancelled).is_(False),
        col(JobRow.function).in_(list(on.jobs)),
    )
    async with sessions.begin() as session:
        job = await session.scalar(
            wanted.order_by(col(JobRow.due_at)).limit(1).with_for_update(skip_locked=True)
        )
        if job and job.attempts >= MOST_ATTEMPTS:
            job.state, job.lease, job.lease_until = "dead", None, None
            job.reason = "Its worker ended each time before it did."
        elif job:
            job.state, job.lease, job.attempts = "running", uuid7(), job.attempts + 1
            job.lease_until = datetime.now(UTC) + LEASE
    return job


async def _prolong(work: Work) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        async with work.transaction() as session:
            mine = update(JobRow).where(col(JobRow.id) == work.job_id, col(JobRow.lease) == work._lease)  # noqa: SLF001
            await session.execute(mine.values(lease_until=func.clock_timestamp() + LEASE))


async def _put_back(job: JobRow, failed: Exception, sessions: async_sessionmaker[AsyncSession]) -> None:
    over = isinstance(failed, Refused) or job.attempts >= MOST_ATTEMPTS
    values = {
        "state": "dead" if over else "waiting",
        "due_at": datetime.now(UTC) + timedelta(seconds=5 * 4 ** (job.attempts - 1)),
        "reason": f"{type(failed).__name__}: {failed}"[:2000],
        "lease": None,
        "lease_until": None,
    }
    async with sessions.begin() as session:
        await session.execute(
            update(JobRow).where(col(JobRow.id) == job.id, col(JobRow.lease) == job.lease).values(values)
        )


@sqlalchemy_event.listens_for(Session, "after_flush")
def _wake_workers(session: Session, _: object) -> None:
    if any(isinstance(new, JobRow) for new in session.new):
        session.info.setdefault("woken", set()).add("worker")
