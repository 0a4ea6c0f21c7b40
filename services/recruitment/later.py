"""What recruitment does later: offers that lapse, and work that is too long for a request."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import candidates, imports, queries, rules, selection
from services.recruitment.model import IntakeState
from shared.events.base import Event
from shared.events.recruitment import ApplicantRefused, ApplicantSelected
from shared.messaging import Listener, Timer, Work, emit, today

on = Listener("recruitment")
READ, DECIDED, WRITTEN = 0.1, 0.4, 0.9
"""How far a large selection is once its applications are read, decided and told; roughly their parts of the time."""


@on.due
async def expire_offers(intake_id: UUID, session: AsyncSession) -> list[ApplicantSelected | ApplicantRefused]:
    """The day after the last on which an offer could be accepted: what is still open lapses and moves on."""
    intake = await queries.intake_of(session, intake_id, lock=True)
    if intake.state not in (IntakeState.SELECTED, IntakeState.MERGED):
        return []
    said = await selection.expire(session, intake, await today(session))
    arm(session, said)
    return said


def arm(session: AsyncSession, said: Sequence[Event]) -> None:
    """One timer for each intake and day on which offers of it lapse."""
    for intake_id, day in sorted(selection.lapsing(said)):
        session.add(Timer.at(day, expire_offers, intake_id))


def say(session: AsyncSession, said: Sequence[Event]) -> None:
    """Emit what came of a selection, and set the timers of its offers."""
    for event in said:
        emit(session, event)
    arm(session, said)


@on.job
async def select_many(run_id: UUID, work: Work) -> None:
    """A selection too large for a request: `ApplicantSelected`, `ApplicantRefused`, `IntakeClosed` or `IntakeRefused`."""
    async with work.transaction() as session:
        intakes = await queries.intakes_of_run(session, run_id)
        rounds = await candidates.rounds_of(session, intakes, await today(session))
    await work.progress(READ)
    decided = await work.solve(rules.decide, rounds, selection.seed_of(intakes))
    await work.progress(DECIDED)

    async def told(part: float) -> None:
        await work.progress(DECIDED + (WRITTEN - DECIDED) * part)

    async with work.finish() as session:
        intakes = await queries.intakes_of_run(session, run_id)
        await candidates.lock_applicants(session, [intake.intake_id for intake in intakes])
        day = await today(session)
        say(session, await selection.record(session, intakes, rounds, decided, run_id, day, tell=told))


@on.job
async def import_applications(import_id: UUID, work: Work) -> None:
    """A large file: all of it is checked first; then it is saved in parts, and a second run goes on from there."""
    await imports.check_and_save(import_id, work)
