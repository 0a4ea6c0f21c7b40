"""What a person is shown of an intake's outcomes: the decision, its figures, its reason, and what would have changed it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import eligibility, queries, rules, sentences
from services.recruitment.access import intake_for
from services.recruitment.candidates import rounds_of
from services.recruitment.explaining import Cutoff, Need, would_need_at
from services.recruitment.model import Application, Intake, Programme
from services.recruitment.sentences import Named
from shared.events.base import Text
from shared.messaging import today
from shared.programmes.grammar import Selection, SourceGroup
from shared.spawned import run_spawned
from shared.web.identity import Person

AT_ONCE = 1000
"""Applicants up to whom a counterfactual is checked in the request; above that in a process of its own."""


def named(intake: Intake, programme: Programme) -> Named:
    """What the intake and its pools are called."""
    title = {tongue: f"{programme.title[tongue]} {intake.year}" for tongue in ("zh", "en")}
    groups = [SourceGroup.model_validate(group) for group in intake.source_groups]
    return Named(Text(**title), {group.group: group.title for group in groups})


async def cuts_of(session: AsyncSession, intake: Intake) -> list[Cutoff]:
    """The cut-offs of an intake, as its run found them."""
    run = await queries.run_of(session, intake)
    every = [Cutoff(**cut) for cut in run.cutoffs] if run else []
    return [cut for cut in every if cut.programme == str(intake.intake_id)]


async def outcomes_for(
    session: AsyncSession, intake_id: UUID, person: Person, *, page: slice | None = None, state: str = ""
) -> list[dict[str, Any]]:
    """Every application that this person may see, or a page of them, with the reason of its outcome."""
    intake, programme = await intake_for(session, intake_id, person)
    cuts, names = await cuts_of(session, intake), named(intake, programme)
    rows = queries.outcomes(intake_id, person, state)
    if page is not None:
        rows = rows.offset(page.start).limit(page.stop - page.start)
    return [
        {
            **queries.listed(application, applicant),
            "sentences": [text.model_dump() for text in sentences.explain(application, names, cuts)],
        }
        for application, applicant in (await session.execute(rows)).all()
    ]


async def need_of(session: AsyncSession, application: Application, intake: Intake) -> Need | None:
    """The least improvement that would have admitted here, found by deciding again."""
    run = await queries.run_of(session, intake)
    if run is None or application.reason != "below-cutoff":
        return None
    asked = (run.market, str(application.applicant_id), str(intake.intake_id))
    if len(run.market["applicants"]) <= AT_ONCE:
        return would_need_at(*asked)
    return await run_spawned(would_need_at, *asked)


async def explanation_of(session: AsyncSession, application_id: UUID, person: Person) -> dict[str, Any]:
    """Everything that an applicant may ask about one decision."""
    application = await queries.application_of(session, application_id, person)
    intake = await queries.intake_of(session, application.intake_id)
    programme = await queries.programme_of(session, intake.programme_id)
    cuts, names = await cuts_of(session, intake), named(intake, programme)
    need = await need_of(session, application, intake)
    asked = intake.run_id is not None and application.reason == "below-cutoff"
    said = sentences.explain(application, names, cuts, [need] if need else [], needs_asked=asked)
    return {
        "application_id": application_id,
        "state": application.state,
        "sentences": [text.model_dump() for text in said],
        "failed": application.failed,
        "cutoffs": [{"pool": cut.pool, "score": cut.score} for cut in cuts],
        "waiting_place": application.waiting_place,
        "would_need": [
            {"pool": each.pool, "score": each.score, "more": each.more}
            for each in [need]
            if each is not None and sentences.reachable(each)
        ],
        "minimum_size": rules.minimum_of(intake.selection) is not None,
        "parts": await _parts(session, application, intake),
    }


async def _parts(session: AsyncSession, application: Application, intake: Intake) -> list[dict[str, Any]]:
    """How the score came about: each criterion with its weight, value and points."""
    rounds = await rounds_of(session, [intake], await today(session), only=application.application_id)
    facts = rounds[0].candidates[0].facts if rounds[0].candidates else {}
    criteria = Selection.model_validate(intake.selection).criteria
    return [
        {"fact": criterion.fact, "value": facts.get(criterion.fact), "weight": share, "points": points}
        for criterion, share, points in eligibility.parts(criteria, facts)
    ]
