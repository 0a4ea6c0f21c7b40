"""Two screens of a plan: one version beside another, and its hours over semesters."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.curriculum import api, queries, semesters
from services.curriculum.planning import SETTINGS
from shared.service import Transaction
from shared.web.identity import SignedIn
from shared.web.page import render

router = APIRouter(prefix="/curriculum/plans", include_in_schema=False)
Version = Annotated[int, Query(ge=1)]


@router.get("/{plan_id}/diff")
async def difference_page(
    plan_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    start: Annotated[int, Query(alias="from", ge=1)],
    end: Annotated[int, Query(alias="to", ge=1)],
) -> Response:
    """What one version says otherwise than another: modules, hours, weeks, coverage, levels."""
    found = await api.read_difference(plan_id, person, transaction, start, end)
    after = await queries.version_of(transaction, plan_id, end)
    before = await queries.version_of(transaction, plan_id, start)
    return render(
        request,
        "plan_difference.html",
        person=person,
        plan=after,
        found=found,
        versions=await api.list_versions(plan_id, person, transaction),
        titles={one.module: one.title for one in (*before.modules, *after.modules)},
        phases={one.phase: one.title for one in (*before.phases, *after.phases)},
        settings=SETTINGS,
        names=await queries.competency_titles(transaction),
    )


@router.get("/{plan_id}/semesters")
async def semesters_page(
    plan_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    direction: Annotated[str, Query(max_length=64)] = "",
    weeks: Annotated[int, Query(ge=1, le=60)] = semesters.WEEKS,
) -> Response:
    """The hours of each semester as they lie, and the most even arrangement that prerequisites and phases allow."""
    found = await api.read_semesters(plan_id, person, transaction, direction or None, weeks)
    plan = await queries.version_of(transaction, plan_id)
    return render(
        request,
        "plan_semesters.html",
        person=person,
        plan=plan,
        found=found,
        modules={one.module: one for one in plan.modules},
        directions=sorted({one.direction for one in plan.modules if one.direction}),
        direction=direction,
        weeks=weeks,
    )
