"""Cohorts over HTTP: enrolment, a class formed from running cohorts, withdrawal of a trainee."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import cohorts, queries, roster
from services.recruitment.access import cohort_for, cohorts_for
from services.recruitment.model import (
    Application,
    ApplicationState,
    Cohort,
    Enrolled,
    Intake,
    IntakeState,
    Programme,
)
from shared.events.base import Text
from shared.events.recruitment import CohortEnrolled, TraineeWithdrew
from shared.ids import uuid7
from shared.messaging import emit, known, today
from shared.programmes.grammar import Selection, Template
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class Enrolling(BaseModel, extra="forbid"):
    """When the cohort starts, and what it is called."""

    first_monday: date
    cohort_id: UUID = Field(default_factory=uuid7)
    title: Text | None = None


class Forming(BaseModel, extra="forbid"):
    """A class of trainees who are in running cohorts."""

    programme_id: UUID
    trainee_ids: list[UUID] = Field(min_length=1, max_length=1000)
    first_monday: date
    title: Text
    cohort_id: UUID = Field(default_factory=uuid7)


class Withdrawing(BaseModel, extra="forbid"):
    """From which day; today where none is given."""

    effective_from: date | None = None


@router.post("/intakes/{intake_id}/enrol", status_code=201)
async def enrol_cohort(
    intake_id: UUID, new: Enrolling, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    joined = await roster.joined_to(transaction, intake_id)
    programme = await queries.programme_of(transaction, intake.programme_id)
    await queries.unused(transaction, Cohort, new.cohort_id)
    everyone = await queries.applications_of(transaction, [intake_id, *(each.intake_id for each in joined)])
    accepted = cohorts.ready(intake.state, everyone, Selection.model_validate(intake.selection))
    if programme.template["formed_from"] == "running_cohorts":
        enrolled = await _taken_over(transaction, programme, intake, accepted, new)
    else:
        enrolled = await _newly_enrolled(transaction, programme, intake, accepted, new)
    for application in accepted:
        application.state = ApplicationState.ENROLLED
    for each in (intake, *joined):
        each.state = IntakeState.ENROLLED
    return enrolled.model_dump(mode="json")


async def _newly_enrolled(
    session: AsyncSession,
    programme: Programme,
    intake: Intake,
    accepted: Sequence[Application],
    new: Enrolling,
) -> CohortEnrolled:
    """People who are in no running class become trainees."""
    applicant_ids = [row.applicant_id for row in accepted]
    await roster.not_running(session, applicant_ids, new.first_monday)
    enrolled = cohorts.enrol(
        programme,
        intake,
        accepted,
        new.cohort_id,
        trainee_ids=[uuid7() for _ in accepted],
        first_number=await roster.next_number(session, programme.college_id, intake.year),
        first_monday=new.first_monday,
        title=new.title,
        persons=await roster.persons_of(session, applicant_ids),
    )
    session.add(_row(programme, enrolled))
    session.add_all(
        cohorts.member(enrolled, trainee, application.applicant_id, application.application_id)
        for application, trainee in zip(accepted, enrolled.trainees, strict=True)
    )
    await known(session, "cohort", enrolled.cohort_id)
    emit(session, enrolled)
    return enrolled


async def _taken_over(
    session: AsyncSession,
    programme: Programme,
    intake: Intake,
    accepted: Sequence[Application],
    new: Enrolling,
) -> CohortEnrolled:
    """Trainees of running classes, selected by an intake, move into the class that it forms."""
    applicants = [row.applicant_id for row in accepted]
    trainees = await roster.trainees_behind(session, applicants, new.first_monday)
    rows = await roster.running_trainees(session, trainees, new.first_monday)
    return await _formed(session, programme, rows, new, intake)


@router.post("/cohorts", status_code=201)
async def form_from_running_cohorts(new: Forming, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    programme = await queries.programme_of(transaction, new.programme_id)
    await queries.unused(transaction, Cohort, new.cohort_id)
    rows = await roster.running_trainees(transaction, new.trainee_ids, new.first_monday)
    return (await _formed(transaction, programme, rows, new)).model_dump(mode="json")


async def _formed(
    session: AsyncSession,
    programme: Programme,
    rows: Sequence[Enrolled],
    new: Enrolling | Forming,
    intake: Intake | None = None,
) -> CohortEnrolled:
    """The new class, and for each trainee the farewell to the old one."""
    template = Template.model_validate(programme.template)
    begun = {
        each: (await roster.cohort_of(session, each)).first_monday for each in {row.cohort_id for row in rows}
    }
    cohorts.of_these_years(template, rows, begun, new.first_monday)
    formed = cohorts.form(programme, rows, new.cohort_id, new.first_monday, new.title, intake)
    session.add(_row(programme, formed))
    await session.flush()
    for row, trainee in zip(rows, formed.trainees, strict=True):
        left = TraineeWithdrew(
            cohort_id=row.cohort_id, trainee_id=row.trainee_id, effective_from=new.first_monday
        )
        row.cohort_id, row.trainee = formed.cohort_id, trainee.model_dump(mode="json")
        emit(session, left)
    await known(session, "cohort", formed.cohort_id)
    emit(session, formed)
    return formed


def _row(programme: Programme, enrolled: CohortEnrolled) -> Cohort:
    template = Template.model_validate(programme.template)
    return cohorts.row_of(enrolled, cohorts.last_day(template, enrolled.first_monday))


@router.get("/cohorts")
async def list_cohorts(person: SignedIn, transaction: Transaction) -> list[Cohort]:
    return await cohorts_for(transaction, person)


@router.get("/cohorts/{cohort_id}")
async def read_cohort(cohort_id: UUID, person: SignedIn, transaction: Transaction) -> dict[str, Any]:
    cohort = await cohort_for(transaction, cohort_id, person)
    trainees = await roster.trainees_of(transaction, cohort_id)
    return {**cohort.model_dump(mode="json"), "trainees": _trainees(trainees, person)}


def _trainees(rows: Any, person: Person) -> list[dict[str, Any]]:
    return [
        {**row.trainee, "application_id": str(row.application_id), "withdrew_on": row.withdrew_on}
        for row in rows
        if roster.may_see(row, person)
    ]


@router.post("/cohorts/{cohort_id}/trainees/{trainee_id}/withdraw")
async def withdraw_trainee(
    cohort_id: UUID, trainee_id: UUID, body: Withdrawing, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    row = await roster.trainee_of(transaction, cohort_id, trainee_id)
    if row.withdrew_on is None:
        row.withdrew_on = body.effective_from or await today(transaction)
        emit(transaction, _withdrew(row))
    return {"trainee_id": trainee_id, "withdrew_on": row.withdrew_on}


def _withdrew(row: Enrolled) -> TraineeWithdrew:
    assert row.withdrew_on is not None
    return TraineeWithdrew(cohort_id=row.cohort_id, trainee_id=row.trainee_id, effective_from=row.withdrew_on)
