"""What curriculum does when something happens elsewhere. Start reading here."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import life, queries, signals
from services.curriculum.graduates import keep_learners, withdraw_learner
from services.curriculum.lapsing import on
from services.curriculum.model import Cohort, Position, Programme
from services.curriculum.publishing import first_plan_of
from services.curriculum.seats import Rota, StationMentor
from shared.events.curriculum import GapAnswered, PlanInForce, RevisionOpened, SecondmentReported
from shared.events.enterprise import MentorLeft, MentorNamed, PositionPublished, TechnologyChanged
from shared.events.feedback import EffectMeasured, GapConfirmed
from shared.events.placement import TimetableChanged, TimetablePublished
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, TraineeWithdrew
from shared.messaging import known, today

__all__ = ["on"]


@on(GapConfirmed, order="commutes")
async def open_revision_for_gap(
    gap: GapConfirmed, session: AsyncSession
) -> list[RevisionOpened | GapAnswered]:
    plan = await queries.plan_heard_of(session, gap.plan_id)
    return await life.take(session, plan, signals.signal_of_gap(gap))


@on(TechnologyChanged, order="commutes")
async def open_revision_for_changed_technology(
    changed: TechnologyChanged, session: AsyncSession
) -> list[RevisionOpened]:
    said: list[RevisionOpened] = []
    for plan in await queries.plans_of_enterprise(session, changed.enterprise_id):
        version = await queries.version_of(session, plan.plan_id)
        if signal := signals.signal_of_change(version, changed, changed.effective_from):
            said += [one for one in await life.take(session, plan, signal) if isinstance(one, RevisionOpened)]
    return said


@on(SecondmentReported, order="commutes")
async def open_revision_for_secondment_report(
    reported: SecondmentReported, session: AsyncSession
) -> list[RevisionOpened]:
    said: list[RevisionOpened] = []
    for plan in await queries.plans_seen_by(session, reported):
        version = await queries.version_of(session, plan.plan_id)
        if signal := signals.signal_of_change(version, reported, reported.reported_on):
            said += [one for one in await life.take(session, plan, signal) if isinstance(one, RevisionOpened)]
    return said


@on(EffectMeasured, order="commutes")
async def reopen_revision_for_worse_effect(
    measured: EffectMeasured, session: AsyncSession
) -> list[RevisionOpened]:
    plan = await queries.plan_heard_of(session, measured.plan_id)
    revision = await queries.revision_behind(session, measured.plan_id, measured.to_version)
    signal = signals.signal_of_worse_effect(measured, revision, await today(session)) if revision else None
    if not signal or not revision:
        return []
    said = await life.take(session, plan, signal, reopens=revision.revision_id)
    return [one for one in said if isinstance(one, RevisionOpened)]


@on(TimetablePublished, TimetableChanged, order="snapshot")
async def keep_rota(told: TimetablePublished | TimetableChanged, session: AsyncSession) -> None:
    rota = await session.get(Rota, told.cohort_id)
    if rota is None:
        rota = Rota(cohort_id=told.cohort_id, timetable_version=0, stints=[])
        session.add(rota)
    rota.apply(told)


@on(MentorNamed, MentorLeft, order="snapshot")
async def keep_mentor_at_station(told: MentorNamed | MentorLeft, session: AsyncSession) -> None:
    station = told.station_id if isinstance(told, MentorNamed) else None
    await session.merge(
        StationMentor(
            mentor_id=told.mentor_id,
            enterprise_id=told.enterprise_id,
            station_id=station,
            named_on=told.effective_from,
        )
    )


@on(CohortEnrolled, order="snapshot")
async def put_plan_in_force_for_cohort(enrolled: CohortEnrolled, session: AsyncSession) -> PlanInForce | None:
    cohort = await session.get(Cohort, enrolled.cohort_id)
    if cohort is None:
        cohort = Cohort(
            cohort_id=enrolled.cohort_id, programme_id=enrolled.programme_id, title={},
            first_monday=enrolled.first_monday, trainees=0,
        )  # fmt: skip
        session.add(cohort)
    cohort.apply(enrolled)
    await session.flush()
    await keep_learners(session, enrolled)
    return await first_plan_of(session, cohort, enrolled.formed_from)


@on(TraineeWithdrew, order="commutes")
async def note_withdrawal_of_learner(withdrew: TraineeWithdrew, session: AsyncSession) -> None:
    await withdraw_learner(session, withdrew)


@on(ProgrammeOpened, order="snapshot")
async def keep_programme(opened: ProgrammeOpened, session: AsyncSession) -> None:
    programme = await session.get(Programme, opened.programme_id)
    if programme is None:
        programme = Programme(
            programme_id=opened.programme_id, college_id=opened.college_id,
            enterprise_ids=[], position_ids=[], title={}, template={},
        )  # fmt: skip
        session.add(programme)
    programme.apply(opened)
    await known(session, "programme", opened.programme_id)


@on(PositionPublished, order="snapshot")
async def keep_position(published: PositionPublished, session: AsyncSession) -> None:
    position = await session.get(Position, published.position_id)
    if position is None:
        position = Position(
            position_id=published.position_id, enterprise_id=published.enterprise_id,
            title={}, profile=[], tasks=[], qualities=[],
        )  # fmt: skip
        session.add(position)
    position.apply(published)
