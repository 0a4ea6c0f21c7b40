"""What people who sign in by the identity provider may do here: an administrator says it, and can take it back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, func, select

from services.gateway.model import Account, at_once
from services.gateway.provider import Identity, Oidc
from shared.errors import Invalid, NotFound, Refused
from shared.service import Transaction
from shared.web.identity import Person, Role, Side, require

router = APIRouter(prefix="/v1/people", tags=["people"])
Admin = Annotated[Person, require(Role.ADMIN)]
OF_ENTERPRISE = frozenset({Role.PANEL_ENTERPRISE, Role.MENTOR, Role.INTEGRATOR})
OF_COLLEGE = frozenset({Role.COORDINATOR, Role.PANEL_COLLEGE, Role.TEACHER, Role.MANAGER})
MOST = 500
HIDDEN = {"issuer", "code_hash"}
Address = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\\s\x00]+@[^@\\s\x00]+$")]


class NoSuchAccount(NotFound):
    """There is no such account."""

    code = "E-GTW-ACCOUNT"
    zh = "没有此账号。"


class TwoSides(Invalid):
    """One person cannot stand on both sides: their voice would count for the college and for the enterprise."""

    code = "E-GTW-SIDES"
    zh = "一人不能同时代表院校与企业：其意见会被双方计入。"
    remedy = "Choose roles of the college or of the enterprise; the other side is another person."
    remedy_zh = "请只选院校角色或企业角色；另一方由他人担任。"


class WhoseIsMissing(Invalid):
    """A role of an enterprise or of a college needs to be told which one."""

    code = "E-GTW-WHOSE"
    zh = "企业或院校的角色须注明是哪一家。"
    remedy = "Give the id of the enterprise or of the college, as events name it."
    remedy_zh = "请填写事件中所用的企业或院校编号。"


class PersonTaken(Refused):
    """Another account is this person already, or has this e-mail address."""

    code = "E-GTW-PERSON"
    zh = "已有另一账号使用该人员编号或邮箱。"
    remedy = "Change or end that account; the list on /people has it."
    remedy_zh = "请先修改或停用该账号（见 /people 列表）。"


class PersonStays(Refused):
    """Who has had a role keeps the id under which they acted."""

    code = "E-GTW-PERSON-KEPT"
    zh = "已有过角色的人员不能更换其编号，以保留其操作记录。"
    remedy = "Leave the person id as it is; or end this account and prepare another one."
    remedy_zh = "请保留原人员编号；或停用此账号后另建账号。"


class Grant(BaseModel):
    """What a person may do, for whom, and under which id events know them."""

    model_config = ConfigDict(extra="forbid")
    roles: frozenset[Role] = Field(min_length=1)
    college_id: UUID | None = None
    enterprise_id: UUID | None = None
    person_id: UUID | None = None


class Prepared(Grant):
    """The same for somebody who has not signed in yet: the first who does with this verified address."""

    email: Address
    name: str = Field(default="", max_length=100, pattern=r"^[^\x00]*$")


@router.get("")
async def list_people(_: Admin, transaction: Transaction) -> dict[str, Any]:
    """Everybody, those who wait for a role first; `person_id` is how events name them."""
    return {"people": [account.model_dump(exclude=HIDDEN) for account in await everybody(transaction)]}


@router.post("", status_code=201)
async def prepare_person(
    new: Prepared, person: Admin, transaction: Transaction, request: Request
) -> dict[str, Any]:
    """Roles that are there before the person is."""
    return (await prepare(transaction, new, person, request.app.state.provider.oidc.issuer)).model_dump(
        exclude=HIDDEN
    )


@router.put("/{account_id}")
async def grant_person(
    account_id: UUID, new: Grant, person: Admin, transaction: Transaction
) -> dict[str, Any]:
    """Roles from now on; whoever is signed in has them within a quarter of an hour."""
    return (await grant(transaction, account_id, new, person)).model_dump(exclude=HIDDEN)


@router.delete("/{account_id}", status_code=204)
async def end_person(account_id: UUID, _: Admin, transaction: Transaction) -> None:
    """Nothing any more, within a quarter of an hour; a new grant opens it again."""
    await end(transaction, account_id)


async def everybody(session: AsyncSession) -> list[Account]:
    """Those who wait first, then by name."""
    waiting = func.jsonb_array_length(col(Account.roles)) > 0
    order = (col(Account.ended_at).is_not(None), waiting, col(Account.name), col(Account.account_id))
    return list(await session.scalars(select(Account).order_by(*order).limit(MOST)))


async def enter(session: AsyncSession, who: Identity, oidc: Oidc) -> Account:
    """Their account: by subject; else the one prepared for their verified address; else a new one without any role."""
    mine = select(Account).where(Account.issuer == oidc.issuer).with_for_update()
    account = (await session.scalars(mine.where(Account.subject == who.subject))).first()
    if account is None and who.email and who.email_verified:
        prepared = mine.where(
            col(Account.subject).is_(None), func.lower(col(Account.email)) == who.email.lower()
        )
        account = (await session.scalars(prepared)).first()
    if account is None:
        account = Account(issuer=oidc.issuer, name=who.name, created_at=at_once())
    account.subject, account.name, account.email, account.seen_at = (
        who.subject,
        who.name,
        who.email,
        at_once(),
    )
    if oidc.is_admin(who) and Role.ADMIN not in account.roles:
        account.roles, account.ended_at = [*account.roles, Role.ADMIN], None
    session.add(account)
    await session.flush()
    return account


async def prepare(session: AsyncSession, new: Prepared, by: Person, issuer: str) -> Account:
    """An account that waits for its person."""
    check(new)
    same = select(Account.account_id).where(
        Account.issuer == issuer, func.lower(col(Account.email)) == new.email.lower()
    )
    if (await session.scalars(same)).first():
        raise PersonTaken(new.email, field="email")
    account = Account(issuer=issuer, email=new.email, name=new.name or new.email, created_at=at_once())
    session.add(account)
    await session.flush()
    return await grant(session, account.account_id, Grant(**new.model_dump(exclude={"email", "name"})), by)


async def grant(session: AsyncSession, account_id: UUID, new: Grant, by: Person) -> Account:
    """What the account may do from now on, and who said so."""
    check(new)
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NoSuchAccount(str(account_id))
    if new.person_id and new.person_id != account.person_id:
        if account.granted_at:
            raise PersonStays(field="person_id")
        taken = select(Account.account_id).where(Account.person_id == new.person_id)
        if (await session.scalars(taken)).first():
            raise PersonTaken(str(new.person_id), field="person_id")
        account.person_id = new.person_id
    account.roles = sorted(new.roles)
    account.college_id, account.enterprise_id = new.college_id, new.enterprise_id
    account.granted_by, account.granted_at, account.ended_at = by.person_id, at_once(), None
    return account


async def end(session: AsyncSession, account_id: UUID) -> Account:
    """The account opens nothing any more."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NoSuchAccount(str(account_id))
    account.ended_at = at_once()
    return account


