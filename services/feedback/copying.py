"""Keeps feedback's copies: one set-based upsert for each fact of others."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.feedback.copies import (
    Attendance,
    Cohort,
    CompetencyName,
    DualTeacher,
    Employment,
    Incident,
    InForce,
    Member,
    Mentor,
    Payment,
    PlanVersion,
    Programme,
    Selection,
    Station,
    Table,
    Timetable,
)
from services.feedback.model import PromiseState
from shared.events.curriculum import FrameworkPublished, PlanInForce, PlanPublished, TeacherQualified
from shared.events.enterprise import (
    AgreementSigned,
    AttendanceRecorded,
    EmployeeHired,
    EmployeeLeft,
    EmployeePromoted,
    MentorLeft,
    MentorNamed,
    Promise,
    PromiseKept,
    SafetyIncidentReported,
    StationsOffered,
)
from shared.events.placement import TimetableChanged, TimetablePublished
from shared.events.recruitment import CohortEnrolled, IntakeClosed, ProgrammeOpened, TraineeWithdrew
from shared.ids import uuid7


async def keep(
    session: AsyncSession, table: type[Table], rows: list[dict[str, Any]], *, only_new: bool = False
) -> None:
    """Insert, or replace what is there under the same key."""
    if not rows:
        return
    new = insert(table).values(rows)
    keys = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    given = {name: new.excluded[name] for name in rows[0] if name not in keys}
    if only_new or not given:
        await session.execute(new.on_conflict_do_nothing())
    else:
        await session.execute(new.on_conflict_do_update(index_elements=keys, set_=given))


async def programme(session: AsyncSession, opened: ProgrammeOpened) -> None:
    said = opened.model_dump(mode="json", include={"enterprise_ids", "title"})
    evidence = opened.template.evidence.model_dump(mode="json")
    named = opened.model_dump(include={"programme_id", "agreement_id", "college_id"})
    await keep(session, Programme, [{**named, **said, "evidence": evidence}])


async def cohort(session: AsyncSession, enrolled: CohortEnrolled) -> None:
    named = enrolled.model_dump(include={"cohort_id", "programme_id", "college_id", "first_monday"})
    await keep(session, Cohort, [{**named, "title": enrolled.title.model_dump()}])
    members = {"trainee_id", "enterprise_id", "college_number", "enterprise_number"}
    rows = [{**one.model_dump(include=members), "cohort_id": enrolled.cohort_id} for one in enrolled.trainees]
    await keep(session, Member, rows)


async def withdrawal(session: AsyncSession, withdrew: TraineeWithdrew) -> None:
    mine = (col(Member.trainee_id) == withdrew.trainee_id, col(Member.cohort_id) == withdrew.cohort_id)
    await session.execute(update(Member).where(*mine).values(withdrew_on=withdrew.effective_from))


async def competencies(session: AsyncSession, published: FrameworkPublished) -> None:
    rows = {one.code: {"code": one.code, "title": one.title.model_dump()} for one in published.competencies}
    await keep(session, CompetencyName, list(rows.values()))


async def plan_version(session: AsyncSession, published: PlanPublished) -> None:
    whole = published.model_dump(mode="json", include={"requirements", "modules", "coverage"})
    named = published.model_dump(include={"plan_id", "plan_version", "programme_id"})
    last = max((phase.last_week for phase in published.phases), default=1)
    await keep(session, PlanVersion, [{**named, **whole, "last_week": last}], only_new=True)


LATER = ("later", "later_week", "later_from")


async def in_force(session: AsyncSession, force: PlanInForce) -> None:
    """Of two versions from the same day the newer one counts."""
    whole = force.model_dump(include=set(InForce.model_fields) - {"later"})
    new = insert(InForce).values({**whole, "later": [str(one) for one in force.later]})
    newer = {name: new.excluded[name] for name in ("plan_id", "plan_version", "from_week", *LATER)}
    later = InForce.plan_version < new.excluded.plan_version
    await session.execute(
        new.on_conflict_do_update(index_elements=["cohort_id", "effective_from"], set_=newer, where=later)
    )


async def mentor(session: AsyncSession, fact: MentorNamed | MentorLeft) -> None:
    if isinstance(fact, MentorLeft):
        mine = col(Mentor.mentor_id) == fact.mentor_id
        await session.execute(update(Mentor).where(mine).values(left_from=fact.effective_from))
    else:
        await keep(session, Mentor, [{**fact.model_dump(), "left_from": None}])


async def stations(session: AsyncSession, offered: StationsOffered) -> None:
    await session.execute(delete(Station).where(col(Station.workshop_id) == offered.workshop_id))
    rows = [
        {
            **one.model_dump(mode="json", include={"title", "competencies"}),
            "station_id": one.station_id,
            "workshop_id": offered.workshop_id,
            "enterprise_id": offered.enterprise_id,
        }
        for one in offered.stations
    ]
    await keep(session, Station, rows)


async def timetable(session: AsyncSession, published: TimetablePublished | TimetableChanged) -> None:
    whole = published.model_dump(mode="json", include={"groups", "stints"})
    named = {"cohort_id": published.cohort_id, "timetable_version": published.timetable_version}
    await keep(session, Timetable, [{**named, **whole}])


async def promise(session: AsyncSession, signed: AgreementSigned, promised: Promise) -> None:
    named = signed.model_dump(include={"agreement_id", "enterprise_id", "college_id"})
    said = {"promise_id": promised.promise_id, "kind": str(promised.kind), "due_on": promised.due_on}
    new = insert(PromiseState).values(
        {**named, **said, "promised": str(promised.amount), "delivered": "0", "verdict": "open"}
    )
    changed = {"promised": new.excluded.promised, "due_on": new.excluded.due_on}
    await session.execute(new.on_conflict_do_update(index_elements=["promise_id"], set_=changed))
    await session.flush()


async def payment(session: AsyncSession, kept: PromiseKept) -> None:
    said = {"promise_id": kept.promise_id, "amount": str(kept.amount), "occurred_on": kept.occurred_on}
    await keep(session, Payment, [{"payment_id": uuid7(), **said}])


async def employment(session: AsyncSession, fact: EmployeeHired | EmployeeLeft | EmployeePromoted) -> None:
    named: dict[str, Any] = {"employee_id": fact.employee_id, "enterprise_id": fact.enterprise_id}
    if isinstance(fact, EmployeeHired):
        named |= {
            "trainee_id": fact.trainee_id,
            "hired_on": fact.occurred_on,
            "left_on": None,
            "left_because": None,
        }
        named["monthly_salary"] = float(fact.monthly_salary) if fact.monthly_salary is not None else None
    elif isinstance(fact, EmployeeLeft):
        named |= {"left_on": fact.occurred_on, "left_because": str(fact.reason)}
    else:
        named["promoted_on"] = fact.occurred_on
    await keep(session, Employment, [named])


async def dual_teacher(session: AsyncSession, qualified: TeacherQualified) -> None:
    await keep(session, DualTeacher, [qualified.model_dump()])


async def selection(session: AsyncSession, closed: IntakeClosed) -> None:
    counts = {"intake_id", "programme_id", "applicants", "eligible", "selected"}
    await keep(session, Selection, [closed.model_dump(include=counts)])


async def attendance(session: AsyncSession, records: Sequence[AttendanceRecorded]) -> None:
    """Of several for one trainee, workshop and day the last one counts."""
    rows = {(one.trainee_id, one.workshop_id, one.attended_on): one.model_dump() for one in records}
    await keep(session, Attendance, [rows[key] for key in sorted(rows)])


async def incident(session: AsyncSession, reported: SafetyIncidentReported) -> None:
    await keep(session, Incident, [reported.model_dump(mode="python") | {"severity": str(reported.severity)}])
