"""Promises of an agreement, held against what events show."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback.copies import Cohort, Employment, Member, Mentor, Payment, Programme, Station
from services.feedback.model import PromiseState
from services.feedback.protection import enough
from shared.events.base import Text
from shared.events.feedback import PromiseChecked

Count = Callable[[AsyncSession, PromiseState, date], Awaitable[Decimal]]

HOW = {
    "seats": Text(
        zh="该企业在本协议项目中的在册学员人数。",
        en="Trainees of the enterprise enrolled in programmes of this agreement.",
    ),
    "tuition": Text(
        zh="企业申报的已支付学费合计。", en="Sum of the payments that the enterprise has stated."
    ),
    "stations_per_week": Text(zh="企业目前提供的实训工位数。", en="Stations that the enterprise offers now."),
    "mentor_ratio": Text(
        zh="每名在岗师傅对应的学员人数，不超过承诺即为兑现。",
        en="Trainees per mentor present; kept when not above the promise.",
    ),
    "jobs": Text(zh="企业已录用的人数。", en="People whom the enterprise has hired."),
    "salary_band": Text(zh="已录用学员中最低的月薪。", en="Lowest monthly salary among trainees hired."),
}


async def check(session: AsyncSession, promise: PromiseState, day: date) -> PromiseChecked | None:
    """Count again; said only when the verdict changes or the promise falls due."""
    delivered = await COUNTS[promise.kind](session, promise, day)
    verdict = judge(promise.kind, Decimal(promise.promised), delivered, promise.due_on, day)
    if promise.checked_on and verdict == promise.verdict:
        return None
    hidden = await _of_too_few(session, promise)
    checked = PromiseChecked(
        agreement_id=promise.agreement_id, promise_id=promise.promise_id, promised=Decimal(promise.promised),
        delivered=Decimal(0) if hidden else delivered, suppressed=hidden, due_on=promise.due_on, verdict=verdict,
        checked_on=day,
    )  # fmt: skip
    promise.apply(checked)
    return checked


def judge(kind: str, promised: Decimal, delivered: Decimal, due_on: date, day: date) -> str:
    """Kept when enough is there (a ratio: not too much); broken when the day has passed without."""
    is_there = 0 < delivered <= promised if kind == "mentor_ratio" else delivered >= promised
    return "kept" if is_there else "broken" if day > due_on else "open"


async def check_those_of(
    session: AsyncSession, enterprise_id: UUID, kinds: set[str], day: date
) -> list[PromiseChecked]:
    """After a fact that bears on some kinds of promise of an enterprise."""
    wanted = select(PromiseState).where(
        PromiseState.enterprise_id == enterprise_id, col(PromiseState.kind).in_(kinds)
    )
    rows = (await session.scalars(wanted.order_by(col(PromiseState.promise_id)).with_for_update())).all()
    checked = [await check(session, promise, day) for promise in rows]
    return [one for one in checked if one and one.verdict != "open"]


async def _trainees(session: AsyncSession, promise: PromiseState, _: date) -> Decimal:
    wanted = (
        select(func.count(func.distinct(Member.trainee_id)))
        .join(Cohort, col(Cohort.cohort_id) == Member.cohort_id)
        .join(Programme, col(Programme.programme_id) == Cohort.programme_id)
        .where(Programme.agreement_id == promise.agreement_id, Member.enterprise_id == promise.enterprise_id)
        .where(col(Member.withdrew_on).is_(None))
    )
    return Decimal(await session.scalar(wanted) or 0)


async def _paid(session: AsyncSession, promise: PromiseState, _: date) -> Decimal:
    rows = await session.scalars(select(Payment.amount).where(Payment.promise_id == promise.promise_id))
    return sum((Decimal(amount) for amount in rows), Decimal(0))


async def _stations(session: AsyncSession, promise: PromiseState, _: date) -> Decimal:
    wanted = select(func.count()).where(Station.enterprise_id == promise.enterprise_id)
    return Decimal(await session.scalar(wanted) or 0)


async def _ratio(session: AsyncSession, promise: PromiseState, day: date) -> Decimal:
    present = col(Mentor.left_from).is_(None) | (col(Mentor.left_from) > day)
    mentors = await session.scalar(
        select(func.count()).where(Mentor.enterprise_id == promise.enterprise_id, present)
    )
    trainees = await _trainees(session, promise, day)
    return round(trainees / Decimal(mentors), 2) if mentors else Decimal(0)


async def _hired(session: AsyncSession, promise: PromiseState, _: date) -> Decimal:
    wanted = select(func.count()).where(
        Employment.enterprise_id == promise.enterprise_id, col(Employment.hired_on).is_not(None)
    )
    return Decimal(await session.scalar(wanted) or 0)


async def _lowest_salary(session: AsyncSession, promise: PromiseState, _: date) -> Decimal:
    wanted = select(func.min(Employment.monthly_salary)).where(*_paid_trainees(promise))
    return Decimal(str(await session.scalar(wanted) or 0))


def _paid_trainees(promise: PromiseState) -> tuple[ColumnElement[bool], ...]:
    mine = col(Employment.enterprise_id) == promise.enterprise_id
    return mine, col(Employment.trainee_id).is_not(None), col(Employment.monthly_salary).is_not(None)


async def _of_too_few(session: AsyncSession, promise: PromiseState) -> bool:
    """A salary is somebody's: of few people one would know whose. Whether the promise was kept is told all the same."""
    if promise.kind != "salary_band":
        return False
    people = await session.scalar(select(func.count()).where(*_paid_trainees(promise))) or 0
    return people > 0 and not enough(people)


COUNTS: dict[str, Count] = {
    "seats": _trainees, "tuition": _paid, "stations_per_week": _stations, "mentor_ratio": _ratio, "jobs": _hired,
    "salary_band": _lowest_salary,
}  # fmt: skip


async def shown(session: AsyncSession, promise: PromiseState, day: date) -> dict[str, object]:
    """How it stands today, and how that was counted."""
    delivered = await COUNTS[promise.kind](session, promise, day)
    verdict = judge(promise.kind, Decimal(promise.promised), delivered, promise.due_on, day)
    hidden = await _of_too_few(session, promise)
    told = {"delivered": None if hidden else str(delivered), "suppressed": hidden}
    return {**promise.model_dump(), **told, "verdict": verdict, "how": HOW[promise.kind]}