def check(new: Grant) -> None:
    """Raises Invalid where the roles do not go together or nobody is named for them."""
    theirs, ours = new.roles & OF_ENTERPRISE, new.roles & OF_COLLEGE
    if theirs and ours:
        raise TwoSides(", ".join(sorted(theirs | ours)), field="roles")
    if theirs and new.enterprise_id is None:
        raise WhoseIsMissing(", ".join(sorted(theirs)), field="enterprise_id")
    if ours and new.college_id is None:
        raise WhoseIsMissing(", ".join(sorted(ours)), field="college_id")


def person_of(account: Account) -> Person | None:
    """Whom a token may name; nobody while the account has no role or once it has ended."""
    if account.ended_at or not account.roles:
        return None
    roles = frozenset(map(Role, account.roles))
    side = Side.ENTERPRISE if roles & OF_ENTERPRISE else Side.COLLEGE if roles & OF_COLLEGE else None
    return Person(
        person_id=account.person_id, name=account.name, roles=roles, side=side,
        college_id=account.college_id if side is Side.COLLEGE else None,
        enterprise_id=account.enterprise_id if roles & (OF_ENTERPRISE | {Role.TRAINEE}) else None,
    )  # fmt: skip


async def account_of(session: AsyncSession, person: Person) -> Account | None:
    """The account behind a token, if it came from the provider."""
    return (await session.scalars(select(Account).where(Account.person_id == person.person_id))).first()
