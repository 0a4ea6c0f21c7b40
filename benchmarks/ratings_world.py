"""The programme that `ratings.py` plays: cohorts of 100 trainees, 12 mentors at four stations, 12 competencies that are due."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.feedback.beliefs import Assumed
from services.feedback.copies import Cohort, InForce, Member, Mentor, PlanVersion, Programme, Station
from services.feedback.mixed_evalue import RULE
from services.feedback.statistics import Assumption
from services.feedback.tally import Spread
from services.feedback.tallying import PRIOR
from shared.events.enterprise import TraineeRated

COHORTS, TRAINEES, MENTORS, STATIONS, COMPETENCIES = 40, 100, 12, 4, 12
SHAPE = {
    "cohorts": COHORTS,
    "trainees_each": TRAINEES,
    "mentors": MENTORS,
    "stations": STATIONS,
    "competencies": COMPETENCIES,
}
START, NOW = date(2021, 9, 6), datetime(2021, 12, 6, 8, tzinfo=UTC)
ENTERPRISE, PLAN = UUID(int=1), UUID(int=2)
CODES = [f"c{number}" for number in range(COMPETENCIES)]
TITLE = {"zh": "基准", "en": "benchmark"}


def numbered(kind: int, number: int) -> UUID:
    return UUID(int=(kind << 64) + number)


def rating(chance: np.random.Generator, cohort: int) -> TraineeRated:
    """Of somebody by somebody, around what is required; nothing falls short."""
    return TraineeRated(
        enterprise_id=ENTERPRISE, rating_id=UUID(bytes=chance.bytes(16)),
        trainee_id=numbered(3, cohort * TRAINEES + int(chance.integers(TRAINEES))),
        mentor_id=numbered(4, cohort * MENTORS + int(chance.integers(MENTORS))),
        competency=CODES[int(chance.integers(COMPETENCIES))],
        level=int(np.clip(round(chance.normal(4.2, 0.8)), 1, 5)), observed_on=NOW.date(),
    )  # fmt: skip


async def set_up(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Each cohort in a programme of its own with mentors of its own, so that no lock is shared."""
    asked = [{"competency": code, "level": 4, "due_week": 4, "position_id": None} for code in CODES]
    rows = {
        Programme: [
            {"programme_id": numbered(1, at), "agreement_id": PLAN, "college_id": PLAN, "title": TITLE, "evidence": {},
             "enterprise_ids": [str(ENTERPRISE)]}
            for at in range(COHORTS)
        ],
        Cohort: [
            {"cohort_id": numbered(2, at), "programme_id": numbered(1, at), "college_id": PLAN, "title": TITLE,
             "first_monday": START}
            for at in range(COHORTS)
        ],
        Member: [
            {"trainee_id": numbered(3, at), "cohort_id": numbered(2, at // TRAINEES), "enterprise_id": ENTERPRISE,
             "college_number": str(at)}
            for at in range(COHORTS * TRAINEES)
        ],
        PlanVersion: [
            {"plan_id": PLAN, "plan_version": 1, "programme_id": numbered(1, 0), "requirements": asked, "modules": [],
             "coverage": dict.fromkeys(CODES, 40.0), "last_week": 40}
        ],
        InForce: [
            {"cohort_id": numbered(2, at), "effective_from": START, "plan_id": PLAN, "plan_version": 1, "from_week": 1}
            for at in range(COHORTS)
        ],
        Station: [
            {"station_id": numbered(5, at), "workshop_id": PLAN, "enterprise_id": ENTERPRISE, "title": TITLE,
             "competencies": CODES}
            for at in range(STATIONS)
        ],
        Mentor: [
            {"mentor_id": numbered(4, at), "enterprise_id": ENTERPRISE, "workshop_id": PLAN,
             "station_id": numbered(5, at % STATIONS), "ratio": 20, "effective_from": START}
            for at in range(COHORTS * MENTORS)
        ],
        Assumption: [
            {"cohort_id": numbered(2, at), "frozen_on": START, "source": PRIOR, "pooled": False, "rule": RULE,
             "spread": asdict(Spread()), "assumed": asdict(Assumed())}
            for at in range(COHORTS)
        ],
    }  # fmt: skip
    async with sessions.begin() as session:
        for table, values in rows.items():
            for start in range(0, len(values), 2000):
                await session.execute(insert(table).values(values[start : start + 2000]))
