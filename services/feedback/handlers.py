"""What feedback does when something happens elsewhere. Start reading here.

A batch of ratings decides at once (`deciding.py`); the monthly look that puts verdicts on record is a timer, in `looks.py`.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.feedback import arriving, copying, deciding, promises, rules, tallying
from services.feedback.copies import Cohort
from services.feedback.inviting import ask_for_vignettes
from services.feedback.looks import check_promise_when_due, look_at_ratings_of_month, on
from services.feedback.model import Gap, PromiseState
from shared.errors import NotYetKnown
from shared.events.curriculum import (
    FrameworkPublished,
    GapAnswered,
    PlanInForce,
    PlanPublished,
    TeacherQualified,
)
from shared.events.enterprise import (
    AgreementSigned,
    AttendanceRecorded,
    EmployeeHired,
    EmployeeLeft,
    EmployeePromoted,
    MentorLeft,
    MentorNamed,
    PromiseKept,
    SafetyIncidentReported,
    StationsOffered,
    TraineeRated,
)
from shared.events.feedback import GapConfirmed, PromiseChecked
from shared.events.placement import TimetableChanged, TimetablePublished
from shared.events.recruitment import CohortEnrolled, IntakeClosed, ProgrammeOpened, TraineeWithdrew
from shared.messaging import Timer, known, today

__all__ = ["on"]


@on.batch(TraineeRated, order="commutes")
async def record_ratings(ratings: list[TraineeRated], session: AsyncSession) -> list[GapConfirmed]:
    """Set-based: kept once, added to the running statistics, and what they prove now is said."""
    kept = await arriving.record(session, ratings)
    return await deciding.after(session, kept.cohorts, kept.grown)


@on(GapAnswered, order="snapshot")
async def note_answer_to_gap(answered: GapAnswered, session: AsyncSession) -> None:
    gap = await session.get(Gap, answered.gap_id, with_for_update=True)
    if gap and gap.state != "closed":
        gap.apply(answered)
        await session.flush()
        await tallying.begin_again(session, gap)


@on(ProgrammeOpened, order="snapshot")
async def keep_programme_with_its_thresholds(opened: ProgrammeOpened, session: AsyncSession) -> None:
    await copying.programme(session, opened)
    await known(session, "programme", opened.programme_id)


@on(CohortEnrolled, order="snapshot")
async def keep_cohort_and_plan_its_looks(
    enrolled: CohortEnrolled, session: AsyncSession
) -> list[PromiseChecked]:
    if await session.get(Cohort, enrolled.cohort_id) is None:
        first = rules.first_of_next_month(enrolled.first_monday)
        session.add(Timer.at(first, look_at_ratings_of_month, enrolled.cohort_id, first))
        session.add(Timer.at(enrolled.first_monday, ask_for_vignettes, enrolled.cohort_id))
    await copying.cohort(session, enrolled)
    await session.flush()
    await tallying.assumption(session, enrolled.cohort_id, await today(session))
    for trainee in enrolled.trainees:
        await known(session, "trainee", trainee.trainee_id)
    day, said = await today(session), []
    for enterprise_id in sorted({trainee.enterprise_id for trainee in enrolled.trainees}):
        said += await promises.check_those_of(session, enterprise_id, {"seats", "mentor_ratio"}, day)
    return said


@on(TraineeWithdrew, order="commutes")
async def note_withdrawal_of_trainee(withdrew: TraineeWithdrew, session: AsyncSession) -> None:
    await copying.withdrawal(session, withdrew)


@on(FrameworkPublished, order="snapshot")
async def keep_names_of_competencies(published: FrameworkPublished, session: AsyncSession) -> None:
    await copying.competencies(session, published)


@on(PlanPublished, order="commutes")
async def keep_plan_version(published: PlanPublished, session: AsyncSession) -> None:
    """A version never changes, so an older one that comes late is kept beside a newer one."""
    await copying.plan_version(session, published)
    await known(session, "plan_version", f"{published.plan_id}/{published.plan_version}")


@on(PlanInForce, order="commutes")
async def keep_plan_in_force(force: PlanInForce, session: AsyncSession) -> None:
    await copying.in_force(session, force)
    await known(session, "plan_in_force", force.cohort_id)


@on(MentorNamed, MentorLeft, order="in_order")
async def keep_mentor(fact: MentorNamed | MentorLeft, session: AsyncSession) -> list[PromiseChecked]:
    await copying.mentor(session, fact)
    await known(session, "mentor", fact.mentor_id)
    return await promises.check_those_of(session, fact.enterprise_id, {"mentor_ratio"}, await today(session))


@on(StationsOffered, order="snapshot")
async def keep_stations(offered: StationsOffered, session: AsyncSession) -> list[PromiseChecked]:
    await copying.stations(session, offered)
    await session.flush()
    return await promises.check_those_of(
        session, offered.enterprise_id, {"stations_per_week"}, await today(session)
    )


@on(TimetablePublished, TimetableChanged, order="snapshot")
async def keep_timetable(timetable: TimetablePublished | TimetableChanged, session: AsyncSession) -> None:
    await copying.timetable(session, timetable)


@on(AgreementSigned, order="snapshot")
async def watch_promises_of_agreement(signed: AgreementSigned, session: AsyncSession) -> None:
    for promise in signed.promises:
        new = await session.get(PromiseState, promise.promise_id) is None
        await copying.promise(session, signed, promise)
        if new:
            session.add(
                Timer.at(promise.due_on + timedelta(days=1), check_promise_when_due, promise.promise_id)
            )
        await known(session, "promise", promise.promise_id)


@on(PromiseKept, order="commutes")
async def count_towards_promise(kept: PromiseKept, session: AsyncSession) -> PromiseChecked | None:
    promise = await session.get(PromiseState, kept.promise_id, with_for_update=True)
    if promise is None:
        raise NotYetKnown("promise", kept.promise_id)
    await copying.payment(session, kept)
    checked = await promises.check(session, promise, await today(session))
    return checked if checked and checked.verdict != "open" else None


@on(EmployeeHired, EmployeeLeft, EmployeePromoted, order="in_order")
async def follow_employment(
    fact: EmployeeHired | EmployeeLeft | EmployeePromoted, session: AsyncSession
) -> list[PromiseChecked]:
    await copying.employment(session, fact)
    return await promises.check_those_of(
        session, fact.enterprise_id, {"jobs", "salary_band"}, await today(session)
    )


@on(TeacherQualified, order="snapshot")
async def keep_dual_qualification(qualified: TeacherQualified, session: AsyncSession) -> None:
    await copying.dual_teacher(session, qualified)


@on(IntakeClosed, order="snapshot")
async def keep_selection_counts(closed: IntakeClosed, session: AsyncSession) -> None:
    await copying.selection(session, closed)


@on.batch(AttendanceRecorded, order="in_order")
async def keep_hours_attended(records: list[AttendanceRecorded], session: AsyncSession) -> None:
    """A later record corrects an earlier one of the same trainee, workshop and day."""
    await copying.attendance(session, records)


@on(SafetyIncidentReported, order="in_order")
async def keep_safety_incident(reported: SafetyIncidentReported, session: AsyncSession) -> None:
    await copying.incident(session, reported)
