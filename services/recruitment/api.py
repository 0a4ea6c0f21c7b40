"""What people can ask of recruitment over HTTP: agreements, programmes, intakes. The other routers follow below."""

import secrets
from datetime import date
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.recruitment import (
    access,
    applying,
    deciding,
    enrolling,
    exporting,
    importing,
    lettering,
    marks,
    opening,
    queries,
)
from services.recruitment.model import Agreement, Intake, Programme
from services.recruitment.refusals import AgreementUnknown
from shared.events.base import Text
from shared.ids import uuid7
from shared.messaging import emit, known, today
from shared.programmes.grammar import Selection, SourceGroup
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter(prefix="/recruitment/v1", tags=["recruitment"])
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class NewProgramme(BaseModel, extra="forbid"):
    """A programme is opened from a template, by its code or written out."""

    programme_id: UUID = Field(default_factory=uuid7)
    agreement_id: UUID
    template: str | dict[str, Any]
    title: Text | None = None
    enterprise_ids: list[UUID] = Field(default_factory=list, max_length=50)
    position_ids: list[UUID] = Field(default_factory=list, max_length=50)
    opened_on: date | None = None


class NewIntake(BaseModel, extra="forbid"):
    """A round; what is left out comes from the template."""

    intake_id: UUID = Field(default_factory=uuid7)
    programme_id: UUID
    year: int = Field(ge=1990, le=2200)
    closes_on: date
    opens_on: date | None = None
    seats: int | None = Field(default=None, ge=1, le=100_000)
    enterprise_id: UUID | None = None
    selection: Selection | None = None
    source_groups: list[SourceGroup] | None = None


@router.get("/agreements")
async def list_agreements(person: SignedIn, transaction: Transaction) -> list[Agreement]:
    return list(await access.agreements_for(transaction, person))


@router.post("/programmes", status_code=201)
async def open_programme(new: NewProgramme, _: Coordinator, transaction: Transaction) -> Programme:
    agreement = await transaction.get(Agreement, new.agreement_id)
    if agreement is None:
        raise AgreementUnknown(str(new.agreement_id), field="agreement_id")
    await queries.unused(transaction, Programme, new.programme_id)
    template = opening.resolve(new.template)
    opened = opening.open_programme(
        agreement,
        template,
        new.programme_id,
        title=new.title,
        enterprise_ids=new.enterprise_ids,
        position_ids=new.position_ids,
        on=new.opened_on or await today(transaction),
    )
    programme = Programme.from_event(opened)
    transaction.add(programme)
    await known(transaction, "programme", opened.programme_id)
    emit(transaction, opened)
    return programme


@router.get("/programmes")
async def list_programmes(person: SignedIn, transaction: Transaction) -> list[Programme]:
    return await access.programmes_for(transaction, person)


@router.get("/programmes/{programme_id}")
async def read_programme(programme_id: UUID, person: SignedIn, transaction: Transaction) -> Programme:
    return await access.programme_for(transaction, programme_id, person)


@router.post("/intakes", status_code=201)
async def open_intake(new: NewIntake, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    programme = await queries.programme_of(transaction, new.programme_id)
    await queries.unused(transaction, Intake, new.intake_id)
    taken = await queries.seats_taken(transaction, new.programme_id, new.year, new.enterprise_id)
    opened, selection, groups = opening.open_intake(
        programme,
        new.intake_id,
        year=new.year,
        opens_on=new.opens_on or await today(transaction),
        closes_on=new.closes_on,
        seats=new.seats,
        selection=new.selection,
        groups=new.source_groups,
        enterprise_id=new.enterprise_id,
        taken=taken,
    )
    seed = secrets.token_hex(16)
    intake = Intake(
        **opened.model_dump(),
        enterprise_id=new.enterprise_id,
        selection=selection.model_dump(mode="json"),
        source_groups=[group.model_dump(mode="json") for group in groups],
        seed=seed,
        seed_hash=sha256(seed.encode()).hexdigest(),
    )
    transaction.add(intake)
    await known(transaction, "intake", opened.intake_id)
    emit(transaction, opened)
    return queries.shown(intake)


@router.get("/intakes")
async def list_intakes(person: SignedIn, transaction: Transaction) -> list[dict[str, Any]]:
    return [queries.shown(intake) for intake in await access.intakes_for(transaction, person)]


@router.get("/intakes/{intake_id}")
async def read_intake(intake_id: UUID, person: SignedIn, transaction: Transaction) -> dict[str, Any]:
    intake, _ = await access.intake_for(transaction, intake_id, person)
    return {**queries.shown(intake), "states": await queries.counts(transaction, intake_id, person)}


for part in (exporting, importing, applying, marks, deciding, enrolling, lettering):
    router.include_router(part.router)
