"""Rotas over HTTP: a pattern of crews, or a sheet by the day. The enterprise keeps its own, or the college for it."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import Field
from sqlalchemy import delete, select
from sqlmodel import col

from services.placement.access import NoSuchMentor
from services.placement.api import Body
from services.placement.model import Mentor
from services.placement.papers import Duty
from services.placement.reconsidering import ask
from services.placement.rota import Shift, from_pattern, from_sheet
from shared.errors import Invalid
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter(prefix="/placement/v1/rotas", tags=["rotas"])
Planner = Annotated[Person, require(Role.COORDINATOR, Role.PANEL_ENTERPRISE, Role.INTEGRATOR)]
Hours = Annotated[float, Field(gt=0, le=24)]
LONGEST = 800
LARGEST = 4 * 1024 * 1024


class BadRota(Invalid):
    """The rota cannot be read."""

    code = "E-PLC-425"
    zh = "排班表无法读取。"
    remedy = "Correct the cells named and send the whole sheet again; nothing of it was kept."
    remedy_zh = "请更正所列单元格后重新上传整张表；本次未保存任何内容。"


class Rota(Body):
    """A pattern that crews go through one after the other, such as 四班三倒: two days, two evenings, two nights, two off."""

    pattern: list[Literal["day", "evening", "night", "off"]] = Field(min_length=1, max_length=60)
    crews: dict[str, int] = Field(
        min_length=1, max_length=20, description="how many days further in the pattern"
    )
    mentors: dict[UUID, str] = Field(min_length=1, max_length=2000, description="the crew of each mentor")
    first_day: date
    last_day: date
    hours: Hours | None = Field(default=None, description="how long a shift is")


@router.put("")
async def keep_pattern(body: Rota, transaction: Transaction, person: Planner) -> dict[str, int]:
    if not 0 <= (body.last_day - body.first_day).days < LONGEST:
        raise BadRota(f"{body.first_day} - {body.last_day}", field="last_day")
    unknown = sorted({crew for crew in body.mentors.values() if crew not in body.crews})
    if unknown:
        raise BadRota(", ".join(unknown), field="mentors")
    shifts = list(from_pattern(body.pattern, body.crews, body.mentors, body.first_day, body.last_day))
    return await _keep(transaction, person, shifts, body.hours)


@router.post("/sheet")
async def keep_sheet(
    file: UploadFile,
    transaction: Transaction,
    person: Planner,
    hours: Annotated[Hours | None, Form()] = None,
) -> dict[str, int]:
    """Excel or CSV: ids of mentors down, dates across, a shift in each cell; beside it how long a shift is."""
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise BadRota("> 4 MiB", field="file")
    shifts, bad = from_sheet(content)
    if bad:
        cells: list[dict[str, Any]] = [
            {"row": one.row, "column": one.column, "words": one.words.model_dump()} for one in bad[:200]
        ]
        first = bad[0]
        said = f"row {first.row}, column {first.column}: {first.words.zh} / {first.words.en}"
        raise BadRota(said, field="file", cells=cells)
    return await _keep(transaction, person, shifts, hours)


@router.get("/sheet.csv")
async def empty_sheet(transaction: Transaction, person: Planner) -> Response:
    """The mentors who are there now, under the next four weeks of days, ready to be filled in."""
    wanted = select(Mentor).where(col(Mentor.left_from).is_(None)).order_by(col(Mentor.mentor_id))
    if not person.has(Role.COORDINATOR):
        wanted = wanted.where(col(Mentor.enterprise_id) == person.enterprise_id)
    first = await today(transaction)
    days = [first + timedelta(days=number - first.weekday()) for number in range(28)]
    lines = [["mentor_id", *map(str, days)]]
    lines += [[str(mentor.mentor_id), *[""] * len(days)] for mentor in await transaction.scalars(wanted)]
    text = "".join(",".join(line) + "\r\n" for line in lines)
    return Response(
        "\ufeff" + text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rota.csv"', "Cache-Control": "no-store"},
    )


async def _keep(
    session: Transaction, person: Person, shifts: list[Shift], hours: float | None
) -> dict[str, int]:
    """These days of these mentors, in place of what was kept for them; then whom it concerns is looked at again."""
    mentors = {mentor for mentor, _, _ in shifts}
    wanted = select(col(Mentor.mentor_id)).where(col(Mentor.mentor_id).in_(mentors))
    if not person.has(Role.COORDINATOR):
        wanted = wanted.where(col(Mentor.enterprise_id) == person.enterprise_id)
    unknown = mentors - set(await session.scalars(wanted))
    if unknown:
        raise NoSuchMentor(", ".join(sorted(map(str, unknown))[:20]))
    days = {day for _, day, _ in shifts}
    old = delete(Duty).where(
        col(Duty.mentor_id).in_(mentors), col(Duty.day) >= min(days), col(Duty.day) <= max(days)
    )
    await session.execute(old)
    session.add_all(
        Duty(mentor_id=mentor, day=day, shift=shift, hours=hours) for mentor, day, shift in shifts
    )
    await ask(session)
    return {"mentors": len(mentors), "days": len(days)}
