"""Ratings on their way into the table: checked, completed with what can be derived, inserted in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import sets, tallying
from services.feedback.copies import Cohort, InForce, Member, Mentor, PlanVersion
from services.feedback.model import Comment, Rating
from services.feedback.refusals import RatingOfAnother
from services.feedback.running import Running
from services.feedback.tallying import Key
from shared.calendar import week_of
from shared.errors import NotYetKnown, for_each
from shared.events.enterprise import TraineeRated

OF_COMMENT = ("rating_id", "enterprise_id", "cohort_id", "competency", "observed_on")


class Belongs(NamedTuple):
    """A cohort that a trainee belongs to; a batch asks of each of its trainees, and no more than this."""

    cohort_id: UUID
    programme_id: UUID
    first_monday: date


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What ratings are derived from: classes by trainee, versions by cohort (oldest first), enterprise by mentor."""

    cohorts: Mapping[UUID, Sequence[Belongs]]
    versions: Mapping[UUID, Sequence[InForce]]
    enterprise: Mapping[UUID, UUID]
    plans: Collection[tuple[UUID, int]]


class Kept(NamedTuple):
    """The ratings that are new, whose cohorts' programmes are locked now, and the statistics that grew."""

    new: set[UUID]
    cohorts: set[UUID]
    grown: Mapping[Key, Running]


async def record(session: AsyncSession, ratings: Sequence[TraineeRated]) -> Kept:
    """Keep those that are new; `Declined` names those that wait or are refused, before anything is written."""
    around = await surroundings(
        session, {rating.trainee_id for rating in ratings}, {rating.mentor_id for rating in ratings}
    )
    words = {rating.rating_id: rating.comment for rating in ratings if rating.comment}
    return await keep(session, for_each(ratings, lambda rating: derive(rating, around)), words)


async def record_one(session: AsyncSession, rating: TraineeRated, steps: list[bool] | None) -> bool:
    """Keep one with its task steps; returns whether it is new. NotYetKnown and Refused come before anything is written."""
    around = await surroundings(session, {rating.trainee_id}, {rating.mentor_id})
    words = {rating.rating_id: rating.comment} if rating.comment else {}
    return bool((await keep(session, [{**derive(rating, around), "steps": steps}], words)).new)


async def keep(session: AsyncSession, rows: Sequence[dict[str, Any]], words: Mapping[UUID, str]) -> Kept:
    """Insert and count the rows that are new, with what was written beside them."""
    once = sorted({row["rating_id"]: row for row in rows}.values(), key=lambda row: str(row["rating_id"]))
    if not once:
        return Kept(set(), set(), {})
    names = list(once[0])
    insertion = insert(Rating).from_select(names, sets.laid_out(Rating, once))
    new = set(await session.scalars(insertion.on_conflict_do_nothing().returning(col(Rating.rating_id))))
    cohorts = {row["cohort_id"] for row in once}
    await tallying.lock(session, cohorts)
    grown = await tallying.add(session, [row for row in once if row["rating_id"] in new])
    beside = [
        {**{name: row[name] for name in OF_COMMENT}, "words": words[rating_id]}
        for row in once
        if (rating_id := row["rating_id"]) in new & words.keys()
    ]
    if beside:
        await session.execute(insert(Comment), beside)
    return Kept(new, cohorts, grown)


async def surroundings(
    session: AsyncSession, trainees: Collection[UUID], mentors: Collection[UUID]
) -> Surroundings:
    """Four reads for any number of ratings."""
    belongs = (
        select(Member.trainee_id, Cohort.cohort_id, Cohort.programme_id, col(Cohort.first_monday))
        .join(Cohort, col(Cohort.cohort_id) == Member.cohort_id)
        .where(sets.among(Member.trainee_id, trainees))
        .order_by(col(Cohort.first_monday))
    )
    cohorts: dict[UUID, list[Belongs]] = {}
    for trainee, cohort, programme, monday in (await session.execute(belongs)).all():
        cohorts.setdefault(trainee, []).append(Belongs(cohort, programme, monday))
    ids = {cohort.cohort_id for found in cohorts.values() for cohort in found}
    versions: dict[UUID, list[InForce]] = {}
    forces = select(InForce).where(sets.among(InForce.cohort_id, ids)).order_by(col(InForce.effective_from))
    for force in await session.scalars(forces):
        versions.setdefault(force.cohort_id, []).append(force)
    named = select(Mentor.mentor_id, Mentor.enterprise_id).where(sets.among(Mentor.mentor_id, mentors))
    ours = {force.plan_id for forces in versions.values() for force in forces}
    plans = select(PlanVersion.plan_id, PlanVersion.plan_version).where(sets.among(PlanVersion.plan_id, ours))
    there = {(plan_id, version) for plan_id, version in (await session.execute(plans)).all()}
    return Surroundings(cohorts, versions, dict((await session.execute(named)).all()), there)


def derive(rating: TraineeRated, around: Surroundings) -> dict[str, Any]:
    """The row of a rating. A day before the first counts for the first: of cohorts as of versions."""
    if rating.trainee_id not in around.cohorts:
        raise NotYetKnown("trainee", rating.trainee_id)
    if rating.mentor_id not in around.enterprise:
        raise NotYetKnown("mentor", rating.mentor_id)
    if around.enterprise[rating.mentor_id] != rating.enterprise_id:
        raise RatingOfAnother(field="mentor_id")
    cohort = cohort_on(around.cohorts[rating.trainee_id], rating.observed_on)
    if cohort.cohort_id not in around.versions:
        raise NotYetKnown("plan_in_force", cohort.cohort_id)
    versions = around.versions[cohort.cohort_id]
    begun = [version for version in versions if version.begins(rating.trainee_id) <= rating.observed_on]
    force = begun[-1] if begun else versions[0]
    if (force.plan_id, force.plan_version) not in around.plans:
        raise NotYetKnown("plan_version", f"{force.plan_id}/{force.plan_version}")
    return {
        **rating.model_dump(exclude={"comment"}),
        "cohort_id": cohort.cohort_id,
        "plan_id": force.plan_id,
        "plan_version": force.plan_version,
        "week": week_of(cohort.first_monday, rating.observed_on),
    }


def cohort_on(cohorts: Sequence[Belongs], day: date) -> Belongs:
    """The newest cohort that had begun by then; cohorts are given oldest first."""
    begun = [cohort for cohort in cohorts if cohort.first_monday <= day]
    return begun[-1] if begun else cohorts[0]
