"""The end of a programme over HTTP: examination by the rules of its template, credentials for who has finished."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import badges, parties, publishing, queries, views
from services.curriculum.graduates import Award, ExamResult, Learner
from services.curriculum.model import Cohort
from services.curriculum.refusals import (
    CohortUnknown,
    CredentialRefused,
    CredentialUnknown,
    ExaminationRefused,
)
from services.curriculum.voting import Asked, Coordinator
from shared.calendar import monday_of
from shared.events.base import Code
from shared.events.curriculum import CredentialAwarded
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.programmes.examining import examine
from shared.programmes.graduating import Examination
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.address import public_address
from shared.web.identity import Person, Role, SignedIn

router = APIRouter(prefix="/curriculum/v1", tags=["graduates"])
FRIDAY = timedelta(days=4)


class Points(Asked):
    """Points of 100 of one trainee, for each part of the examination."""

    trainee_id: UUID
    points: dict[Code, Annotated[float, Field(ge=0, le=100)]]


class Sitting(Asked):
    """Who reached what. Another attempt replaces the one before."""

    results: list[Points] = Field(min_length=1, max_length=1000)
    held_on: date | None = None


class Ceremony(Asked):
    """Whom to award; everyone who has finished where nobody is named."""

    trainee_ids: list[UUID] | None = Field(default=None, max_length=1000)


async def cohort_of(session: AsyncSession, cohort_id: UUID, person: Person) -> tuple[Cohort, Template]:
    cohort = await session.get(Cohort, cohort_id, with_for_update=True)
    programme = await queries.programme_of(session, cohort.programme_id) if cohort else None
    if cohort is None or programme is None or not parties.sees(programme, person):
        raise CohortUnknown(str(cohort_id))
    return cohort, Template.model_validate(programme.template)


async def present(session: AsyncSession, cohort_id: UUID) -> list[UUID]:
    """Trainees of the cohort who have not withdrawn."""
    wanted = select(Learner.trainee_id).where(
        Learner.cohort_id == cohort_id, col(Learner.withdrew_on).is_(None)
    )
    return list(await session.scalars(wanted.order_by(col(Learner.trainee_id))))


@router.post("/cohorts/{cohort_id}/examination")
async def record_examination(
    cohort_id: UUID, sitting: Sitting, person: Coordinator, transaction: Transaction
) -> list[views.Shown]:
    _, template = await cohort_of(transaction, cohort_id, person)
    if template.examination is None:
        raise ExaminationRefused("its template has none")
    here = set(await present(transaction, cohort_id))
    held_on = sitting.held_on or await today(transaction)
    shown = []
    for one in sitting.results:
        if one.trainee_id not in here:
            raise ExaminationRefused(f"{one.trainee_id} is not in this cohort", field="trainee_id")
        result = _judge(template.examination, one, cohort_id, held_on)
        await transaction.merge(result)
        shown.append(result.model_dump() | {"passed": not result.unmet})
    return shown


def _judge(examination: Examination, one: Points, cohort_id: UUID, held_on: date) -> ExamResult:
    try:
        result = examine(examination, one.points)
    except ValueError as wrong:
        raise ExaminationRefused(str(wrong), field="points") from None
    unmet = [rule.model_dump() for rule in result.unmet]
    return ExamResult(
        cohort_id=cohort_id, trainee_id=one.trainee_id, points=one.points, total=result.total, unmet=unmet, held_on=held_on
    )  # fmt: skip


@router.post("/cohorts/{cohort_id}/credentials", status_code=201)
async def award_credentials(
    cohort_id: UUID, ceremony: Ceremony, person: Coordinator, transaction: Transaction
) -> list[Award]:
    cohort, template = await cohort_of(transaction, cohort_id, person)
    forces = await queries.in_force(transaction, cohort_id)
    if template.credential is None or not forces:
        raise CredentialRefused("its template names none" if forces else "no plan has been in force")
    day = await today(transaction)
    taught = ([one for one in forces if one.effective_from <= day] or forces[:1])[-1]
    plan = await queries.version_of(transaction, taught.plan_id, taught.plan_version)
    ends_on = monday_of(cohort.first_monday, max(phase.last_week for phase in plan.phases)) + FRIDAY
    if day < ends_on:
        raise CredentialRefused(f"its last teaching week ends on {ends_on}", ends_on=str(ends_on))
    chosen = await _finished(transaction, cohort_id, template, ceremony.trainee_ids)
    versions = await publishing.taught_on(transaction, forces, ends_on, chosen)
    college_id = (await queries.programme_of(transaction, cohort.programme_id)).college_id
    awards = [
        Award(
            credential_id=uuid7(), cohort_id=cohort_id, trainee_id=trainee_id, college_id=college_id,
            title=template.credential.title.model_dump(), degree=template.credential.degree, plan_id=by.plan_id,
            plan_version=by.plan_version, awarded_on=day,
            competencies=sorted({one.competency for one in by.requirements} & by.coverage.keys()),
        )
        for trainee_id, by in versions.items()
    ]  # fmt: skip
    transaction.add_all(awards)
    for award in awards:
        emit(transaction, CredentialAwarded.model_validate(award.model_dump(exclude={"college_id"})))
    return awards


async def _finished(
    session: AsyncSession, cohort_id: UUID, template: Template, named: list[UUID] | None
) -> list[UUID]:
    """Who is still here, has passed where there is an examination, and has no credential yet."""
    here = await present(session, cohort_id)
    had = set(await session.scalars(select(Award.trainee_id).where(Award.cohort_id == cohort_id)))
    may = set(here) - had
    if template.examination:
        results = await session.scalars(select(ExamResult).where(ExamResult.cohort_id == cohort_id))
        may &= {result.trainee_id for result in results if not result.unmet}
    refused = [str(one) for one in named or () if one not in may]
    if refused:
        raise CredentialRefused(
            f"not finished, or awarded already: {', '.join(refused)[:400]}", field="trainee_ids"
        )
    return sorted(set(named) if named is not None else may)


@router.get("/cohorts/{cohort_id}/credentials")
async def list_credentials(cohort_id: UUID, person: SignedIn, transaction: Transaction) -> list[Award]:
    await cohort_of(transaction, cohort_id, person)
    wanted = select(Award).where(Award.cohort_id == cohort_id).order_by(col(Award.trainee_id))
    return [award for award in await transaction.scalars(wanted) if may_see(award, person)]


@router.get("/credentials/{credential_id}")
async def read_credential(
    credential_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> views.Shown:
    """As an Open Badge 3.0."""
    award = await transaction.get(Award, credential_id)
    if award is None or not may_see(award, person):
        raise CredentialUnknown(str(credential_id))
    return badges.badge(award, await queries.competency_titles(transaction), public_address(request))


def may_see(award: Award, person: Person) -> bool:
    """The graduate, and staff of the college."""
    staff = person.enterprise_id is None and person.college_id in (None, award.college_id)
    return person.person_id == award.trainee_id or (staff and person.roles != {Role.TRAINEE})
