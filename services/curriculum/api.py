"""What people and programs can ask of plans, frameworks and positions over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlmodel import col, select

from services.curriculum import (
    assigning,
    exchanging,
    frameworks,
    graduating,
    introducing,
    issuing,
    occupations,
    parties,
    planning,
    platforms,
    profiling,
    publishing,
    qualifications,
    queries,
    reporting,
    seating,
    semesters,
    teaching,
    views,
    voting,
)
from services.curriculum.balancing import NoArrangement, balance
from services.curriculum.model import Plan, PlanVersion, Position, Programme
from services.curriculum.refusals import (
    PlanAlreadyPublished,
    PositionUnknown,
    RuleBroken,
)
from services.curriculum.rule_packs import pack_of
from services.curriculum.staleness import changed_since
from services.curriculum.voting import Asked, Coordinator
from shared.errors import Forbidden
from shared.events.base import Requirement, Text
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import DueRequirement, PlanModule, PlanPhase
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.spawned import run_spawned
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1", tags=["plans"])
routers = [
    router,
    exchanging.router,
    exchanging.served,
    occupations.router,
    frameworks.router,
    voting.router,
    introducing.router,
    seating.router,
    teaching.router,
    assigning.router,
    qualifications.router,
    platforms.router,
    graduating.router,
    issuing.router,
    reporting.router,
]


class NewPlan(Asked):
    """The first version of a plan. What is left out comes from the programme's template and positions."""

    plan_id: UUID = Field(default_factory=uuid7)
    title: Text | None = None
    modules: list[PlanModule] = Field(min_length=1, max_length=400)
    phases: list[PlanPhase] | None = None
    requirements: list[DueRequirement] | None = None


@router.get("/positions")
async def list_positions(person: SignedIn, transaction: Transaction) -> list[Position]:
    rows = await transaction.scalars(select(Position).order_by(col(Position.position_id)))
    return [row for row in rows if person.enterprise_id in (None, row.enterprise_id)]


@router.get("/positions/{position_id}")
async def read_position(position_id: UUID, person: SignedIn, transaction: Transaction) -> Position:
    return await parties.visible_position(transaction, position_id, person)


@router.get("/positions/{position_id}/profile")
async def read_profile(
    position_id: UUID, person: SignedIn, transaction: Transaction, plan_id: UUID | None = None
) -> list[views.Shown]:
    """What the position asks against the frameworks in force and, where one is named, the plan: new, higher, unknown."""
    position = await read_position(position_id, person, transaction)
    known = await queries.competency_titles(transaction)
    plan = None
    if plan_id:
        await parties.visible_plan(transaction, plan_id, person)
        plan = await queries.version_of(transaction, plan_id)
    asked = [Requirement.model_validate(one) for one in position.profile]
    found = profiling.profile(asked, known, plan.requirements if plan else (), plan.coverage if plan else ())
    return [vars(one) | {"verdict": one.verdict, "title": known.get(one.competency)} for one in found]


@router.post("/programmes/{programme_id}/plans", status_code=201)
async def publish_plan(
    programme_id: UUID, new: NewPlan, person: Coordinator, transaction: Transaction
) -> PlanPublished:
    programme = await queries.programme_of(transaction, programme_id)
    if not parties.sees(programme, person):
        raise Forbidden
    if await transaction.get(Plan, new.plan_id):
        raise PlanAlreadyPublished(str(new.plan_id))
    template = Template.model_validate(programme.template)
    planning.check_origin(new.requirements or ())
    published = planning.compose(
        plan_id=new.plan_id,
        plan_version=1,
        programme_id=programme_id,
        title=new.title or Text.model_validate(programme.title),
        phases=new.phases or planning.phases_of(template),
        modules=new.modules,
        requirements=new.requirements or await required(transaction, programme),
        weeks_of_practice=template.evidence.weeks_of_practice,
    )
    for rule, has in pack_of(template.plan_rules).broken(published.modules, published.phases):
        raise RuleBroken(f"{rule.words.en} / {rule.words.zh}: {has} ({rule.source})", field="modules")
    title = published.title.model_dump()
    kept = published.model_dump(include={"plan_id", "programme_id", "content_hash"})
    transaction.add(Plan(**kept, title=title, latest_version=1))
    await transaction.flush()
    await publishing.keep_version(transaction, published, await today(transaction))
    emit(transaction, published)
    await queries.alone_with(transaction, programme_id)
    for cohort in await queries.cohorts_without_plan(transaction, programme_id):
        start = (1, cohort.first_monday)
        emit(transaction, publishing.put_in_force(transaction, cohort.cohort_id, new.plan_id, 1, start))
    return published


