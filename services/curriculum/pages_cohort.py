"""The screen of a cohort's end: by which versions it is taught, how far it got, what its graduates take away."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from services.curriculum import graduating, issuing, queries, reporting
from services.curriculum.pages import checked
from services.curriculum.refusals import MarksRefused
from services.curriculum.voting import Coordinator
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(prefix="/curriculum/cohorts", include_in_schema=False)


@router.get("/{cohort_id}")
async def cohort_page(
    cohort_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """Versions with their first days, attainment, credentials."""
    return await _shown(cohort_id, request, person, transaction)


async def _shown(
    cohort_id: UUID,
    request: Request,
    person: Person,
    transaction: Transaction,
    refused: Refused | None = None,
) -> Response:
    cohort, _ = await graduating.cohort_of(transaction, cohort_id, person)
    awards = await graduating.list_credentials(cohort_id, person, transaction)
    report = await _report(cohort_id, person, transaction)
    taught = (
        await queries.version_of(transaction, report["plan_id"], report["plan_version"]) if report else None
    )
    values: dict[str, Any] = {
        "cohort": cohort,
        "titles": {one.module: one.title for one in taught.modules} if taught else {},
        "forces": await queries.in_force(transaction, cohort_id),
        "report": report,
        "names": await queries.competency_titles(transaction),
        "awards": awards,
        "learners": len(await graduating.present(transaction, cohort_id)),
        "college_id": awards[0].college_id if awards else None,
        "problem": problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "cohort.html", person=person, status=status, **values)


async def _report(cohort_id: UUID, person: Person, transaction: Transaction) -> dict[str, Any] | None:
    """Nobody's business but the two sides'; and nothing before a plan is in force."""
    if person.has(Role.TRAINEE, Role.MENTOR):
        return None
    try:
        return await reporting.read_attainment(cohort_id, person, transaction)
    except MarksRefused:
        return None


@router.post("/{cohort_id}/credentials")
async def award(cohort_id: UUID, request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """To everybody who has finished and has none yet."""

    async def again(refused: Refused) -> Response:
        return await _shown(cohort_id, request, person, transaction, refused)

    act = graduating.award_credentials(cohort_id, graduating.Ceremony(), person, transaction)
    return await tried(transaction, act, f"/curriculum/cohorts/{cohort_id}", again)


@router.post("/{cohort_id}/credentials/{credential_id}/revoke")
async def revoke(
    cohort_id: UUID,
    credential_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """It stands on the public list from now on, with the reason."""

    async def act() -> None:
        given = checked(issuing.Revoking, reason=reason.strip())
        await issuing.revoke(credential_id, given, person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(cohort_id, request, person, transaction, refused)

    return await tried(transaction, act(), f"/curriculum/cohorts/{cohort_id}", again)
