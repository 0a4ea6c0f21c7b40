"""The search as a job that people can watch and stop."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import update
from sqlmodel import col, select

from services.placement import queries
from services.placement.access import Coordinator, NoSuchCohort, Viewer
from services.placement.reconsidering import reconsider_cohort
from services.placement.telling import figures_of
from shared.messaging.tables import JobRow
from shared.service import Transaction

router = APIRouter(prefix="/placement/v1/cohorts/{cohort_id}", tags=["search"])


def _of(cohort_id: UUID) -> tuple[Any, ...]:
    return (
        col(JobRow.function) == reconsider_cohort.__name__,
        col(JobRow.arguments) == [str(cohort_id)],
        col(JobRow.state).in_(["waiting", "running"]),
        col(JobRow.cancelled).is_(False),
    )


@router.get("/search")
async def read_search(cohort_id: UUID, transaction: Transaction, _: Viewer) -> dict[str, Any]:
    """Whether a search waits or runs, how far it is, and what its best plan so far costs beside what any must."""
    wanted = select(JobRow).where(*_of(cohort_id)).order_by(col(JobRow.created_at)).limit(1)
    job = (await transaction.scalars(wanted)).first()
    if job is None:
        return {"state": "none", "progress": None}
    return {"state": job.state, "progress": job.progress} | figures_of(job.checkpoint)


@router.delete("/search")
async def stop_search(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> dict[str, int]:
    """Stop it; what is published stays, and the next fact or `reconsider` begins a new search."""
    cohort = await queries.cohort_of(transaction, cohort_id, lock=True)
    if cohort is None:
        raise NoSuchCohort(str(cohort_id))
    stopped = await transaction.scalars(
        update(JobRow).where(*_of(cohort_id)).values(cancelled=True).returning(col(JobRow.id))
    )
    cohort.queued = False
    if cohort.status == "computing":
        cohort.status = "published" if cohort.timetable_version else "waiting"
    return {"stopped": len(stopped.all())}
