"""Who signs in by the identity provider, and what each may do: the page of administrators."""

from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import access_codes, accounts
from services.gateway.access_codes import Maker
from services.gateway.accounts import Admin, Grant, Prepared
from services.gateway.model import at_once
from services.gateway.pages_excel import enterprises_of
from services.gateway.visiting import our_address
from shared.errors import Invalid, Refused
from shared.service import Transaction
from shared.web.identity import Person, Role
from shared.web.page import render

router = APIRouter(prefix="/people", include_in_schema=False)


@router.get("")
async def people_page(request: Request, person: Admin, transaction: Transaction) -> Response:
    """Everybody, and whoever waits for a role first."""
    return await _page(request, person, transaction)


@router.post("")
async def prepare(request: Request, person: Admin, transaction: Transaction) -> Response:
    """Roles for somebody who has not signed in yet."""
    issuer = request.app.state.provider.oidc.issuer

    async def act(given: dict[str, Any]) -> None:
        await accounts.prepare(transaction, Prepared(**given), person, issuer)

    return await _tried(request, person, transaction, act)


@router.get("/codes")
async def codes_page(request: Request, person: Maker, transaction: Transaction) -> Response:
    """Whom to print letters for: everybody's mentors and trainees for an administrator, the own mentors for an integrator."""
    return await _codes(request, person, transaction)


@router.post("/codes")
async def make_codes(
    request: Request, person: Maker, transaction: Transaction,
    kind: Annotated[str, Form()] = "mentor", enterprise_id: Annotated[str, Form()] = "", days: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """A letter for everyone of an enterprise, to be printed now."""
    try:
        new = access_codes.MakingForAll.model_validate(
            {"kind": kind, "enterprise_id": enterprise_id.strip(), "days": days}
        )
    except ValidationError as error:
        return await _codes(request, person, transaction, _first(error))
    return _letters(request, person, await access_codes.for_all(transaction, new, person))


@router.post("/{account_id}")
async def grant(account_id: UUID, request: Request, person: Admin, transaction: Transaction) -> Response:
    """What this person may do from now on."""

    async def act(given: dict[str, Any]) -> None:
        await accounts.grant(transaction, account_id, Grant(**given), person)

    return await _tried(request, person, transaction, act)


@router.post("/{account_id}/end")
async def end(account_id: UUID, _: Admin, transaction: Transaction) -> Response:
    """Nothing any more."""
    await accounts.end(transaction, account_id)
    return RedirectResponse("/people", 303)


@router.post("/{account_id}/code")
async def make_code(account_id: UUID, request: Request, person: Admin, transaction: Transaction) -> Response:
    """A letter for one person."""
    try:
        made = await access_codes.for_one(transaction, account_id, access_codes.Making())
    except Refused as refused:
        return await _page(request, person, transaction, refused)
    return _letters(request, person, [made])


@router.post("/{account_id}/code/withdraw")
async def withdraw_code(account_id: UUID, _: Admin, transaction: Transaction) -> Response:
    """The code opens nothing any more."""
    await access_codes.withdraw(transaction, account_id)
    return RedirectResponse("/people", 303)


async def _codes(
    request: Request, person: Person, transaction: AsyncSession, refused: Refused | None = None
) -> Response:
    everyone = person.has(Role.ADMIN)
    return render(
        request, "people_for_codes.html", person=person, status=refused.status if refused else 200, refused=refused,
        enterprises=await enterprises_of(transaction) if everyone else [person.enterprise_id],
        everyone=everyone, days=access_codes.DAYS,
    )  # fmt: skip


def _letters(request: Request, person: Person, made: list[access_codes.Made]) -> Response:
    host = our_address(request)
    drawn = {
        one.code: segno.make(f"{host}/a/{one.code}", error="m").svg_inline(omitsize=True) for one in made
    }
    return render(request, "people_codes.html", person=person, made=made, host=host, drawn=drawn)


def _first(error: ValidationError) -> Invalid:
    first = error.errors()[0]
    return Invalid(str(first["msg"]), field=".".join(str(part) for part in first["loc"]))


async def _tried(request: Request, person: Person, transaction: Transaction, act: Any) -> Response:
    """The list again; or, where something was wrong, the list with that, and nothing changed."""
    form = await request.form()
    given: dict[str, Any] = {
        name: str(value).strip() for name, value in form.items() if name != "roles" and str(value).strip()
    }
    given["roles"] = [str(one) for one in form.getlist("roles")]
    try:
        async with transaction.begin_nested():
            await act(given)
    except ValidationError as error:
        return await _page(request, person, transaction, _first(error))
    except Refused as refused:
        return await _page(request, person, transaction, refused)
    return RedirectResponse("/people", 303)


async def _page(
    request: Request, person: Person, transaction: AsyncSession, refused: Refused | None = None
) -> Response:
    transaction.expire_all()
    people = await accounts.everybody(transaction)
    return render(
        request, "people.html", person=person, status=refused.status if refused else 200, people=people,
        waiting=sum(one.waits for one in people), enterprises=await enterprises_of(transaction), roles=list(Role),
        refused=refused, configured=bool(request.app.state.provider.oidc.issuer),
        may_have_code={one.account_id for one in people if access_codes.may(one)}, now=at_once(),
    )  # fmt: skip