async def required(transaction: Transaction, programme: Programme) -> list[DueRequirement]:
    """What the positions of a programme ask for; raises PositionUnknown where one has not arrived."""
    positions = []
    for name in programme.position_ids:
        position = await transaction.get(Position, UUID(name))
        if position is None:
            raise PositionUnknown(name)
        positions.append(position)
    return planning.requirements_of(positions)


@router.get("/plans")
async def list_plans(
    person: SignedIn, transaction: Transaction, programme_id: UUID | None = None
) -> list[Plan]:
    wanted = select(Plan).order_by(col(Plan.plan_id))
    wanted = wanted.where(Plan.programme_id == programme_id) if programme_id else wanted
    rows = (await transaction.scalars(wanted)).all()
    return [
        row for row in rows if parties.sees(await queries.programme_of(transaction, row.programme_id), person)
    ]


@router.get("/plans/{plan_id}")
async def read_plan(plan_id: UUID, person: SignedIn, transaction: Transaction) -> PlanPublished:
    await parties.visible_plan(transaction, plan_id, person)
    return await queries.version_of(transaction, plan_id)


@router.get("/plans/{plan_id}/versions")
async def list_versions(plan_id: UUID, person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    await parties.visible_plan(transaction, plan_id, person)
    wanted = select(PlanVersion).where(PlanVersion.plan_id == plan_id).order_by(col(PlanVersion.plan_version))
    return [row.model_dump(exclude={"body"}) for row in await transaction.scalars(wanted)]


@router.get("/plans/{plan_id}/versions/{version}")
async def read_version(
    plan_id: UUID, version: int, person: SignedIn, transaction: Transaction
) -> PlanPublished:
    await parties.visible_plan(transaction, plan_id, person)
    return await queries.version_of(transaction, plan_id, version)


@router.get("/plans/{plan_id}/diff")
async def read_difference(
    plan_id: UUID,
    person: SignedIn,
    transaction: Transaction,
    start: Annotated[int, Query(alias="from", ge=1)],
    end: Annotated[int, Query(alias="to", ge=1)],
) -> views.Shown:
    await parties.visible_plan(transaction, plan_id, person)
    before = await queries.version_of(transaction, plan_id, start)
    return views.difference(before, await queries.version_of(transaction, plan_id, end))


@router.get("/plans/{plan_id}/coverage")
async def read_coverage(
    plan_id: UUID,
    person: SignedIn,
    transaction: Transaction,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> views.Shown:
    await parties.visible_plan(transaction, plan_id, person)
    since = changed_since(await queries.unanswered(transaction, plan_id))
    return views.coverage_matrix(await queries.version_of(transaction, plan_id, version), since)


@router.get("/plans/{plan_id}/semesters")
async def read_semesters(
    plan_id: UUID,
    person: SignedIn,
    transaction: Transaction,
    direction: str | None = None,
    weeks: Annotated[int, Query(ge=1, le=60)] = semesters.WEEKS,
) -> views.Shown:
    """Hours of each semester as they lie, and the arrangement with the lightest heaviest semester, with its proof."""
    await parties.visible_plan(transaction, plan_id, person)
    plan = await queries.version_of(transaction, plan_id)
    now = semesters.loads(plan, direction, weeks)
    try:
        found = await run_spawned(balance, semesters.as_balance(plan, direction, weeks), 5.0)
    except NoArrangement:
        return {"loads": now, "spread": max(now) - min(now), "balanced": None}
    return {
        "loads": now,
        "spread": max(now) - min(now),
        "balanced": found.model_dump() | {"proven": found.proven},
    }


@router.get("/plans/{plan_id}/stale")
async def read_stale(plan_id: UUID, person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    """Which modules, teachers and mentors a changed plant has left behind."""
    plan = await parties.visible_plan(transaction, plan_id, person)
    return await views.stale_shown(transaction, plan, person.enterprise_id)


@router.get("/cohorts/{cohort_id}/plan")
async def read_plan_of_cohort(
    cohort_id: UUID, _person: SignedIn, transaction: Transaction
) -> list[views.Shown]:
    forces = await queries.in_force(transaction, cohort_id)
    return [{**one.model_dump(exclude={"cohort_id", "later"}), "later": len(one.later)} for one in forces]
