"""The page of positions and the ESCO occupations to which they correspond."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, func, select
from starlette.datastructures import UploadFile

from services.curriculum import occupations
from services.curriculum.frameworks import text_of
from services.curriculum.model import Position
from services.curriculum.occupations import Corresponds, Occupation
from services.curriculum.pages import checked
from services.curriculum.refusals import FrameworkBroken
from services.curriculum.voting import Coordinator
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person, SignedIn
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(prefix="/curriculum/occupations", include_in_schema=False)
PAGE = "/curriculum/occupations"


@router.get("")
async def occupations_page(
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    like: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Every position that the person may see, and the occupations whose name or group begins so."""
    return await _shown(request, person, transaction, like)


@router.get("/choices")
async def choices(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """The positions as boxes of a form: a part of recruitment's page on which a programme is opened."""
    positions = await _positions(transaction, person)
    return render(request, "position_choices.html", person=person, positions=positions)


@router.post("")
async def take_table(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """The table as ESCO publishes it."""

    async def act() -> None:
        async with request.form() as form:
            sent = form.get("table")
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise FrameworkBroken("choose a file", field="table")
            await occupations.keep(transaction, text_of(await sent.read()))

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, refused=refused)

    return await tried(transaction, act(), PAGE, again)


@router.post("/{act}")
async def change(  # noqa: PLR0917 - the fields of the form
    act: Literal["align", "take-off"],
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    position_id: Annotated[UUID, Form()],
    uri: Annotated[str, Form()],
    kind: Annotated[str, Form()] = "isRelatedTo",
    like: Annotated[str, Form()] = "",
) -> Response:
    """A position corresponds to an occupation, or no longer does."""

    async def done() -> None:
        if act == "take-off":
            await occupations.unalign_position(position_id, uri, person, transaction)
            return
        given = checked(Corresponds, uri=uri, kind=kind)
        await occupations.align_position(position_id, given, person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, like, refused)

    return await tried(transaction, done(), PAGE, again)


async def _positions(session: AsyncSession, person: Person) -> Sequence[Position]:
    """All, or those of one's own enterprise."""
    wanted = select(Position).order_by(col(Position.position_id))
    if person.enterprise_id:
        wanted = wanted.where(Position.enterprise_id == person.enterprise_id)
    return (await session.scalars(wanted)).all()


async def _shown(
    request: Request,
    person: Person,
    transaction: AsyncSession,
    like: str = "",
    refused: Refused | None = None,
) -> Response:
    positions: list[dict[str, Any]] = [
        {
            "position_id": one.position_id,
            "title": one.title,
            "occupations": await occupations.list_occupations(one.position_id, person, transaction),
        }
        for one in await _positions(transaction, person)
    ]
    return render(
        request,
        "occupations.html",
        person=person,
        status=refused.status if refused else 200,
        positions=positions,
        known=await transaction.scalar(select(func.count()).select_from(Occupation)),
        found=await occupations.find_occupations(person, transaction, like) if like else [],
        like=like,
        problem=problem_of(request, refused),
    )
