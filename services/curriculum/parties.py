"""Who belongs to a programme: its college, its enterprises, and staff of neither side."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries
from services.curriculum.model import Plan, Position, Programme, Revision
from services.curriculum.refusals import NotOfThisProgramme, PlanUnknown, PositionUnknown
from services.curriculum.seats import StationMentor
from shared.errors import Refused
from shared.web.identity import Person, Side


def sees(programme: Programme, person: Person) -> bool:
    """An enterprise sees only its own programmes, a college only its own; people bound to neither see all."""
    if person.side is Side.ENTERPRISE or (person.enterprise_id is not None and person.side is None):
        return str(person.enterprise_id) in programme.enterprise_ids
    return person.college_id is None or person.college_id == programme.college_id


async def programmes_without_plan(session: AsyncSession, person: Person) -> list[Programme]:
    """Those that this person sees and whose first plan is still to be published."""
    wanted = select(Programme).where(col(Programme.programme_id).not_in(select(col(Plan.programme_id))))
    return [one for one in await session.scalars(wanted) if sees(one, person)]


def side_of(person: Person) -> Side | None:
    """The side that the token names, or that its college or enterprise belongs to; never what is sent."""
    if person.side is None and person.enterprise_id is not None:
        return Side.ENTERPRISE
    return person.side or (Side.COLLEGE if person.college_id is not None else None)


def votes_in(programme: Programme, person: Person) -> bool:
    """A voter's college or enterprise must be named by the programme."""
    if side_of(person) is Side.ENTERPRISE:
        return person.enterprise_id is not None and str(person.enterprise_id) in programme.enterprise_ids
    return side_of(person) is Side.COLLEGE and person.college_id == programme.college_id


async def check(
    session: AsyncSession, plan: Plan, person: Person, refusal: type[Refused] = NotOfThisProgramme
) -> Programme:
    """The plan's programme; refused where the person is not of it."""
    programme = await queries.programme_of(session, plan.programme_id)
    if not sees(programme, person):
        raise refusal
    return programme


async def visible_plan(session: AsyncSession, plan_id: UUID, person: Person) -> Plan:
    """The plan; unknown where it is not the person's to see."""
    plan = await queries.plan_of(session, plan_id)
    await check(session, plan, person, PlanUnknown)
    return plan


async def revision_to_change(
    session: AsyncSession, revision_id: UUID, person: Person
) -> tuple[Revision, Plan, Programme]:
    """The revision, locked, with what it belongs to; refused where the person is not of its programme."""
    revision = await queries.revision_of(session, revision_id, lock=True)
    plan = await queries.plan_of(session, revision.plan_id)
    return revision, plan, await check(session, plan, person)


async def stations_of(session: AsyncSession, programme: Programme) -> set[UUID]:
    """Where the programme's enterprises have named a mentor."""
    of = col(StationMentor.enterprise_id).in_(map(UUID, programme.enterprise_ids))
    found = await session.scalars(select(StationMentor.station_id).where(of))
    return {station for station in found if station}


async def visible_position(session: AsyncSession, position_id: UUID, person: Person) -> Position:
    """The position; unknown where it is another enterprise's."""
    position = await session.get(Position, position_id)
    if position is None or person.enterprise_id not in {None, position.enterprise_id}:
        raise PositionUnknown(str(position_id))
    return position
