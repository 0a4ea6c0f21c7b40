"""Loads intakes with their applications as the decision sees them."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment.binding import bound_elsewhere
from services.recruitment.eligibility import Fact, facts_of
from services.recruitment.marks import marks_of
from services.recruitment.model import Applicant, Application, ApplicationState, Intake
from services.recruitment.queries import applications_of, sibling_of
from services.recruitment.rules import Candidate, Round
from shared.programmes.grammar import Selection, SourceGroup


async def rounds_of(
    session: AsyncSession, intakes: Sequence[Intake], on: date, *, only: UUID | None = None
) -> list[Round]:
    """Intakes with their applications (or one of them), as the decision sees them."""
    ids = [intake.intake_id for intake in intakes]
    bound = await bound_elsewhere(session, intakes, on)
    marked = await marks_of(session, ids)
    born = sql_select(col(Application.application_id), col(Applicant.born_on)).join(
        Applicant, col(Applicant.applicant_id) == col(Application.applicant_id)
    )
    born_on = dict((await session.execute(born.where(col(Application.intake_id).in_(ids)))).all())
    by_intake: dict[UUID, list[Candidate]] = {intake.intake_id: [] for intake in intakes}
    closing = {intake.intake_id: intake.closes_on for intake in intakes}
    for application in await applications_of(session, ids, only):
        if application.state == ApplicationState.WITHDRAWN and application.application_id != only:
            continue
        panel = {fact: list(of.values()) for fact, of in marked.get(application.application_id, {}).items()}
        facts: dict[str, Fact] = facts_of(
            {**application.facts, **panel},
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
                bound.get((application.intake_id, application.applicant_id)),
            )
        )
    return [
        Round(
            intake.intake_id,
            intake.programme_id,
            intake.seats,
            await _selection(session, intake),
            [SourceGroup.model_validate(group) for group in intake.source_groups],
            by_intake[intake.intake_id],
        )
        for intake in intakes
    ]


async def _selection(session: AsyncSession, intake: Intake) -> Selection:
    """The rules of an intake; a class that could merge with none is closed in the decision, if it is too small.

    Refused after it instead, its people would have lost the seats that they would have got elsewhere.
    """
    selection = Selection.model_validate(intake.selection)
    if selection.below_minimum == "merge" and await sibling_of(session, intake) is None:
        return selection.model_copy(update={"below_minimum": "refuse"})
    return selection


async def lock_applicants(session: AsyncSession, intake_ids: Collection[UUID]) -> None:
    """Two selections never decide about one person at the same time."""
    theirs = select(Application.applicant_id).where(col(Application.intake_id).in_(intake_ids))
    rows = select(Applicant.applicant_id).where(col(Applicant.applicant_id).in_(theirs))
    await session.execute(rows.order_by(col(Applicant.applicant_id)).with_for_update())
