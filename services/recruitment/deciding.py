"""Selections, offers and their reasons over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import candidates, queries, rules, selection, sentences
from services.recruitment.applying import AT_ONCE, XLSX
from services.recruitment.explaining import Cutoff, cutoffs, would_need
from services.recruitment.later import say, select_many
from services.recruitment.market_file import load
from services.recruitment.matching import match
from services.recruitment.model import Application, ApplicationState, Intake, IntakeState
from services.recruitment.refusals import IntakeNotSelected
from services.recruitment.sheets import outcome_sheet
from services.recruitment.what_if import Difference, WhatIf, difference
from shared.ids import uuid7
from shared.messaging import Job, today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class Together(BaseModel, extra="forbid"):
    """Intakes that persons ranked by preference are decided together."""

    intake_ids: list[UUID] = Field(min_length=1, max_length=50)


class Accepting(BaseModel, extra="forbid"):
    """Which offers are accepted; all open ones where none are named."""

    application_ids: list[UUID] | None = None


async def _select(session: AsyncSession, intake_ids: list[UUID]) -> list[Intake]:
    """Decide now, or hand it to a worker where it would hold the request too long."""
    intakes = await queries.intakes_of(session, intake_ids)
    rules.selectable([(intake.intake_id, intake.state) for intake in intakes])
    run_id = uuid7()
    if len(await queries.applications_of(session, intake_ids)) > AT_ONCE:
        for intake in intakes:
            intake.state, intake.run_id = IntakeState.DECIDING, run_id
        session.add(Job.to(select_many, run_id))
    else:
        say(session, await selection.select_now(session, intake_ids, run_id, await today(session)))
    return intakes


@router.post("/intakes/{intake_id}/select")
async def select_intake(
    intake_id: UUID, response: Response, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    intake = (await _select(transaction, [intake_id]))[0]
    response.status_code = 202 if intake.state == IntakeState.DECIDING else 200
    return queries.shown(intake)


@router.post("/selections")
async def select_together(
    together: Together, response: Response, _: Coordinator, transaction: Transaction
) -> list[dict[str, Any]]:
    intakes = await _select(transaction, together.intake_ids)
    response.status_code = 202 if intakes[0].state == IntakeState.DECIDING else 200
    return [queries.shown(intake) for intake in intakes]


@router.post("/intakes/{intake_id}/what-if")
async def try_other_rules(
    intake_id: UUID, what: WhatIf, _: Coordinator, transaction: Transaction
) -> Difference:
    intake = await queries.intake_of(transaction, intake_id)
    rounds = await candidates.rounds_of(transaction, [intake], await today(transaction))
    seed = "what-if" if intake.run_id is None else intake.seed  # the true one stays secret until the run
    return difference(rounds[0], what, seed)


@router.get("/intakes/{intake_id}/outcomes")
async def list_outcomes(intake_id: UUID, person: SignedIn, transaction: Transaction) -> list[dict[str, Any]]:
    intake = await queries.intake_of(transaction, intake_id)
    cuts = await _cuts(transaction, intake)
    found = (await transaction.execute(queries.outcomes(intake_id, person))).all()
    return [
        {
            **queries.listed(application, applicant),
            "sentences": [
                text.model_dump() for text in sentences.explain(application, cuts, [], merit_needs=False)
            ],
        }
        for application, applicant in found
    ]


@router.get("/intakes/{intake_id}/outcomes.xlsx")
async def outcomes_as_sheet(intake_id: UUID, person: SignedIn, transaction: Transaction) -> Response:
    rows = await list_outcomes(intake_id, person, transaction)
    header = ["name", "person_number", "state", "pool", "score", "cutoff", "waiting_place", "reason"]
    table = [
        [
            *(row[name] for name in header),
            " ".join(text["zh"] for text in row["sentences"]),
            " ".join(text["en"] for text in row["sentences"]),
        ]
        for row in rows
    ]
    return Response(
        outcome_sheet([*header, "说明", "explanation"], table),
        media_type=XLSX,
        headers={"Content-Disposition": 'attachment; filename="outcomes.xlsx"'},
    )


async def _cuts(session: AsyncSession, intake: Intake) -> list[Cutoff]:
    """The cut-offs of an intake's run."""
    run = await queries.run_of(session, intake)
    if run is None:
        return []
    market = load(run.market)
    return [cut for cut in cutoffs(market, match(market)) if cut.programme == str(intake.intake_id)]


@router.get("/applications/{application_id}/explanation")
async def explain_application(
    application_id: UUID, person: SignedIn, transaction: Transaction
) -> dict[str, Any]:
    application = await queries.application_of(transaction, application_id, person)
    intake = await queries.intake_of(transaction, application.intake_id)
    run = await queries.run_of(transaction, intake)
    cuts, needs = [], []
    asks = run is not None and application.reason == "below-cutoff"
    if run is not None:
        market = load(run.market)
        outcome = match(market)
        name = str(intake.intake_id)
        cuts = [cut for cut in cutoffs(market, outcome) if cut.programme == name]
        if asks:
            applicant = str(application.applicant_id)
            needs = [need for need in would_need(market, outcome, applicant) if need.programme == name]
    said = sentences.explain(application, cuts, needs, merit_needs=asks)
    return {
        "application_id": application_id,
        "state": application.state,
        "sentences": [text.model_dump() for text in said],
        "failed": application.failed,
        "cutoffs": [{"pool": cut.pool, "score": cut.score} for cut in cuts],
        "waiting_place": application.waiting_place,
        "would_need": [{"pool": need.pool, "score": need.score, "more": need.more} for need in needs],
        "minimum_size": rules.minimum_of(intake.selection) is not None,
    }


@router.get("/intakes/{intake_id}/market.json")
async def export_market(intake_id: UUID, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    intake = await queries.intake_of(transaction, intake_id)
    run = await queries.run_of(transaction, intake)
    if run is None:
        raise IntakeNotSelected(f"state {intake.state}", field="intake_id")
    return run.market


@router.post("/applications/{application_id}/accept")
async def accept_offer(application_id: UUID, person: SignedIn, transaction: Transaction) -> Application:
    application = await queries.answerable(transaction, application_id, person)
    rules.answer(application, await today(transaction))
    application.state = ApplicationState.ACCEPTED
    return application


@router.post("/intakes/{intake_id}/accept")
async def accept_offers(
    intake_id: UUID, accepting: Accepting, _: Coordinator, transaction: Transaction
) -> dict[str, int]:
    await queries.intake_of(transaction, intake_id, lock=True)
    rows = await queries.applications_of(transaction, [intake_id])
    on = await today(transaction)
    chosen = rules.offers_named(rows, accepting.application_ids)
    for row in chosen:
        rules.answer(row, on)
        row.state = ApplicationState.ACCEPTED
    return {"accepted": len(chosen)}


@router.post("/applications/{application_id}/decline")
async def decline_offer(application_id: UUID, person: SignedIn, transaction: Transaction) -> Application:
    application = await queries.answerable(transaction, application_id, person)
    rules.answer(application, await today(transaction))
    return await _give_up(transaction, application, "declined")


@router.post("/applications/{application_id}/withdraw")
async def withdraw_application(
    application_id: UUID, person: SignedIn, transaction: Transaction
) -> Application:
    application = await queries.answerable(transaction, application_id, person)
    rules.withdrawable(application)
    return await _give_up(transaction, application, "withdrawn")


async def _give_up(transaction: Transaction, application: Application, reason: str) -> Application:
    intake = await queries.intake_of(transaction, application.intake_id)
    on = await today(transaction)
    say(transaction, await selection.give_up(transaction, intake, [application], reason, on))
    return application
