"""The catalogue, the loop and the live stream over HTTP."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import catalogue, lanes, loop, queries, reading, tasks
from services.gateway.facts import Facts
from services.gateway.live import Live
from services.gateway.visiting import our_address
from services.gateway.vocabulary import PUBLIC, PUBLIC_NAMES
from shared.errors import NotFound
from shared.events.enterprise import PublicEvent
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn

router = APIRouter(tags=["overview"])
LATEST = 100
known = Facts()
BOUND = frozenset({Role.MENTOR, Role.PANEL_ENTERPRISE, Role.INTEGRATOR, Role.TRAINEE})


class NoSuchType(NotFound):
    """There is no public event of this name."""

    code = "E-GTW-TYPE"
    zh = "没有此名称的公开事件。"
    remedy = "Choose a name from /v1/catalogue."
    remedy_zh = "请从 /v1/catalogue 中选择。"


def type_named(name: str) -> type[PublicEvent]:
    """A public event by class name or by CloudEvents type."""
    found = PUBLIC_NAMES.get(name) or PUBLIC.get(name)
    if found is None:
        raise NoSuchType(name[:100], field="type")
    return found


@router.get("/v1/catalogue")
async def show_catalogue() -> dict[str, Any]:
    """Every public event type and every refusal; open to everyone."""
    return catalogue.catalogue()


@router.get("/v1/catalogue/{name}")
async def show_type(name: str, request: Request) -> dict[str, Any]:
    """One type with schema, example and snippets."""
    return catalogue.detail(type_named(name), our_address(request))


@router.get("/v1/loop")
async def show_loop(person: SignedIn, transaction: Transaction) -> dict[str, Any]:
    """Where every cohort's loop stands, and what waits for the reader."""
    return await overview(transaction, person)


async def overview(session: AsyncSession, person: Person) -> dict[str, Any]:
    """Plain values for the page and for JSON; an enterprise sees its own cohorts only."""
    day = await today(session)
    picture = loop.fold(await known.read(session))
    ratings = await queries.ratings_by_cohort(session)
    bound = person.enterprise_id if person.roles & BOUND else None
    seen = [
        cohort
        for cohort in picture.cohorts.values()
        if bound is None or any(trainee.enterprise_id == bound for trainee in cohort.trainees)
    ]
    latest = await queries.events_where(session, {}, None, await _sources(session, person), LATEST, None)
    return {
        "today": day,
        "kpi": {**loop.kpi(picture, day), "ratings": sum(ratings.get(each.cohort_id, 0) for each in seen)},
        "lanes": [lanes.lane(picture, each, ratings.get(each.cohort_id, 0), day) for each in seen],
        "tasks": tasks.tasks(
            picture, frozenset(person.roles), person.person_id, day, person.college_id, person.enterprise_id
        ),
        "latest": [reading.event(row, reading.Reader(None)) for row in latest],
    }


async def _sources(session: AsyncSession, person: Person) -> tuple[Any, ...] | None:
    if person.roles & BOUND and person.enterprise_id:
        return tuple(await queries.sources_of(session, person.enterprise_id))
    return None


@router.get("/live")
async def live(request: Request, _: SignedIn) -> StreamingResponse:
    """Server-sent events: what changed, never what it says."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(state.settings.database_url)
    return StreamingResponse(
        state.live.changes(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
