"""Loads intakes with their applications as the decision sees them, and who is bound elsewhere."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment.eligibility import Failed, facts_of
from services.recruitment.model import Applicant, Application, ApplicationState, Cohort, Enrolled, Intake
from services.recruitment.queries import HOLDS, applications_of
from services.recruitment.rules import Candidate, Round
from shared.events.base import Text
from shared.programmes.grammar import Selection, SourceGroup


async def bound_elsewhere(session: AsyncSession, intakes: Collection[Intake], on: date) -> dict[UUID, Failed]:
    """Applicants of these intakes who are in a running programme, or hold an offer of another intake."""
    ids = [intake.intake_id for intake in intakes]
    mine = select(Application.applicant_id).where(col(Application.intake_id).in_(ids))
    running = (
        select(Enrolled.applicant_id, Cohort.title)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.applicant_id).in_(mine), col(Enrolled.withdrew_on).is_(None), Cohort.ends_on >= on
        )
    )
    bound = {
        applicant: Failed(
            group="all",
            predicate="running_programmes == 0",
            needed="0",
            had=title["en"],
            reason=Text(
                zh=f"已在进行中的班级“{title['zh']}”中", en=f"already in the running class {title['en']!r}"
            ),
        )
        for applicant, title in (await session.execute(running)).all()
    }
    holding = select(Application.applicant_id).where(
        col(Application.applicant_id).in_(mine),
        col(Application.intake_id).not_in(ids),
        col(Application.state).in_(HOLDS),
    )
    for applicant in (await session.scalars(holding)).all():
        bound.setdefault(
            applicant,
            Failed(
                group="all",
                predicate="other_offers == 0",
                needed="0",
                had="1",
                reason=Text(zh="已持有另一批次的录取通知", en="holds an offer of another intake"),
            ),
        )
    return bound


async def rounds_of(session: AsyncSession, intakes: Sequence[Intake], on: date) -> list[Round]:
    """Intakes with their applications, as the decision sees them."""
    bound = await bound_elsewhere(session, intakes, on)
    ids = [intake.intake_id for intake in intakes]
    born = sql_select(col(Application.application_id), col(Applicant.born_on)).join(
        Applicant, col(Applicant.applicant_id) == col(Application.applicant_id)
    )
    born_on = dict((await session.execute(born.where(col(Application.intake_id).in_(ids)))).all())
    by_intake: dict[UUID, list[Candidate]] = {intake.intake_id: [] for intake in intakes}
    closing = {intake.intake_id: intake.closes_on for intake in intakes}
    for application in await applications_of(session, ids):
        if application.state == ApplicationState.WITHDRAWN:
            continue
        facts = facts_of(
            application.facts,
            closes_on=closing[application.intake_id],
            hired_on=application.hired_on,
            born_on=born_on[application.application_id],
            status=application.status,
        )
        by_intake[application.intake_id].append(
            Candidate(
                application.application_id,
                str(application.applicant_id),
                facts,
                application.preference,
                bound.get(application.applicant_id),
            )
        )
    return [
        Round(
            intake.intake_id,
            intake.programme_id,
            intake.seats,
            Selection.model_validate(intake.selection),
            [SourceGroup.model_validate(group) for group in intake.source_groups],
            by_intake[intake.intake_id],
        )
        for intake in intakes
    ]


async def lock_applicants(session: AsyncSession, intake_ids: Collection[UUID]) -> None:
    """Two selections never decide about one person at the same time."""
    theirs = select(Application.applicant_id).where(col(Application.intake_id).in_(intake_ids))
    rows = select(Applicant.applicant_id).where(col(Applicant.applicant_id).in_(theirs))
    await session.execute(rows.order_by(col(Applicant.applicant_id)).with_for_update())
