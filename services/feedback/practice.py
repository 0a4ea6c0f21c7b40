"""What the shop floor records beside ratings: hours attended where a competency is practised, and safety incidents."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select, func
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from services.feedback.copies import Attendance, Cohort, Incident, Member, Station
from services.feedback.model import Rating
from services.feedback.protection import OUR_STAFF, enough, only_of
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter(prefix="/feedback/v1", tags=["practice"])
Reporters = Annotated[Person, require(*OUR_STAFF, Role.PANEL_ENTERPRISE, Role.INTEGRATOR)]


async def attended(session: AsyncSession, cohorts: list[UUID]) -> list[dict[str, Any]]:
    """Hours at workshops where a competency is practised: at most so much chance to see it, by cohort."""
    rows = (await session.execute(_hours(cohorts))).all()
    hours = {(row[0], row[1]): (float(row[2]), int(row[3])) for row in rows}
    unseen = (
        columns(col(Rating.cohort_id), col(Rating.competency), func.count())
        .where(col(Rating.cohort_id).in_(cohorts), col(Rating.level).is_(None))
        .group_by(col(Rating.cohort_id), col(Rating.competency))
    )
    not_seen = {(cohort, code): n for cohort, code, n in (await session.execute(unseen)).all()}
    size = select(Member.cohort_id, func.count()).where(col(Member.cohort_id).in_(cohorts))
    of = dict((await session.execute(size.group_by(col(Member.cohort_id)))).all())
    found: list[dict[str, Any]] = []
    for cohort, code in sorted({*hours, *not_seen}):
        total, n = hours.get((cohort, code), (0.0, 0))
        shown = enough(n)
        found.append({
            "cohort_id": cohort, "competency": code, "n": n, "of": of.get(cohort, 0), "suppressed": bool(n) and not shown,
            "hours": round(total, 2) if shown else None, "hours_each": round(total / n, 2) if shown else None,
            "not_seen": not_seen.get((cohort, code), 0),
        })  # fmt: skip
    return found


def _hours(cohorts: list[UUID]) -> Select[Any]:
    """Each hour counts for the newest cohort that its trainee was in on that day, and only at the enterprise's own workshops."""
    practised = columns(
        col(Station.workshop_id), col(Station.enterprise_id),
        func.jsonb_array_elements_text(col(Station.competencies)).label("competency"),
    ).distinct().subquery()  # fmt: skip
    newer, its_member = aliased(Cohort), aliased(Member)
    later = (
        columns(col(newer.cohort_id))
        .join(its_member, col(its_member.cohort_id) == newer.cohort_id)
        .where(
            col(its_member.trainee_id) == Attendance.trainee_id, col(newer.first_monday) > Cohort.first_monday
        )
        .where(col(newer.first_monday) <= Attendance.attended_on)
    )
    return (
        columns(
            col(Member.cohort_id), practised.c.competency, func.sum(col(Attendance.hours)),
            func.count(func.distinct(Attendance.trainee_id)),
        )
        .join(Cohort, col(Cohort.cohort_id) == Member.cohort_id)
        .join(Attendance, (col(Attendance.trainee_id) == Member.trainee_id) & (col(Attendance.hours) > 0))
        .join(practised, (practised.c.workshop_id == Attendance.workshop_id)
              & (practised.c.enterprise_id == Attendance.enterprise_id))
        .where(col(Member.cohort_id).in_(cohorts), col(Attendance.attended_on) >= Cohort.first_monday, ~later.exists())
        .group_by(col(Member.cohort_id), practised.c.competency)
    )  # fmt: skip


async def incidents_by_month(session: AsyncSession, cohorts: list[UUID]) -> list[dict[str, Any]]:
    """Counts for each workshop and month, of the enterprises that these cohorts have trainees of."""
    theirs = select(Member.enterprise_id).where(col(Member.cohort_id).in_(cohorts))
    month = func.to_char(col(Incident.occurred_on), "YYYY-MM").label("month")
    wanted = (
        columns(col(Incident.workshop_id), month, col(Incident.severity), func.count())
        .where(col(Incident.enterprise_id).in_(theirs))
        .group_by(col(Incident.workshop_id), month, col(Incident.severity))
        .order_by(col(Incident.workshop_id), month, col(Incident.severity))
    )
    found: dict[tuple[UUID, str], dict[str, int]] = {}
    for workshop, when, severity, n in (await session.execute(wanted)).all():
        found.setdefault((workshop, when), {})[severity] = n
    return [
        {"workshop_id": workshop, "month": when, "incidents": sum(by.values()), "by_severity": by}
        for (workshop, when), by in found.items()
    ]


@router.get("/incidents")
async def list_incidents(
    person: Reporters, transaction: Transaction, workshop_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Each safety incident, newest first; an enterprise its own."""
    wanted = select(Incident).order_by(col(Incident.occurred_on).desc(), col(Incident.incident_id))
    enterprise = only_of(person)
    wanted = wanted.where(Incident.enterprise_id == enterprise) if enterprise else wanted
    wanted = wanted.where(Incident.workshop_id == workshop_id) if workshop_id else wanted
    return [one.model_dump() for one in await transaction.scalars(wanted)]
