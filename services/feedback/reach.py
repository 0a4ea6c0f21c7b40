"""Before a cohort starts: what it can show and what it cannot, by its trainees and mentors."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from statistics import median
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import helping, operating, queries
from services.feedback.copies import Cohort, Member, Mentor
from services.feedback.operating import Cell, Row
from services.feedback.protection import Staff
from services.feedback.refusals import CohortUnknown
from services.feedback.rules import Case
from services.feedback.statistics import Vignette
from shared.events.base import Text
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["indicators"])
TOO_SMALL = Text(
    zh="师傅或工位太少，任何不足都不能定论，只会请求更多评价。",
    en="Too few mentors or stations: no shortfall can be confirmed, only asked about.",
)


@router.get("/cohorts/{cohort_id}/reach")
async def read_reach(cohort_id: UUID, _: Staff, transaction: Transaction) -> dict[str, Any]:
    """The operating table with the row nearest to this cohort, and what that row says."""
    cohort = await transaction.get(Cohort, cohort_id)
    case = await queries.case_of(transaction, cohort_id, date.max, with_ratings=False) if cohort else None
    if case is None:
        raise CohortUnknown
    trainees, mentors, stations = await _size(transaction, cohort_id)
    can = mentors >= case.bar.minimum_mentors and stations >= case.bar.minimum_stations
    row = operating.nearest(trainees, mentors if can else 1)
    required = median(one.level for one in case.asked)
    cases = await _cases_of_all(transaction, case)
    cells = row.at(required, with_vignettes=cases)
    found = [one.shortfall for one in cells if one.power >= helping.FOUND]
    return {
        "trainees": trainees, "mentors": mentors, "stations": stations, "looks": case.bar.looks,
        "competencies": case.bar.competencies, "detectable": min(found, default=None) if can else None,
        "common_cases": cases, "words": _words(row, cells, cases=cases) if can else TOO_SMALL,
        "advice": helping.advice(row, required, cases=cases), **_table(row),
    }  # fmt: skip


async def _cases_of_all(session: AsyncSession, case: Case) -> bool:
    """Whether the programme has a common case of everything that is asked, as the simulated cohorts with cases have."""
    wanted = select(Vignette.competency).where(
        Vignette.programme_id == case.programme_id, col(Vignette.withdrawn_on).is_(None)
    )
    return {one.competency for one in case.asked} <= set(await session.scalars(wanted))


async def _size(session: AsyncSession, cohort_id: UUID) -> tuple[int, int, int]:
    """Trainees, and mentors and stations of the enterprises that they come from."""
    trainees = await session.scalar(select(func.count()).where(Member.cohort_id == cohort_id)) or 0
    theirs = select(Member.enterprise_id).where(Member.cohort_id == cohort_id)
    present = await session.execute(
        select(func.count(), func.count(func.distinct(Mentor.station_id))).where(
            col(Mentor.enterprise_id).in_(theirs)
        )
    )
    return trainees, *present.one()


def _table(row: Row) -> dict[str, Any]:
    how, rows = operating.table()
    cells = rows[0].cells
    return {
        "how": how, "levels": list(dict.fromkeys(one.required for one in cells)),
        "shortfalls": list(dict.fromkeys(one.shortfall for one in cells)),
        "table": [
            {**asdict(one), "cells": [_told(cell) for cell in one.cells], "nearest": one == row}
            for one in rows
        ],
    }  # fmt: skip


def _told(cell: Cell) -> dict[str, Any]:
    beside = {"with_vignettes": cell.with_vignettes, "pooled": cell.pooled}
    others = {name: _told(one) if one else None for name, one in beside.items()}
    return {**asdict(cell), "margin": cell.margin, **others}


def _words(row: Row, cells: Sequence[Cell], *, cases: bool) -> Text:
    zh = "，".join(f"{one.shortfall:g} 级的不足有 {one.power:.0%} 能发现" for one in cells)
    en = ", ".join(f"a shortfall of {one.shortfall:g} levels in {one.power:.0%}" for one in cells)
    size = (row.trainees, row.mentors, cells[0].required)
    return Text(
        zh="在最接近的模拟班级（{} 名学员、{} 位师傅、要求 {:g} 级{}）中，{}；更小的不足多半发现不了。".format(
            *size, "，师傅评过每项能力的共同案例" if cases else "", zh
        ),
        en="In simulated cohorts nearest to this one ({} trainees, {} mentors, requirement {:g}{}) we find {}; smaller ones mostly not.".format(
            *size, ", mentors have rated a common case of each competency" if cases else "", en
        ),
    )
