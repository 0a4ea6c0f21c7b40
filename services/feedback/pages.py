"""The screens of feedback: rating on a phone, verdicts with their evidence, effects with their intervals."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select

from services.feedback import (
    api,
    contesting,
    doubting,
    indicators,
    inviting,
    rating_form,
    reading,
    tasks,
    telling,
    trending,
    vignettes,
)
from services.feedback import reach as reaching
from services.feedback.copies import Cohort
from services.feedback.protection import Coordinator, Panels, Rater, only_of
from services.feedback.refusals import CohortUnknown
from shared.errors import Refused
from shared.ids import uuid7
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role
from shared.web.page import render

router = APIRouter(prefix="/feedback", include_in_schema=False)
LEVELS = (1, 2, 3, 4, 5)


@router.get("/rate")
async def rate_page(
    request: Request, person: Rater, transaction: Transaction, sent: int | None = None
) -> Response:
    """Everyone whom this mentor sees this week, on one page, so that it also works where there is no signal."""
    return await _rate(request, person, transaction, sent=sent)


@router.post("/rate/{trainee_id}")
async def rate(trainee_id: UUID, request: Request, person: Rater, transaction: Transaction) -> Response:
    """The same ratings from a browser that runs no script."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    sent = 0
    try:
        for new in rating_form.given(form, trainee_id):
            async with transaction.begin_nested():
                await api.keep(transaction, person, new)
            sent += 1
    except Refused as refused:
        return await _rate(request, person, transaction, refused=refused)
    return RedirectResponse(f"/feedback/rate?sent={sent}", 303)


async def _rate(
    request: Request,
    person: Person,
    transaction: Transaction,
    *,
    sent: int | None = None,
    refused: Refused | None = None,
) -> Response:
    shown: dict[str, Any] | None
    try:
        shown = await tasks.of_mentor(transaction, person.person_id, await today(transaction))
    except Refused as unknown:
        shown, refused = None, refused or unknown
    cases = await vignettes.list_my_vignettes(person, transaction)
    open_cases = sum(one["answered"] is None for one in cases)
    alike = bool(await inviting.never_varying(transaction, [person.person_id]))
    return render(
        request,
        "rate.html",
        person=person,
        status=refused.status if refused and shown else 200,
        shown=shown,
        levels=LEVELS,
        new_id=uuid7,
        sent=sent,
        refused=refused,
        cases=len(cases),
        open_cases=open_cases,
        alike=alike,
    )


@router.get("/verdicts")
async def verdicts_page(
    request: Request, person: Panels, transaction: Transaction, cohort_id: UUID | None = None
) -> Response:
    """What the last monthly look found for each competency, and why."""
    cohorts = await cohorts_of(transaction, person)
    chosen = cohort_id or (cohorts[0].cohort_id if cohorts else None)
    counts = await reading.count_ratings(chosen, person, transaction) if chosen else None
    verdicts = await reading.read_verdicts(chosen, person, transaction) if chosen else None
    staff = person.has(Role.COORDINATOR, Role.MANAGER, Role.TEACHER, Role.PANEL_COLLEGE)
    reach = await _reach(chosen, person, transaction) if chosen and staff else None
    variances = await doubting.read_variances(chosen, person, transaction) if chosen and staff else None
    gaps = await reading.list_gaps(person, transaction, cohort_id=chosen) if chosen else []
    contests = await contesting.list_contests(person, transaction) if person.has(Role.COORDINATOR) else []
    values: dict[str, Any] = {
        "choices": {one.cohort_id: one.title for one in cohorts},
        "chosen": chosen,
        "counts": counts,
        "found": verdicts,
        "reach": reach,
        "variances": variances,
        "gaps": gaps,
        "contested": sum(one["answered_on"] is None for one in contests),
    }
    return render(request, "verdicts.html", person=person, **values)


@router.post("/verdicts/{cohort_id}/variances")
async def audit_now(cohort_id: UUID, person: Coordinator, transaction: Transaction) -> Response:
    """Holds the variances against all ratings so far, and shows the cohort again."""
    await doubting.audit_now(cohort_id, person, transaction)
    return RedirectResponse(f"/feedback/verdicts?cohort_id={cohort_id}", 303)


async def _reach(cohort_id: UUID, person: Person, transaction: Transaction) -> dict[str, Any] | None:
    """What can be found; nothing to say while the plan or the programme of a new cohort has not arrived."""
    with suppress(CohortUnknown):
        return await reaching.read_reach(cohort_id, person, transaction)
    return None


async def cohorts_of(transaction: Transaction, person: Person) -> list[Cohort]:
    """Those whose figures the person may see, the newest first."""
    wanted = select(Cohort).order_by(col(Cohort.first_monday).desc())
    enterprise = only_of(person)
    if enterprise:
        wanted = wanted.where(col(Cohort.cohort_id).in_(reading._cohorts_with(enterprise)))  # noqa: SLF001
    return list(await transaction.scalars(wanted))


@router.get("/effects")
async def effects_page(request: Request, person: Panels, transaction: Transaction) -> Response:
    """Whether it helped: each new version against the one before, with n and interval; promises, which both sides read; retention (staff)."""
    cohorts = {one.cohort_id: one for one in await cohorts_of(transaction, person)}
    effects = await telling.list_effects(person, transaction)
    promised = await indicators.list_promises(person, transaction)
    told = await indicators.read_indicators(person, transaction) if only_of(person) is None else None
    trend = await trending.read_trend(person, transaction)
    values: dict[str, Any] = {
        "cohorts": cohorts, "effects": effects, "promises": promised, "told": told, "trend": trend,
    }  # fmt: skip
    return render(request, "effects.html", person=person, **values)
