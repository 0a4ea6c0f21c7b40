"""Questions that placement asks its own tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.placement.floor import Floor
from services.placement.groups import groups_of
from services.placement.known import Known
from services.placement.model import (
    Cohort,
    Member,
    Mentor,
    Offer,
    Plan,
    Programme,
    Shutdown,
    StintRow,
    Timetable,
)
from services.placement.papers import Duty, Holiday, Proof
from services.placement.rule_packs import binds, pack_of
from services.placement.staff import Crew, Staff
from shared.events.curriculum import PlanPublished
from shared.messaging import today
from shared.programmes.grammar import Template


async def floor(session: AsyncSession) -> Floor:
    """The whole shop floor of all enterprises."""
    offers = (await session.scalars(select(Offer))).all()
    mentors = (await session.scalars(select(Mentor))).all()
    shutdowns = (await session.scalars(select(Shutdown))).all()
    duties = (await session.scalars(select(Duty))).all()
    crews = (await session.scalars(select(Crew))).all()
    staff = (await session.scalars(select(Staff))).all()
    return Floor(offers, mentors, shutdowns, duties, crews, staff)


async def everything_about(session: AsyncSession, cohort: Cohort) -> Known:
    """What the decision about a cohort's timetable rests on."""
    members = (await session.scalars(select(Member).where(col(Member.cohort_id) == cohort.cohort_id))).all()
    stints = await stints_where(session, col(StintRow.cohort_id) == cohort.cohort_id)
    stations = await floor(session)
    plan = await _plan(session, cohort)
    template = await _template(session, cohort.programme_id)
    others = await stints_where(session, col(StintRow.cohort_id) != cohort.cohort_id)
    packs = await _packs(session)
    known = Known(
        cohort=cohort,
        template=template,
        plan=plan,
        plan_template=await _template(session, plan.programme_id) if plan else None,
        members=list(members),
        floor=stations,
        stints=stints,
        others=others,
        packs=packs,
        elsewhere=await _elsewhere(session, cohort, {*_people(members), *_crew_mates(members, stations)}),
        proofs=await proofs_of(session, cohort.cohort_id),
        holidays=await holidays(session, cohort.college_id),
        today=await today(session),
        plans=await _plans(session, cohort),
        last=await session.get(Timetable, (cohort.cohort_id, cohort.timetable_version)),
        bound=await _bound(session, {cohort.cohort_id, *(row.cohort_id for row in others)}, packs),
    )
    stations.most_hours = known.pack.refuses_above("hours_per_day")
    return known


async def _template(session: AsyncSession, programme_id: UUID) -> Template | None:
    programme = await session.get(Programme, programme_id)
    return Template.model_validate(programme.content["template"]) if programme else None


async def _packs(session: AsyncSession) -> dict[UUID, str]:
    """The rule pack of each cohort."""
    template = col(Programme.content)["template"]["rule_pack"].astext
    wanted = select(col(Cohort.cohort_id), template).join(
        Programme, col(Programme.programme_id) == col(Cohort.programme_id)
    )
    return {cohort_id: pack or "none" for cohort_id, pack in await session.execute(wanted)}


async def _bound(
    session: AsyncSession, cohorts: set[UUID], packs: Mapping[UUID, str]
) -> dict[tuple[UUID, str], int]:
    """How many of each group the rules of its cohort's pack are about, where these are not about everybody."""
    day, found = await today(session), {}
    wanted = {cohort_id for cohort_id in cohorts if pack_of(packs.get(cohort_id, "none")).of}
    for cohort in await session.scalars(select(Cohort).where(col(Cohort.cohort_id).in_(wanted))):
        template = await _template(session, cohort.programme_id)
        members = (
            await session.scalars(select(Member).where(col(Member.cohort_id) == cohort.cohort_id))
        ).all()
        bound = {one.trainee_id for one in members if binds(pack_of(packs[cohort.cohort_id]).of, one.status)}
        for group in groups_of(members, template.group_size if template else 1, day):
            found[cohort.cohort_id, group.group] = len(bound.intersection(group.trainee_ids))
    return found


async def _plan(session: AsyncSession, cohort: Cohort) -> PlanPublished | None:
    if cohort.plan_id is None:
        return None
    plan = await session.get(Plan, (cohort.plan_id, cohort.plan_version))
    return PlanPublished.model_validate(plan.content) if plan else None


async def _plans(session: AsyncSession, cohort: Cohort) -> dict[tuple[UUID, int], PlanPublished]:
    """Each version that was in force for it, as far as it has arrived."""
    names = [(UUID(one["plan_id"]), one["plan_version"]) for one in cohort.versions]
    wanted = select(Plan).where(tuple_(col(Plan.plan_id), col(Plan.plan_version)).in_(names))
    found = (await session.scalars(wanted)).all()
    return {(one.plan_id, one.plan_version): PlanPublished.model_validate(one.content) for one in found}


async def stints_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[StintRow]:
    """Stints that stand, in the order of their weeks."""
    wanted = select(StintRow).where(col(StintRow.cancelled).is_(False), *conditions)
    return list((await session.scalars(wanted.order_by(col(StintRow.monday), col(StintRow.stint_id)))).all())


def _people(members: Iterable[Member]) -> set[UUID]:
    return {member.trainee_id for member in members}


def _crew_mates(members: Iterable[Member], stations: Floor) -> set[UUID]:
    """Who works in the crews of these members, in whatever cohort they learn."""
    mine = set(map(str, _people(members)))
    crews = [crew for crew in stations.crews.values() if mine.intersection(crew.learners)]
    return {UUID(learner) for crew in crews for learner in crew.learners}


async def _elsewhere(session: AsyncSession, cohort: Cohort, mine: set[UUID]) -> dict[UUID, set[date]]:
    """Mondays on which these trainees have a stint with another cohort."""
    others = select(col(Member.cohort_id)).where(
        col(Member.cohort_id) != cohort.cohort_id,
        col(Member.trainee_id).in_(mine),
        col(Member.withdrew_on).is_(None),
    )
    found: dict[UUID, set[date]] = defaultdict(set)
    for other in (await session.scalars(select(Cohort).where(col(Cohort.cohort_id).in_(others)))).all():
        published = await session.get(Timetable, (other.cohort_id, other.timetable_version))
        groups = {one["group"]: one["trainee_ids"] for one in published.groups} if published else {}
        for stint in await stints_where(session, col(StintRow.cohort_id) == other.cohort_id):
            for trainee in groups.get(stint.group, ()):
                found[UUID(trainee)].add(stint.monday)
    return dict(found)


async def proofs_of(session: AsyncSession, cohort_id: UUID) -> list[Proof]:
    """Proofs of all trainees of a cohort."""
    mine = select(col(Member.trainee_id)).where(col(Member.cohort_id) == cohort_id)
    return list((await session.scalars(select(Proof).where(col(Proof.trainee_id).in_(mine)))).all())


async def holidays(session: AsyncSession, college_id: UUID) -> frozenset[date]:
    """Mondays of the weeks without teaching."""
    return frozenset(
        await session.scalars(select(col(Holiday.monday)).where(col(Holiday.college_id) == college_id))
    )


async def cohort_of(session: AsyncSession, cohort_id: UUID, *, lock: bool = False) -> Cohort | None:
    """A cohort; locked where it is about to change."""
    wanted = select(Cohort).where(col(Cohort.cohort_id) == cohort_id)
    return await session.scalar(wanted.with_for_update() if lock else wanted)
