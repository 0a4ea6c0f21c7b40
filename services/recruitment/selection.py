"""Carries a decision into the tables: who is offered what, who waits, and what is said about it."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import candidates, queries, rules
from services.recruitment.binding import bound_elsewhere
from services.recruitment.explaining import waiting_places
from services.recruitment.market import Seats, expand
from services.recruitment.market_file import load
from services.recruitment.matching import Outcome
from services.recruitment.model import Application, ApplicationState, Intake, IntakeState, Run
from services.recruitment.result_file import dump
from services.recruitment.rules import Verdict
from services.recruitment.waiting import Move, WaitingList
from shared.events.base import Event
from shared.events.recruitment import ApplicantSelected, IntakeClosed
from shared.programmes.grammar import Selection

LIVE = (
    ApplicationState.OFFERED,
    ApplicationState.ACCEPTED,
    ApplicationState.WAITING,
    ApplicationState.ELSEWHERE,
    ApplicationState.ENROLLED,
)

WRITTEN_AT_ONCE = 500
"""Applications that are told their verdict between two words about how far it is."""

KEEPS = (*queries.HOLDS, ApplicationState.ENROLLED)


def seed_of(intakes: Sequence[Intake]) -> str:
    """One lottery for intakes that are decided together: their committed seeds, in the order of their ids."""
    return ":".join(intake.seed for intake in sorted(intakes, key=lambda each: each.intake_id))


async def select_now(
    session: AsyncSession, intake_ids: Collection[UUID], run_id: UUID, on: date
) -> list[Event]:
    """Decide these intakes together, in one transaction."""
    intakes = await queries.intakes_of(session, intake_ids)
    rules.selectable([(intake.intake_id, intake.state) for intake in intakes])
    await candidates.lock_applicants(session, intake_ids)
    rounds = await candidates.rounds_of(session, intakes, on)
    return await record(session, intakes, rounds, rules.decide(rounds, seed_of(intakes)), run_id, on)


async def record(
    session: AsyncSession,
    intakes: Sequence[Intake],
    rounds: Sequence[rules.Round],
    decided: rules.Decision,
    run_id: UUID,
    on: date,
    *,
    tell: Callable[[float], Awaitable[None]] | None = None,
) -> list[Event]:
    """Store the run with its input, tell every application its verdict, and return what is said.

    `tell` hears which part of the applications has been written.
    """
    ranked = [each.name for each in rounds if each.selection.tie_breakers]
    market = dump(decided.market, seed_of(intakes), ranked)
    session.add(
        Run(
            run_id=run_id,
            ran_on=on,
            seed=seed_of(intakes),
            market=market,
            closed=list(decided.outcome.closed),
            cutoffs=[asdict(cut) for cut in decided.cuts],
        )
    )
    rows = {
        row.application_id: row
        for row in await queries.applications_of(session, [intake.intake_id for intake in intakes])
    }
    said: list[Event] = []
    for intake, each in zip(intakes, rounds, strict=True):
        sibling = await _sibling(session, intake, each.selection)
        verdicts, end = rules.conclude(each, decided, sibling)
        expires_on = on + timedelta(days=each.selection.offer_days)
        for verdict in verdicts:
            told = (
                verdict.model_copy(update={"expires_on": expires_on})
                if isinstance(verdict, ApplicantSelected)
                else verdict
            )
            row = rows[told.application_id]
            row.apply(told, on)
            row.failed = [
                {**asdict(failed), "reason": failed.reason.model_dump()}
                for failed in decided.judged[each.name].failed.get(str(row.applicant_id), [])
            ]
            said.append(told)
            if tell and len(said) % WRITTEN_AT_ONCE == 0:
                await session.flush()
                await tell(len(said) / max(len(rows), len(said)))
        least = each.selection.minimum or 0
        joins = sibling if isinstance(end, IntakeClosed) and end.selected < least else None
        intake.apply(end, run_id, joins)
        said.append(end)
    return said


async def _sibling(session: AsyncSession, intake: Intake, selection: Selection) -> UUID | None:
    """The intake that this one would join if its class were too small and the template says merge."""
    if selection.below_minimum != "merge":
        return None
    sibling = await queries.sibling_of(session, intake)
    return sibling.intake_id if sibling else None


async def refill(session: AsyncSession, intake: Intake, on: date) -> list[Verdict]:
    """Offer every free seat of this intake's run down the waiting list. Nobody who holds an offer loses it."""
    run = await queries.run_of(session, intake)
    if run is None:
        return []
    market = load(run.market)
    intakes = {
        str(each): await queries.intake_of(session, each)
        for each in map(UUID, (p.id for p in market.programmes))
    }
    rows = {
        (str(row.applicant_id), str(row.intake_id)): row
        for row in await queries.applications_of(session, list(map(UUID, intakes)))
    }
    bound = await bound_elsewhere(session, list(intakes.values()), on)
    alive = {
        pair
        for pair, row in rows.items()
        if row.state in LIVE and ((row.intake_id, row.applicant_id) not in bound or row.state in KEEPS)
    }
    preferences = {
        who: tuple(wish for wish in wishes if (who, wish) in alive)
        for who, wishes in market.preferences.items()
    }
    market = replace(market, preferences=preferences)
    seats = expand(market)
    held = held_now(seats, rows)
    firm = {
        who
        for (who, _), row in rows.items()
        if row.state in (ApplicationState.ACCEPTED, ApplicationState.ENROLLED)
    }
    over = [
        name for name, each in intakes.items() if each.state not in (IntakeState.SELECTED, IntakeState.MERGED)
    ]
    waiting = WaitingList(seats, held, firm, closed=[*run.closed, *over])
    said: list[Verdict] = []
    for move in waiting.fill():
        said += await _apply(session, move, rows, intakes, on)
    outcome = Outcome(seats, waiting.held)
    for programme in market.programmes:
        for who, place in waiting_places(market, outcome, programme).items():
            rows[who, programme.id].waiting_place = place
    return said


