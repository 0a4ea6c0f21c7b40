"""Who signs in by the identity provider, and what each may do: the page of administrators."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import accounts
from services.gateway.accounts import Admin, Grant, Prepared
from services.gateway.pages_excel import enterprises_of
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
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return await _page(request, person, transaction, Invalid(str(first["msg"]), field=field))
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
        of_enterprise=accounts.OF_ENTERPRISE, of_college=accounts.OF_COLLEGE,
    )  # fmt: skip
