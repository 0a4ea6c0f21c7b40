"""Codes for mentors and trainees, most of whom have no account anywhere: on paper, as a link and as a QR code for a phone.

A code names one person until it ends or is withdrawn; it is shown once, when it is made. Whoever votes or administers signs
in by the identity provider: what lies on a table is not enough for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.gateway.accounts import Admin, NoSuchAccount, person_of
from services.gateway.model import Account, Known, KnownCode, at_once
from shared.errors import Forbidden, Refused
from shared.service import Transaction
from shared.web.codes import draw, hashed
from shared.web.identity import Person, Role, require
from shared.web.people import person_name

router = APIRouter(prefix="/v1/people", tags=["people"])
Maker = Annotated[Person, require(Role.ADMIN, Role.INTEGRATOR)]
BY_CODE = frozenset({Role.MENTOR, Role.TRAINEE})
DAYS = 180
AT_ONCE = 2000
OF_HASH = 16
"""So many letters of a code's hash are in the token of whoever came in with it."""
BY_CODE_ALONE = "code"
"""The issuer of accounts that no identity provider knows."""


class NotByCode(Refused):
    """This person signs in by the identity provider, not with a code."""

    code = "E-GTW-NOT-BY-CODE"
    zh = "此人须通过统一身份认证登录，不能使用访问码。"
    remedy = "Codes are for mentors and trainees; whoever votes or administers has an account of their own."
    remedy_zh = "访问码仅供师傅与学员使用；评审与管理人员须有自己的账号。"


class Making(BaseModel):
    """For how many days the code opens something."""

    model_config = ConfigDict(extra="forbid")
    days: int = Field(default=DAYS, ge=1, le=400)


class MakingForAll(Making):
    """A code for every mentor, or every trainee, of whom an enterprise has told us."""

    kind: Literal["mentor", "trainee"] = "mentor"
    enterprise_id: UUID


@dataclass(frozen=True, slots=True)
class Made:
    """A new code and whose it is. Its text is here and nowhere else."""

    account_id: UUID
    person_id: UUID
    name: str
    code: str
    ends_at: datetime


@router.post("/codes", status_code=201)
async def make_codes(new: MakingForAll, person: Maker, transaction: Transaction) -> dict[str, Any]:
    """What they had before opens nothing any more. Shown this once. An integrator makes those of the own mentors."""
    return {"codes": await for_all(transaction, new, person)}


@router.post("/{account_id}/code", status_code=201)
async def make_code(account_id: UUID, new: Making, _: Admin, transaction: Transaction) -> Made:
    """One more for one person; the code before it opens nothing any more. Shown this once."""
    return await for_one(transaction, account_id, new)


@router.delete("/{account_id}/code", status_code=204)
async def withdraw_code(account_id: UUID, _: Admin, transaction: Transaction) -> None:
    """The code opens nothing any more; whoever came in with it is out within a quarter of an hour."""
    await withdraw(transaction, account_id)


async def for_all(session: AsyncSession, new: MakingForAll, by: Person) -> list[Made]:
    """By name. Who has no account yet gets one with this role; who was ended stays so.

    The names of mentors stay with their enterprise, so its integrator knows whom to give which letter; trainees are the college's.
    """
    if not by.has(Role.ADMIN) and (new.enterprise_id != by.enterprise_id or new.kind != "mentor"):
        raise Forbidden(f"{new.kind} {new.enterprise_id}")
    heard = select(Known.id).where(
        Known.kind == new.kind, col(Known.enterprise_ids).contains([new.enterprise_id])
    )
    ids = list(await session.scalars(heard.order_by(col(Known.id)).limit(AT_ONCE)))
    there = {
        account.person_id: account
        for account in await session.scalars(
            select(Account).where(col(Account.person_id).in_(ids)).with_for_update()
        )
    }
    names = await _names(session, new, ids)
    for id_ in ids:
        if id_ not in there:
            there[id_] = Account(
                issuer=BY_CODE_ALONE, name=names.get(id_) or person_name(id_), person_id=id_, roles=[new.kind],
                enterprise_id=new.enterprise_id, created_at=at_once(), granted_by=by.person_id, granted_at=at_once(),
            )  # fmt: skip
            session.add(there[id_])
    await session.flush()
    mine = [one for one in there.values() if may(one) and one.enterprise_id == new.enterprise_id]
    return [_draw(one, new.days) for one in sorted(mine, key=lambda one: (one.name, str(one.person_id)))]


async def for_one(session: AsyncSession, account_id: UUID, new: Making) -> Made:
    """Raises NotByCode where the account can do what a code must not open."""
    account = await _locked(session, account_id)
    if not may(account):
        raise NotByCode(", ".join(account.roles))
    return _draw(account, new.days)


async def withdraw(session: AsyncSession, account_id: UUID) -> None:
    """Whoever signs in by the provider still does."""
    account = await _locked(session, account_id)
    account.code_hash = account.code_ends_at = None


async def owner(session: AsyncSession, typed: str) -> Person | None:
    """Whom this code names now."""
    account = (await session.scalars(select(Account).where(Account.code_hash == hashed(typed)))).first()
    if account is None or not _in_force(account):
        return None
    account.seen_at = at_once()
    person = person_of(account)
    return person and person.model_copy(update={"by_code": hashed(typed)[:OF_HASH]})


def renewed(account: Account, seen: Person) -> Person | None:
    """Whom an open page names from now on; who came in with a code only while that very code opens something."""
    person = person_of(account)
    if seen.by_code is None:
        return person if account.issuer != BY_CODE_ALONE else None
    same = _in_force(account) and (account.code_hash or "").startswith(seen.by_code)
    return person.model_copy(update={"by_code": seen.by_code}) if person and same else None


def may(account: Account) -> bool:
    """Whether a code may open what this account may do."""
    return person_of(account) is not None and set(account.roles) <= BY_CODE


def _in_force(account: Account) -> bool:
    return account.code_ends_at is not None and account.code_ends_at > at_once() and may(account)


def _draw(account: Account, days: int) -> Made:
    code = draw()
    account.code_hash, account.code_ends_at = hashed(code), at_once() + timedelta(days=days)
    return Made(account.account_id, account.person_id, account.name, code, account.code_ends_at)


async def _locked(session: AsyncSession, account_id: UUID) -> Account:
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NoSuchAccount(str(account_id))
    return account


async def _names(session: AsyncSession, new: MakingForAll, ids: Sequence[UUID]) -> dict[UUID, str]:
    """By what the enterprise calls them: its personnel number, where it has said one."""
    said = select(KnownCode.id, KnownCode.code).where(
        KnownCode.enterprise_id == new.enterprise_id, KnownCode.kind == new.kind, col(KnownCode.id).in_(ids)
    )
    return {row.id: row.code for row in await session.execute(said)}
