"""Who cannot be admitted because of something else they are in, and whoever must be in something to be admitted."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment import cohorts
from services.recruitment.eligibility import Failed
from services.recruitment.model import Application, Cohort, Enrolled, Intake, Programme
from services.recruitment.queries import HOLDS
from shared.events.base import Text
from shared.programmes.grammar import Template

Bound = dict[tuple[UUID, UUID], Failed]


async def bound_elsewhere(session: AsyncSession, intakes: Collection[Intake], on: date) -> Bound:
    """(intake, applicant) -> the condition that fails: another offer, a running class, or none where one is needed."""
    ids = [intake.intake_id for intake in intakes]
    running = await _running(session, ids, on)
    holding = await _holding(session, ids)
    applied = select(Application.intake_id, Application.applicant_id).where(
        col(Application.intake_id).in_(ids)
    )
    templates = {
        intake.intake_id: Template.model_validate(
            (await session.get_one(Programme, intake.programme_id)).template
        )
        for intake in intakes
    }
    bound: Bound = {}
    for intake_id, applicant in (await session.execute(applied)).all():
        lacks = _class(templates[intake_id], running.get(applicant), on) or holding.get(applicant)
        if lacks is not None:
            bound[intake_id, applicant] = lacks
    return bound


def _class(template: Template, cohort: Cohort | None, on: date) -> Failed | None:
    """A new class takes nobody out of a running one; one formed from running classes takes nobody else."""
    if template.formed_from != "running_cohorts":
        return in_running_class(cohort.title) if cohort else None
    if cohort is None:
        return NOT_RUNNING
    year = cohorts.year_of_study(template, cohort.first_monday, on)
    asked = template.formation.years_of_study if template.formation else [year]
    return None if year in asked else wrong_year(asked, year)


async def _running(session: AsyncSession, ids: Collection[UUID], on: date) -> dict[UUID, Cohort]:
    """Applicants of these intakes who are in a class on this day."""
    mine = select(Application.applicant_id).where(col(Application.intake_id).in_(ids))
    rows = (
        select(Enrolled.applicant_id, Cohort)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.applicant_id).in_(mine), col(Enrolled.withdrew_on).is_(None), Cohort.ends_on >= on
        )
    )
    return dict((await session.execute(rows)).all())


async def _holding(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Failed]:
    """Applicants of these intakes who hold an offer of another one, which is named."""
    mine = select(Application.applicant_id).where(col(Application.intake_id).in_(ids))
    rows = (
        select(Application.applicant_id, Programme.title, Intake.year)
        .join(Intake, col(Intake.intake_id) == col(Application.intake_id))
        .join(Programme, col(Programme.programme_id) == col(Intake.programme_id))
        .where(
            col(Application.applicant_id).in_(mine),
            col(Application.intake_id).not_in(ids),
            col(Application.state).in_(HOLDS),
        )
    )
    return {who: holds_offer(title, year) for who, title, year in (await session.execute(rows)).all()}


def in_running_class(title: dict[str, str]) -> Failed:
    return Failed(
        group="all",
        predicate="running_programmes == 0",
        needed="0",
        had=title["en"],
        reason=Text(
            zh=f"已在进行中的班级“{title['zh']}”中", en=f"already in the running class {title['en']!r}"
        ),
    )


def holds_offer(title: dict[str, str], year: int) -> Failed:
    return Failed(
        group="all",
        predicate="other_offers == 0",
        needed="0",
        had=f"{title['en']} {year}",
        reason=Text(
            zh=f"已持有“{title['zh']} {year}”的录取通知", en=f"holds an offer of {title['en']} {year}"
        ),
    )


def wrong_year(asked: Collection[int], year: int) -> Failed:
    years = ", ".join(map(str, asked))
    return Failed(
        group="all",
        predicate=f"year_of_study in {years}",
        needed=years,
        had=str(year),
        reason=Text(
            zh="须为规定年级的在读学员", en="must be in a year of study that the class is formed from"
        ),
    )


NOT_RUNNING = Failed(
    group="all",
    predicate="running_programmes == 1",
    needed="1",
    had="0",
    reason=Text(zh="须为进行中班级的在读学员", en="must be a trainee of a running class"),
)
