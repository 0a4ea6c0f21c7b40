"""Selections, offers and their reasons over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment import candidates, offers, queries, rules, selection
from services.recruitment.access import intake_for
from services.recruitment.applying import AT_ONCE
from services.recruitment.later import say, select_many
from services.recruitment.model import Application, ApplicationState, Intake, IntakeState
from services.recruitment.refusals import IntakeNotSelected
from services.recruitment.views import explanation_of, outcomes_for
from services.recruitment.what_if import Difference, WhatIf, difference
from shared.ids import uuid7
from shared.messaging import Job, today
from shared.messaging.tables import JobRow
from shared.service import Transaction
from shared.spawned import run_spawned
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
Panel = Annotated[Person, require(Role.COORDINATOR, Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)]
AT_ONCE_TWICE = 2000
"""Applications up to which deciding twice may be done in the request; above, in a process of its own."""


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


@router.get("/intakes/{intake_id}/progress")
async def read_progress(intake_id: UUID, person: SignedIn, transaction: Transaction) -> dict[str, Any]:
    """How far a worker is with deciding it, from 0 to 1; 1 where it is decided, none where nobody has asked."""
    intake, _ = await intake_for(transaction, intake_id, person)
    if intake.state != IntakeState.DECIDING:
        return {"state": intake.state, "progress": 1.0 if intake.run_id else None}
    wanted = select(JobRow.progress).where(
        col(JobRow.function) == select_many.__name__, col(JobRow.arguments) == [str(intake.run_id)]
    )
    return {"state": intake.state, "progress": await transaction.scalar(wanted) or 0.0}


async def tried(session: AsyncSession, intake_id: UUID, what: WhatIf) -> Difference:
    """Decide the intake, with those of its run, under its rules and under others."""
    intake = await queries.intake_of(session, intake_id)
    rules.triable(intake.state)
    run = await queries.run_of(session, intake)
    together = await queries.intakes_of_run(session, run.run_id) if run else [intake]
    rounds = await candidates.rounds_of(session, together, await today(session))
    seed = run.seed if run else "what-if"  # the committed one stays secret until the run
    asked = (rounds, str(intake_id), what, seed)
    if sum(len(each.candidates) for each in rounds) <= AT_ONCE_TWICE:
        return difference(*asked)
    return await run_spawned(difference, *asked)


@router.post("/intakes/{intake_id}/what-if")
async def try_other_rules(
    intake_id: UUID, what: WhatIf, person: Panel, transaction: Transaction
) -> Difference:
    await intake_for(transaction, intake_id, person)
    return await tried(transaction, intake_id, what)


@router.get("/intakes/{intake_id}/outcomes")
async def list_outcomes(intake_id: UUID, person: SignedIn, transaction: Transaction) -> list[dict[str, Any]]:
    return await outcomes_for(transaction, intake_id, person)


@router.get("/applications/{application_id}/explanation")
async def explain_application(
    application_id: UUID, person: SignedIn, transaction: Transaction
) -> dict[str, Any]:
    return await explanation_of(transaction, application_id, person)


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
    offers.answer(application, await today(transaction))
    application.state = ApplicationState.ACCEPTED
    return application


@router.post("/intakes/{intake_id}/accept")
async def accept_offers(
    intake_id: UUID, accepting: Accepting, _: Coordinator, transaction: Transaction
) -> dict[str, int]:
    await queries.intake_of(transaction, intake_id, lock=True)
    rows = await queries.applications_of(transaction, [intake_id])
    on = await today(transaction)
    chosen = offers.offers_named(rows, accepting.application_ids)
    for row in chosen:
        offers.answer(row, on)
        row.state = ApplicationState.ACCEPTED
    return {"accepted": len(chosen)}


@router.post("/applications/{application_id}/decline")
async def decline_offer(application_id: UUID, person: SignedIn, transaction: Transaction) -> Application:
    application = await queries.answerable(transaction, application_id, person)
    offers.answer(application, await today(transaction))
    return await _give_up(transaction, application, "declined")


@router.post("/applications/{application_id}/withdraw")
async def withdraw_application(
    application_id: UUID, person: SignedIn, transaction: Transaction
) -> Application:
    application = await queries.answerable(transaction, application_id, person, by_enterprise=True)
    offers.withdrawable(application)
    application.withdrawn_by = offers.withdrawn_by(person.person_id, person.side, application)
    return await _give_up(transaction, application, "withdrawn")


async def _give_up(transaction: Transaction, application: Application, reason: str) -> Application:
    intake = await queries.intake_of(transaction, application.intake_id)
    on = await today(transaction)
    say(transaction, await selection.give_up(transaction, intake, [application], reason, on))
    return application
