"""Occupations of ESCO, and which of them a position corresponds to: kept apart, so that a new profile changes neither."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field as Of
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, col, select

from services.curriculum import esco, parties
from services.curriculum.comparing import Shown
from services.curriculum.frameworks import body_of
from services.curriculum.model import Table
from services.curriculum.refusals import FrameworkBroken
from services.curriculum.voting import Asked, Coordinator
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1", tags=["frameworks"])
MOST = 50


class Occupation(Table, table=True):
    """An occupation as ESCO names it."""

    uri: str = Field(primary_key=True)
    label: str
    isco: str


class PositionOccupation(Table, table=True):
    """A position and an occupation to which it corresponds."""

    __tablename__ = "position_occupation"
    position_id: UUID = Field(primary_key=True)
    uri: str = Field(primary_key=True)
    kind: str


class Corresponds(Asked):
    """To which occupation, and how closely."""

    uri: str
    kind: str = Of(default="isRelatedTo", pattern=r"^(exactMatchOf|isRelatedTo|isPartOf)$")


@router.post("/occupations/esco", status_code=201)
async def import_occupations(
    request: Request, _person: Coordinator, transaction: Transaction
) -> dict[str, int]:
    """The table as ESCO publishes it; one that is known gets its new words."""
    return {"occupations": await keep(transaction, await body_of(request))}


async def keep(session: AsyncSession, table: str) -> int:
    """Every occupation of the table; returns how many."""
    rows = [one.model_dump() for one in esco.read_occupations(table)]
    new = insert(Occupation).values(rows)
    words = {"label": new.excluded.label, "isco": new.excluded.isco}
    await session.execute(new.on_conflict_do_update(index_elements=["uri"], set_=words))
    return len(rows)


@router.get("/occupations")
async def find_occupations(
    _person: SignedIn, transaction: Transaction, like: Annotated[str, Query(max_length=100)] = ""
) -> list[Occupation]:
    """Those whose name holds these words, or whose ISCO-08 group begins so."""
    named = col(Occupation.label).icontains(like, autoescape=True)
    grouped = col(Occupation.isco).startswith(like, autoescape=True)
    wanted = select(Occupation).where(named | grouped).order_by(col(Occupation.label)).limit(MOST)
    return list(await transaction.scalars(wanted))


@router.put("/positions/{position_id}/occupations")
async def align_position(
    position_id: UUID, given: Corresponds, person: Coordinator, transaction: Transaction
) -> PositionOccupation:
    await parties.visible_position(transaction, position_id, person)
    if await transaction.get(Occupation, given.uri) is None:
        raise FrameworkBroken(f"no occupation {given.uri!r} has been imported", field="uri")
    return await transaction.merge(PositionOccupation(position_id=position_id, **given.model_dump()))


@router.delete("/positions/{position_id}/occupations", status_code=204)
async def unalign_position(
    position_id: UUID, uri: str, person: Coordinator, transaction: Transaction
) -> None:
    await parties.visible_position(transaction, position_id, person)
    if aligned := await transaction.get(PositionOccupation, (position_id, uri)):
        await transaction.delete(aligned)


@router.get("/positions/{position_id}/occupations")
async def list_occupations(position_id: UUID, person: SignedIn, transaction: Transaction) -> list[Shown]:
    await parties.visible_position(transaction, position_id, person)
    wanted = select(Occupation, PositionOccupation.kind).join(
        PositionOccupation, col(PositionOccupation.uri) == Occupation.uri
    )
    rows = await transaction.execute(
        wanted.where(PositionOccupation.position_id == position_id).order_by(col(Occupation.label))
    )
    return [one.model_dump() | {"kind": kind} for one, kind in rows.all()]