def held_now(seats: Seats, rows: dict[tuple[str, str], Application]) -> list[int]:
    """Who holds which pool, from the rows, as positions in the choices of the expanded market."""
    held = [-1] * len(seats.applicants)
    for i, who in enumerate(seats.applicants):
        for k in range(seats.start[i], seats.start[i + 1]):
            programme, pool = seats.pools[seats.choice[k]]
            row = rows[who, programme]
            if row.state in KEEPS and row.pool == pool:
                held[i] = k
    return held


async def _apply(
    session: AsyncSession,
    move: Move,
    rows: dict[tuple[str, str], Application],
    intakes: dict[str, Intake],
    on: date,
) -> list[Verdict]:
    """One link of a chain: a new offer, and the seat given up for it. A change of pool alone is not said."""
    programme, pool = move.offered
    row, intake = rows[move.applicant, programme], intakes[programme]
    if move.held is not None and move.held[0] == programme:
        row.pool = pool
        return []
    days = Selection.model_validate(intake.selection).offer_days
    offer = ApplicantSelected(
        application_id=row.application_id,
        intake_id=row.intake_id,
        pool=pool,
        score=row.score or 0,
        cutoff=row.cutoff,
        expires_on=on + timedelta(days=days),
    )
    said: list[Verdict] = [offer]
    if move.held is not None:
        left = rows[move.applicant, move.held[0]]
        moved = rules.refused(left.intake_id, left.application_id, "placed-elsewhere")
        left.apply(moved, on)
        said.insert(0, moved)
        await session.flush()  # never two offers at once, not even between two statements
    row.apply(offer, on)
    return said


async def expire(session: AsyncSession, intake: Intake, on: date) -> list[Verdict]:
    """Offers that were not accepted by their day lapse, and the seats are offered on."""
    await queries.lock_run(session, intake.intake_id)
    rows = await queries.applications_of(session, [intake.intake_id])
    late = [
        row
        for row in rows
        if row.state == ApplicationState.OFFERED and row.expires_on and row.expires_on < on
    ]
    return await give_up(session, intake, late, "expired", on)


async def give_up(
    session: AsyncSession, intake: Intake, rows: Collection[Application], reason: str, on: date
) -> list[Verdict]:
    """These applicants no longer hold or want a seat here; what they held is offered on."""
    said: list[Verdict] = []
    for row in rows:
        refusal = rules.refused(row.intake_id, row.application_id, reason)
        row.apply(refusal, on)
        said.append(refusal)
    await session.flush()  # a seat is given back before it is offered to someone who holds none
    if rows:
        said += await refill(session, intake, on)
    return said


def lapsing(said: Sequence[Event]) -> set[tuple[UUID, date]]:
    """The intakes with new offers, and the day after the last on which these can be accepted."""
    offers = [event for event in said if isinstance(event, ApplicantSelected) and event.expires_on]
    return {(offer.intake_id, offer.expires_on + timedelta(days=1)) for offer in offers if offer.expires_on}
