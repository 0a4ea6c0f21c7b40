"""Calendars of one person: as JSON for the person and staff, as iCalendar for who has the secret address."""

import secrets
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import delete, select
from sqlmodel import col

from services.placement import queries, theory, view
from services.placement.access import NoSuchCalendar, NoSuchTrainee, may_see_mentor, own_or_staff
from services.placement.api import Body
from services.placement.calendars import hash_of, ical
from services.placement.groups import groups_of, held_back
from services.placement.model import Cohort, Member, Mentor, Plan, StintRow
from services.placement.papers import CalendarLink
from services.placement.staff import Secondment
from shared.events.base import Text
from shared.events.curriculum import PlanPublished
from shared.messaging import now
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn

router = APIRouter(prefix="/placement/v1", tags=["calendars"])
Kind = Literal["trainee", "mentor", "teacher"]


class NewCalendar(Body):
    """Whose calendar gets an address."""

    kind: Kind
    person_id: UUID


@router.get("/mentors/{mentor_id}/calendar")
async def mentor_calendar(mentor_id: UUID, transaction: Transaction, person: SignedIn) -> dict[str, Any]:
    mentor = may_see_mentor(person, await transaction.get(Mentor, mentor_id), mentor_id)
    stints = [one for one in await _of_mentor(transaction, mentor_id) if not one["cancelled"]]
    return {"mentor_id": mentor_id, "name": mentor.name, "stints": stints}


@router.get("/trainees/{trainee_id}/calendar")
async def trainee_calendar(trainee_id: UUID, transaction: Transaction, person: SignedIn) -> dict[str, Any]:
    own_or_staff(person, trainee_id, Role.TRAINEE)
    found = await _of_trainee(transaction, trainee_id)
    if found is None:
        raise NoSuchTrainee(str(trainee_id))
    return found | {"stints": [one for one in found["stints"] if not one["cancelled"]]}


@router.get("/teachers/{teacher_id}/calendar")
async def teacher_calendar(teacher_id: UUID, transaction: Transaction, person: SignedIn) -> dict[str, Any]:
    own_or_staff(person, teacher_id, Role.TEACHER)
    secondments = await _secondments(transaction, teacher_id)
    lessons = await theory.of_teacher(transaction, teacher_id)
    return {"teacher_id": teacher_id, "secondments": secondments, "lessons": lessons}


@router.post("/calendars", status_code=201)
async def make_calendar_address(
    body: NewCalendar, transaction: Transaction, person: SignedIn
) -> dict[str, str]:
    await own(transaction, person, body.kind, body.person_id)
    await transaction.execute(delete(CalendarLink).where(col(CalendarLink.person_id) == body.person_id))
    secret = secrets.token_urlsafe(24)
    link = CalendarLink(
        secret_hash=hash_of(secret), kind=body.kind, person_id=body.person_id, made_by=person.person_id
    )
    transaction.add(link)
    return {"url": f"{router.prefix}/calendars/{secret}.ics"}


@router.delete("/calendars/{secret}", status_code=204)
async def revoke_calendar_address(secret: str, transaction: Transaction, person: SignedIn) -> None:
    link = await transaction.get(CalendarLink, hash_of(secret.removesuffix(".ics")))
    if link is None:
        raise NoSuchCalendar
    await own(transaction, person, link.kind, link.person_id)
    await transaction.delete(link)


@router.get("/calendars/{secret}.ics")
async def read_calendar(secret: str, transaction: Transaction) -> Response:
    link = await transaction.get(CalendarLink, hash_of(secret))
    if link is None:
        raise NoSuchCalendar
    stints: list[dict[str, Any]] = []
    if link.kind == "mentor":
        stints = await _of_mentor(transaction, link.person_id)
    elif link.kind == "trainee":
        found = await _of_trainee(transaction, link.person_id)
        stints = found["stints"] if found and not found["held_back"] else []
    away = await _secondments(transaction, link.person_id) if link.kind == "teacher" else []
    lessons = await theory.of_teacher(transaction, link.person_id) if link.kind == "teacher" else []
    body = ical("匠育协同 Tailored", stints, away, lessons, await now(transaction))
    return Response(
        body, media_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private, max-age=300"}
    )


async def own(session: Transaction, person: Person, kind: str, person_id: UUID) -> None:
    """Refuse whoever may not see this person's calendar."""
    if kind == "mentor":
        may_see_mentor(person, await session.get(Mentor, person_id), person_id)
    else:
        own_or_staff(person, person_id, Role.TRAINEE if kind == "trainee" else Role.TEACHER)


async def _secondments(session: Transaction, teacher_id: UUID) -> list[Secondment]:
    wanted = (
        select(Secondment).where(col(Secondment.teacher_id) == teacher_id).order_by(col(Secondment.first_day))
    )
    return list((await session.scalars(wanted)).all())


async def _of_mentor(session: Transaction, mentor_id: UUID) -> list[dict[str, Any]]:
    mine = col(StintRow.mentor_ids).contains([str(mentor_id)])
    rows = (await session.scalars(select(StintRow).where(mine).order_by(col(StintRow.monday)))).all()
    trainees: dict[tuple[UUID, str], list[UUID]] = {}
    for cohort_id in {row.cohort_id for row in rows}:
        cohort = await queries.cohort_of(session, cohort_id)
        if cohort:
            shown = view.timetable(await queries.everything_about(session, cohort))
            trainees |= {(cohort_id, one["group"]): one["trainee_ids"] for one in shown["groups"]}
    shown_rows = await shown_stints(session, list(rows))
    return [one | {"trainee_ids": trainees.get((one["cohort_id"], one["group"]), [])} for one in shown_rows]


async def _of_trainee(session: Transaction, trainee_id: UUID) -> dict[str, Any] | None:
    wanted = select(Cohort).join(Member, col(Member.cohort_id) == col(Cohort.cohort_id))
    mine = wanted.where(col(Member.trainee_id) == trainee_id, col(Member.withdrew_on).is_(None))
    found: dict[str, Any] | None = None
    for cohort in (await session.scalars(mine.order_by(col(Cohort.first_monday)))).all():
        known = await queries.everything_about(session, cohort)
        size = known.template.group_size if known.template else 1
        groups = groups_of(known.members, size, known.today)
        group = next((one.group for one in groups if trainee_id in one.trainee_ids), None)
        back = held_back(known, [(row.group, row.monday) for row in known.stints]).get(trainee_id, [])
        all_rows = select(StintRow).where(
            col(StintRow.cohort_id) == cohort.cohort_id, col(StintRow.group) == group
        )
        rows = list((await session.scalars(all_rows.order_by(col(StintRow.monday)))).all())
        earlier = found["stints"] if found else []
        found = {
            "trainee_id": trainee_id,
            "cohort_id": cohort.cohort_id,
            "group": group,
            "stints": earlier + await shown_stints(session, [] if back else rows),
            "held_back": back,
        }
    return found


async def shown_stints(session: Transaction, rows: list[StintRow]) -> list[dict[str, Any]]:
    floor = await queries.floor(session)
    modules: dict[UUID, dict[str, Text]] = {}
    for cohort_id in {row.cohort_id for row in rows}:
        cohort = await queries.cohort_of(session, cohort_id)
        plan = (
            await session.get(Plan, (cohort.plan_id, cohort.plan_version))
            if cohort and cohort.plan_id
            else None
        )
        modules[cohort_id] = view.modules_of(PlanPublished.model_validate(plan.content) if plan else None)
    return [
        view.stint(row, floor, modules[row.cohort_id])
        | {"sequence": row.sequence, "cancelled": row.cancelled}
        for row in rows
    ]
