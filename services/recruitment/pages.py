"""The screens of recruitment that everybody meets: intakes, every outcome with its reason, one's own applications."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.recruitment import (
    access,
    api,
    deciding,
    enrolling,
    marks,
    pages_import,
    pages_letters,
    pages_opening,
    pages_panel,
    queries,
    rules,
    views,
)
from services.recruitment.model import Applicant, Intake, IntakeState
from shared.errors import Refused
from shared.programmes.grammar import Selection
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(prefix="/recruitment", include_in_schema=False)
router.include_router(pages_panel.router)
router.include_router(pages_import.router)
router.include_router(pages_letters.router)
router.include_router(pages_opening.router)
ROWS = 100


@router.get("/intakes")
async def intakes_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Every recruitment round with its counts, and the classes that came of them."""
    intakes = await api.list_intakes(person, transaction)
    programmes = {str(one.programme_id): one for one in await api.list_programmes(person, transaction)}
    cohorts = await access.cohorts_for(transaction, person)
    return render(
        request, "intakes.html", person=person, intakes=intakes, programmes=programmes, cohorts=cohorts
    )


@router.get("/intakes/{intake_id}")
async def intake_page(
    intake_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    state: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One round: who was selected, who was not, and why."""
    return await _intake(request, person, transaction, intake_id, page=page, state=state)


async def _intake(
    request: Request,
    person: Person,
    transaction: Transaction,
    intake_id: UUID,
    *,
    page: int = 1,
    state: str = "",
    refused: Refused | None = None,
) -> Response:
    intake, programme = await access.intake_for(transaction, intake_id, person)
    states = await queries.counts(transaction, intake_id, person)
    found = states.get(state, 0) if state else sum(states.values())
    values: dict[str, Any] = {
        "intake": {"seed": None, **queries.shown(intake)},
        "programme": programme,
        "states": states,
        "state": state,
        "cuts": await views.cuts_of(transaction, intake),
        "names": views.named(intake, programme),
        "outcomes": await views.outcomes_for(
            transaction, intake_id, person, page=slice((page - 1) * ROWS, page * ROWS), state=state
        ),
        "found": found,
        "page": page,
        "pages": max(1, -(-found // ROWS)),
        "far": await deciding.read_progress(intake_id, person, transaction),
        "problem": problem_of(request, refused),
        **_rights(intake, person),
    }
    status = refused.status if refused else 200
    return render(request, "intake.html", person=person, status=status, **values)


def _rights(intake: Intake, person: Person) -> dict[str, Any]:
    """What this person may do here now."""
    office = person.has(Role.COORDINATOR)
    panel = office or person.has(Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)
    selection = Selection.model_validate(intake.selection)
    return {
        "minimum": rules.minimum_of(intake.selection),
        "offer_days": selection.offer_days,
        "may_try": panel and intake.state not in (IntakeState.ENROLLED, IntakeState.DECIDING),
        "may_mark": person.has(*marks.EXAMINERS) and intake.state == IntakeState.OPEN,
        "may_import": office,
        "may_decide": office and intake.state == IntakeState.OPEN,
        "may_enrol": office and intake.state == IntakeState.SELECTED,
    }


@router.get("/intakes/{intake_id}/progress")
async def progress_seen(
    intake_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """How far the decision is; once it is made, the whole page anew."""
    far = await deciding.read_progress(intake_id, person, transaction)
    if far["state"] != IntakeState.DECIDING:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "deciding.html", person=person, intake_id=intake_id, far=far)


@router.post("/intakes/{intake_id}/select")
async def decide_now(
    intake_id: UUID, request: Request, person: deciding.Coordinator, transaction: Transaction
) -> Response:
    """Decide the intake and tell everybody."""
    act = deciding.select_intake(intake_id, Response(), person, transaction)
    again = partial(_refused, request, person, transaction, intake_id)
    return await tried(transaction, act, f"/recruitment/intakes/{intake_id}", again)


@router.post("/intakes/{intake_id}/enrol")
async def enrol_now(
    intake_id: UUID,
    request: Request,
    person: deciding.Coordinator,
    transaction: Transaction,
    first_monday: Annotated[date, Form()],
) -> Response:
    """Those who accepted become a class."""
    act = enrolling.enrol_cohort(
        intake_id, enrolling.Enrolling(first_monday=first_monday), person, transaction
    )
    again = partial(_refused, request, person, transaction, intake_id)
    return await tried(transaction, act, f"/recruitment/intakes/{intake_id}", again)


async def _refused(
    request: Request, person: Person, transaction: Transaction, intake_id: UUID, refused: Refused
) -> Response:
    return await _intake(request, person, transaction, intake_id, refused=refused)


@router.get("/applications")
async def my_applications_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Everything that the person signed in has applied for."""
    mine = []
    for application in await queries.of_person(transaction, person.person_id):
        intake, programme = await access.intake_for(transaction, application.intake_id, person)
        mine.append((application, views.named(intake, programme).intake))
    return render(request, "mine.html", person=person, mine=mine)


@router.get("/applications/{application_id}")
async def application_page(
    application_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """One application: the outcome, its reason, what would have changed it, and what can be done now."""
    return await _application(request, person, transaction, application_id)


async def _application(
    request: Request,
    person: Person,
    transaction: Transaction,
    application_id: UUID,
    refused: Refused | None = None,
) -> Response:
    told = await views.explanation_of(transaction, application_id, person)
    application = await queries.application_of(transaction, application_id, person)
    intake, programme = await access.intake_for(transaction, application.intake_id, person)
    values: dict[str, Any] = {
        "told": told,
        "application": application,
        "applicant": await transaction.get_one(Applicant, application.applicant_id),
        "names": views.named(intake, programme),
        "may_write": person.has(Role.COORDINATOR),
        "may_answer": person.has(Role.COORDINATOR) or application.applicant_id == person.person_id,
        "problem": problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "application.html", person=person, status=status, **values)


ANSWERS = {
    "accept": deciding.accept_offer,
    "decline": deciding.decline_offer,
    "withdraw": deciding.withdraw_application,
}


@router.post("/applications/{application_id}/{answer}")
async def answer_page(
    application_id: UUID, answer: str, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """Accept, decline or withdraw."""
    if answer not in ANSWERS:
        return RedirectResponse(f"/recruitment/applications/{application_id}", 303)
    act = ANSWERS[answer](application_id, person, transaction)
    again = partial(_application, request, person, transaction, application_id)
    return await tried(transaction, act, f"/recruitment/applications/{application_id}", again)
