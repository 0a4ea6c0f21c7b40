"""My calendar: what a trainee, mentor or teacher has ahead, and the secret address for a phone's calendar."""

from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import delete, select
from sqlmodel import col

from services.placement import calendar_api
from services.placement.access import NoSuchCalendar, NoSuchMentor, NoSuchTrainee
from services.placement.calendar_api import Kind
from services.placement.papers import CalendarLink
from services.placement.record import record_of
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn
from shared.web.page import render

router = APIRouter(prefix="/placement", include_in_schema=False)
OWN: dict[Role, Kind] = {Role.TRAINEE: "trainee", Role.MENTOR: "mentor", Role.TEACHER: "teacher"}


@router.get("/calendar")
async def calendar_page(
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    kind: Kind | None = None,
    person_id: UUID | None = None,
) -> Response:
    """One's own, or for staff that of somebody."""
    whose = kind or next((OWN[role] for role in OWN if person.has(role)), None)
    return await _show(request, person, transaction, whose, person_id or person.person_id)


@router.post("/calendar")
async def change_address(
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    kind: Annotated[Kind, Form()],
    person_id: Annotated[UUID, Form()],
    do: Annotated[str, Form(pattern="^(make|revoke)$")],
) -> Response:
    """A new secret address, shown this once; or none any more."""
    address = None
    if do == "make":
        wanted = calendar_api.NewCalendar(kind=kind, person_id=person_id)
        address = (await calendar_api.make_calendar_address(wanted, transaction, person))["url"]
    else:
        await calendar_api.own(transaction, person, kind, person_id)
        await transaction.execute(delete(CalendarLink).where(col(CalendarLink.person_id) == person_id))
    return await _show(request, person, transaction, kind, person_id, address)


async def _show(
    request: Request,
    person: Person,
    transaction: Transaction,
    kind: Kind | None,
    person_id: UUID,
    address: str | None = None,
) -> Response:
    shown = await _calendar(transaction, person, kind, person_id)
    wanted = select(col(CalendarLink.person_id)).where(col(CalendarLink.person_id) == person_id)
    values: dict[str, Any] = {
        "kind": kind,
        "person_id": person_id,
        "shown": shown,
        "address": str(request.base_url).rstrip("/") + address if address else None,
        "has_address": await transaction.scalar(wanted) is not None,
        "day": await today(transaction),
        "kinds": get_args(Kind),
    }
    return render(request, "calendar.html", person=person, **values)


async def _calendar(
    transaction: Transaction, person: Person, kind: Kind | None, person_id: UUID
) -> dict[str, Any]:
    """Empty where nothing is known yet: a trainee without a cohort, a mentor not named."""
    reading = {
        "trainee": calendar_api.trainee_calendar,
        "mentor": calendar_api.mentor_calendar,
        "teacher": calendar_api.teacher_calendar,
    }
    if kind is None:
        return {}
    try:
        found = await reading[kind](person_id, transaction, person)
        past = await record_of(transaction, person_id) if kind == "trainee" else []
        return found | {"record": past}
    except (NoSuchTrainee, NoSuchMentor, NoSuchCalendar):
        if person_id != person.person_id:
            raise
        return {}
