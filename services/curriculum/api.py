"""What people and programs can ask of plans, frameworks and positions over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlmodel import col, select

from services.curriculum import (
    graduating,
    onet,
    parties,
    planning,
    platforms,
    publishing,
    queries,
    seating,
    teaching,
    views,
    voting,
)
from services.curriculum.model import Framework, Plan, PlanVersion, Position, Programme
from services.curriculum.refusals import (
    FrameworkBroken,
    FrameworkUnknown,
    PlanAlreadyPublished,
    PositionUnknown,
)
from services.curriculum.voting import Asked, Coordinator
from shared.errors import Forbidden
from shared.events.base import Requirement, Text
from shared.events.curriculum import (
    Competency,
    DueRequirement,
    FrameworkPublished,
    PlanModule,
    PlanPhase,
    PlanPublished,
)
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1", tags=["plans"])
routers = [router, voting.router, seating.router, teaching.router, platforms.router, graduating.router]
LARGEST_TABLE = 20_000_000


class NewFramework(Asked):
    """Competencies, exchanged as JSON."""

    framework_id: UUID = Field(default_factory=uuid7)
    title: Text = Text(zh="能力框架", en="Framework of competencies")
    competencies: list[Competency] = Field(min_length=1, max_length=5000)


class NewPlan(Asked):
    """The first version of a plan. What is left out comes from the programme's template and positions."""

    plan_id: UUID = Field(default_factory=uuid7)
    title: Text | None = None
    modules: list[PlanModule] = Field(min_length=1, max_length=400)
    phases: list[PlanPhase] | None = None
    requirements: list[DueRequirement] | None = None


async def _publish_framework(transaction: Transaction, new: NewFramework) -> FrameworkPublished:
    codes = [one.code for one in new.competencies]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise FrameworkBroken(f"stands there twice: {', '.join(twice)}", field="competencies")
    versions = select(Framework).where(Framework.framework_id == new.framework_id).with_for_update()
    had = len((await transaction.scalars(versions)).all())
    published = FrameworkPublished(
        framework_id=new.framework_id, framework_version=had + 1, competencies=new.competencies
    )
    said = published.model_dump(mode="json") | {"framework_id": new.framework_id}
    transaction.add(Framework(**said, title=new.title.model_dump(), published_on=await today(transaction)))
    emit(transaction, published)
    return published


@router.post("/frameworks", status_code=201)
async def publish_framework(
    new: NewFramework, _person: Coordinator, transaction: Transaction
) -> FrameworkPublished:
    return await _publish_framework(transaction, new)


@router.post("/frameworks/onet", status_code=201)
async def import_onet(
    request: Request,
    _person: Coordinator,
    transaction: Transaction,
    soc: Annotated[str, Query(pattern=r"^\d\d-\d{4}(\.\d\d)?$")],
    framework_id: UUID | None = None,
) -> dict[str, FrameworkPublished | list[Requirement]]:
    body = await request.body()
    if len(body) > LARGEST_TABLE:
        raise FrameworkBroken("the table is larger than 20 MB")
    try:
        table = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FrameworkBroken("the table is not UTF-8 text") from None
    competencies, profile = onet.read(table, soc)
    title = Text(zh=f"O*NET {soc}", en=f"O*NET {soc}")
    new = NewFramework(framework_id=framework_id or uuid7(), title=title, competencies=competencies)
    return {"framework": await _publish_framework(transaction, new), "profile": profile}


@router.get("/frameworks")
async def list_frameworks(_person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    rows = await transaction.scalars(select(Framework).order_by(col(Framework.framework_id)))
    return [
        row.model_dump(exclude={"competencies"}) | {"competencies": len(row.competencies)} for row in rows
    ]


@router.get("/frameworks/{framework_id}")
async def read_framework(framework_id: UUID, _person: SignedIn, transaction: Transaction) -> Framework:
    wanted = select(Framework).where(Framework.framework_id == framework_id)
    found = await transaction.scalar(wanted.order_by(col(Framework.framework_version).desc()).limit(1))
    if found is None:
        raise FrameworkUnknown(str(framework_id))
    return found


@router.get("/positions")
async def list_positions(person: SignedIn, transaction: Transaction) -> list[Position]:
    rows = await transaction.scalars(select(Position).order_by(col(Position.position_id)))
    return [row for row in rows if person.enterprise_id in (None, row.enterprise_id)]


@router.get("/positions/{position_id}")
async def read_position(position_id: UUID, person: SignedIn, transaction: Transaction) -> Position:
    position = await transaction.get(Position, position_id)
    if position is None or person.enterprise_id not in (None, position.enterprise_id):
        raise PositionUnknown(str(position_id))
    return position


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
    published = planning.compose(
        plan_id=new.plan_id,
        plan_version=1,
        programme_id=programme_id,
        title=new.title or Text.model_validate(programme.title),
        phases=new.phases or planning.phases_of(template),
        modules=new.modules,
        requirements=new.requirements or await _required(transaction, programme),
        weeks_of_practice=template.evidence.weeks_of_practice,
    )
    title = published.title.model_dump()
    kept = published.model_dump(include={"plan_id", "programme_id", "content_hash"})
    transaction.add(Plan(**kept, title=title, latest_version=1))
    await transaction.flush()
    await publishing.keep_version(transaction, published, await today(transaction))
    emit(transaction, published)
    for cohort in await queries.cohorts_without_plan(transaction, programme_id):
        start = (1, cohort.first_monday)
        emit(transaction, publishing.put_in_force(transaction, cohort.cohort_id, new.plan_id, 1, start))
    return published


async def _required(transaction: Transaction, programme: Programme) -> list[DueRequirement]:
    profiles = {}
    for name in programme.position_ids:
        position = await transaction.get(Position, UUID(name))
        if position is None:
            raise PositionUnknown(name)
        profiles[position.position_id] = [Requirement.model_validate(one) for one in position.profile]
    return planning.requirements_of(profiles)


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
    return views.coverage_matrix(await queries.version_of(transaction, plan_id, version))


@router.get("/cohorts/{cohort_id}/plan")
async def read_plan_of_cohort(
    cohort_id: UUID, _person: SignedIn, transaction: Transaction
) -> list[views.Shown]:
    return [row.model_dump(exclude={"cohort_id"}) for row in await queries.in_force(transaction, cohort_id)]
