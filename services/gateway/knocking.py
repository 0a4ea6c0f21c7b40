"""The door for whoever has a code: of a mentor or trainee here, of an applicant at recruitment; few tries for who guesses."""

from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

import httpx
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from services.gateway import access_codes
from services.gateway.asking import client_of
from services.gateway.ledger import count_sent
from services.gateway.model import QuotaMinute, at_once
from shared.errors import NotFound, Refused
from shared.web.identity import Person, Role

WRONG_TRIES = 20
"""From one address in an hour. A class behind one address may all come: only wrong codes count."""


class WrongCode(NotFound):
    """This code opens nothing: it was mistyped, has expired, or was withdrawn."""

    code = "E-GTW-CODE"
    zh = "此访问码无效：可能输入有误、已过期或已被撤回。"
    remedy = "Compare it with the letter (it has no 0, O, 1 or I), or ask the college for a new one."
    remedy_zh = "请与通知书核对（访问码中没有 0、O、1、I），或向学院申请新的访问码。"


class TooManyTries(Refused):
    """Too many wrong codes came from here."""

    code = "E-GTW-TRIES"
    status = 429
    zh = "从此处输入的错误访问码过多。"
    remedy = "Try again in the next hour, or call the college."
    remedy_zh = "请在下一个小时再试，或致电学院。"


class NobodyAnswers(Refused):
    """The code cannot be looked up at the moment."""

    code = "E-GTW-CODE-LATER"
    status = 503
    zh = "暂时无法核对访问码。"
    remedy = "Try again in a minute."
    remedy_zh = "请一分钟后再试。"


async def visitor_with(request: Request, session: AsyncSession, typed: str) -> tuple[Person, str]:
    """Whom this code names, and the page that it is for: a mentor or trainee, or an applicant who may open nothing else."""
    visitor, hour = uuid5(NAMESPACE_OID, f"code {_address(request)}"), _hour()
    counted = select(QuotaMinute.events).where(QuotaMinute.source_id == visitor, QuotaMinute.minute == hour)
    if (await session.scalar(counted) or 0) >= WRONG_TRIES:
        raise TooManyTries(field="code")
    if named := await access_codes.owner(session, typed):
        return named, "/"
    found = await _owner(request, typed)
    if found is None:
        await count_sent(session, visitor, hour, 1)
        raise WrongCode(field="code")
    person = Person(
        person_id=found["applicant_id"], name="申请人 / Applicant", roles=frozenset({Role.APPLICANT})
    )
    return person, f"/recruitment/applications/{found['application_id']}"


async def _owner(request: Request, typed: str) -> dict[str, UUID] | None:
    """What recruitment says of this code."""
    try:
        async with client_of(request.app, "recruitment") as client:
            answer = await client.post("/recruitment/v1/codes/owner", json={"code": typed[:100]})
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return {name: UUID(value) for name, value in answer.json().items()}
    except (httpx.HTTPError, ValueError) as error:
        raise NobodyAnswers from error


def _address(request: Request) -> str:
    """Where this came from: the last that the ingress adds, which nobody in front of it can choose."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "")


def _hour() -> datetime:
    return at_once().replace(minute=0, second=0, microsecond=0)
