"""What placement does when something happens elsewhere. Start reading here.

Every fact is kept, and the cohorts that it may concern are looked at again by one job each: `reconsidering.py`.
"""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.placement.model import (
    Cohort,
    Member,
    Mentor,
    Offer,
    Plan,
    Programme,
    Shutdown,
)
from services.placement.reconsidering import ask, look_again_when_a_proof_ends, reconsider_cohort
from services.placement.staff import Crew, Secondment, Staff, Teacher
from shared.errors import NotYetKnown
from shared.events.curriculum import PlanInForce, PlanPublished, SecondmentPlanned, TeacherAssigned
from shared.events.enterprise import (
    MentorLeft,
    MentorNamed,
    ReleaseLimited,
    ShutdownPlanned,
    StaffCounted,
    StationsOffered,
)
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, TraineeWithdrew
from shared.messaging import Listener, known

on = Listener("placement")
on.job(reconsider_cohort)
on.due(look_again_when_a_proof_ends)


@on(ProgrammeOpened, order="snapshot")
async def keep_programme(opened: ProgrammeOpened, session: AsyncSession) -> None:
    await session.merge(Programme.from_event(opened))
    await ask(session, col(Cohort.programme_id) == opened.programme_id)


@on(CohortEnrolled, order="snapshot")
async def keep_cohort(enrolled: CohortEnrolled, session: AsyncSession) -> None:
    cohort = await session.get(Cohort, enrolled.cohort_id, with_for_update=True)
    if cohort is None:
        session.add(Cohort.from_event(enrolled))
    else:
        cohort.apply(enrolled)
    await _keep_members(enrolled, session)
    await session.flush()
    await known(session, "cohort", enrolled.cohort_id)
    await ask(session, col(Cohort.cohort_id) == enrolled.cohort_id)


async def _keep_members(enrolled: CohortEnrolled, session: AsyncSession) -> None:
    current = select(Member).where(col(Member.cohort_id) == enrolled.cohort_id)
    withdrew = {member.trainee_id: member.withdrew_on for member in await session.scalars(current)}
    here = [trainee.trainee_id for trainee in enrolled.trainees]
    gone = delete(Member).where(
        col(Member.cohort_id) == enrolled.cohort_id, col(Member.trainee_id).not_in(here)
    )
    await session.execute(gone)
    for trainee in enrolled.trainees:
        member = Member.from_event(enrolled.cohort_id, trainee)
        member.withdrew_on = withdrew.get(trainee.trainee_id)
        await session.merge(member)


@on(TraineeWithdrew, order="commutes")
async def free_seat_of_withdrawn_trainee(withdrew: TraineeWithdrew, session: AsyncSession) -> None:
    member = await session.get(Member, (withdrew.cohort_id, withdrew.trainee_id), with_for_update=True)
    if member is None:
        raise NotYetKnown("cohort", withdrew.cohort_id)
    member.apply(withdrew)
    await ask(session, col(Cohort.cohort_id) == withdrew.cohort_id)


@on(PlanPublished, order="commutes")
async def keep_plan(published: PlanPublished, session: AsyncSession) -> None:
    await session.merge(Plan.from_event(published))
    await ask(session, col(Cohort.plan_id) == published.plan_id)


@on(PlanInForce, order="in_order")
async def plan_cohort_for_plan_in_force(in_force: PlanInForce, session: AsyncSession) -> None:
    cohort = await session.get(Cohort, in_force.cohort_id, with_for_update=True)
    if cohort is None:
        raise NotYetKnown("cohort", in_force.cohort_id)
    cohort.apply(in_force)
    await session.flush()
    await ask(session, col(Cohort.cohort_id) == in_force.cohort_id)


@on(StationsOffered, order="in_order")
async def keep_stations(offered: StationsOffered, session: AsyncSession) -> None:
    await session.merge(Offer.from_event(offered))
    await ask(session)


@on(MentorNamed, order="in_order")
async def keep_mentor(named: MentorNamed, session: AsyncSession) -> None:
    mentor = await session.get(Mentor, named.mentor_id, with_for_update=True)
    if mentor is None:
        session.add(Mentor.from_event(named))
    else:
        mentor.apply(named)
    await known(session, "mentor", named.mentor_id)
    await ask(session)


@on(MentorLeft, order="in_order")
async def replace_mentor_who_left(left: MentorLeft, session: AsyncSession) -> None:
    mentor = await session.get(Mentor, left.mentor_id, with_for_update=True)
    if mentor is None:
        raise NotYetKnown("mentor", left.mentor_id)
    mentor.apply(left)
    await ask(session)


@on(ShutdownPlanned, order="commutes")
async def move_stints_for_shutdown(planned: ShutdownPlanned, session: AsyncSession) -> None:
    await session.merge(Shutdown.from_event(planned))
    await ask(session)


@on(ReleaseLimited, order="snapshot")
async def keep_crew(limited: ReleaseLimited, session: AsyncSession) -> None:
    await session.merge(Crew.from_event(limited))
    await ask(session)


@on(StaffCounted, order="snapshot")
async def keep_staff_numbers(counted: StaffCounted, session: AsyncSession) -> None:
    await session.merge(Staff.from_event(counted))
    await ask(session)


@on(TeacherAssigned, order="snapshot")
async def keep_teacher(assigned: TeacherAssigned, session: AsyncSession) -> None:
    await session.merge(Teacher.from_event(assigned))


@on(SecondmentPlanned, order="snapshot")
async def keep_secondment(planned: SecondmentPlanned, session: AsyncSession) -> None:
    before = await session.get(Secondment, planned.secondment_id, with_for_update=True)
    secondment = Secondment.from_event(planned)
    secondment.sequence = before.sequence + 1 if before else 0
    await session.merge(secondment)
