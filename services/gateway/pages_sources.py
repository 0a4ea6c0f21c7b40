"""Sources and keys on a page: make, rotate and revoke them; see what was refused of each."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.gateway import admin, broker, queries, reading
from services.gateway.model import Source, at_once
from services.gateway.pages_excel import enterprises_of
from services.gateway.vocabulary import PUBLIC_NAMES
from services.gateway.who import QUOTA
from shared.errors import Invalid, Refused
from shared.service import Transaction
from shared.web.identity import Person, Role, require
from shared.web.language import language_of
from shared.web.page import render

router = APIRouter(prefix="/sources", include_in_schema=False)
Reader = Annotated[Person, require(Role.ADMIN, Role.INTEGRATOR)]
Admin = Annotated[Person, require(Role.ADMIN)]
REFUSALS = 5


@router.get("")
async def sources_page(request: Request, person: Reader, transaction: Transaction) -> Response:
    """All sources for an administrator; an enterprise's integrator sees its own and changes nothing."""
    return await _page(request, person, transaction)


@router.post("")
async def create_source(  # noqa: PLR0917 - the fields of the form
    request: Request,
    person: Admin,
    transaction: Transaction,
    name: Annotated[str, Form()] = "",
    enterprise: Annotated[str, Form()] = "",
    quota: Annotated[str, Form()] = str(QUOTA),
    with_broker: Annotated[str, Form(alias="broker")] = "",
) -> Response:
    """A source with its first key, and a broker user where one is asked for."""

    async def make() -> dict[str, Any]:
        given = {"name": name.strip(), "enterprise_id": enterprise.strip(), "quota_per_minute": quota}
        source = await admin.add_source(transaction, _checked(admin.NewSource, **given))
        made = await admin.add_key(transaction, admin.NewKey(source_id=source.source_id))
        if with_broker:
            made["broker"] = await broker.create_user(request.app.state.settings, source)
            source.broker_user = made["broker"]["user"]
        return made

    return await _tried(request, person, transaction, make)


@router.post("/{source_id}/keys")
async def create_key(
    source_id: UUID,
    request: Request,
    person: Admin,
    transaction: Transaction,
    event_types: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """One more key, for all types or for the chosen ones."""

    async def make() -> dict[str, Any]:
        new = admin.NewKey(source_id=source_id, event_types=event_types or admin.EveryType)
        return await admin.add_key(transaction, new)

    return await _tried(request, person, transaction, make)


@router.post("/keys/{key_id}/rotate")
async def rotate_key(
    key_id: str,
    request: Request,
    person: Admin,
    transaction: Transaction,
    overlap_hours: Annotated[str, Form()] = "24",
) -> Response:
    """A new key of the same scope; the old one ends after the overlap."""

    async def make() -> dict[str, Any]:
        hours = _checked(admin.Rotation, overlap_hours=overlap_hours).overlap_hours
        return await admin.renew_key(transaction, key_id, hours)

    return await _tried(request, person, transaction, make)


@router.post("/keys/{key_id}/revoke")
async def revoke_key(key_id: str, request: Request, person: Admin, transaction: Transaction) -> Response:
    """From now on this key opens nothing."""

    async def end() -> dict[str, Any]:
        await admin.end_key(transaction, key_id)
        return {"revoked": key_id}

    return await _tried(request, person, transaction, end)


def _checked(form: Callable[..., Any], **fields: Any) -> Any:
    try:
        return form(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(str(first["msg"]), field=".".join(str(part) for part in first["loc"])) from error


async def _tried(
    request: Request, person: Person, transaction: Transaction, act: Callable[[], Awaitable[dict[str, Any]]]
) -> Response:
    """The page with what was made, shown this once; or with what was wrong, and nothing changed."""
    try:
        async with transaction.begin_nested():
            made = await act()
    except Refused as refused:
        transaction.expire_all()
        return await _page(request, person, transaction, refused=refused)
    return await _page(request, person, transaction, made=made)


async def _page(
    request: Request,
    person: Person,
    transaction: Transaction,
    *,
    made: dict[str, Any] | None = None,
    refused: Refused | None = None,
) -> Response:
    language = language_of(request)
    problem = refused and {
        "title": refused.title(language),
        "detail": refused.detail,
        "field": refused.field,
        "remedy": refused.what_to_do(language),
        "code": refused.code,
    }
    now = at_once()
    return render(
        request,
        "sources.html",
        person=person,
        status=refused.status if refused else 200,
        sources=[await _source(transaction, row, now) for row in await _visible(transaction, person)],
        enterprises=await enterprises_of(transaction) if person.has(Role.ADMIN) else [],
        types=sorted(PUBLIC_NAMES),
        quota=QUOTA,
        made=made,
        problem=problem,
        brokers=bool(request.app.state.settings.rabbitmq_management_url),
    )


async def _visible(session: AsyncSession, person: Person) -> list[Source]:
    wanted = select(Source).order_by(col(Source.created_at))
    if not person.has(Role.ADMIN):
        wanted = wanted.where(col(Source.enterprise_id) == person.enterprise_id)
    return list(await session.scalars(wanted))


async def _source(session: AsyncSession, source: Source, now: datetime) -> dict[str, Any]:
    keys = [{**key, "state": _state(key, now)} for key in await admin.keys_of(session, source.source_id)]
    refusals = await queries.refusals_of(session, source.source_id, REFUSALS, None)
    return {**source.model_dump(), "keys": keys, "refusals": [reading.refusal(row) for row in refusals]}


def _state(key: dict[str, Any], now: datetime) -> str:
    if key["revoked_at"]:
        return "revoked"
    if key["expires_at"] is None:
        return "in_force"
    return "ending" if key["expires_at"] > now else "ended"
