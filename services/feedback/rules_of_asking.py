"""Whom to ask where a competency may fall short but the evidence does not carry a verdict."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.feedback import mixed_evalue, rules
from services.feedback.rules import Case, Found
from shared.events.feedback import MoreRatingsNeeded

REASONS_ON_THE_WIRE = {"no-ratings": "too-few-ratings", "mentors-not-linked": "mentors-not-linked"}


def ask(case: Case, found: Found, practising: Sequence[UUID], on: date) -> MoreRatingsNeeded | None:
    """Names the mentor whose answer decides soonest, where it may fall short but the evidence does not carry a verdict."""
    if found.answer not in {"ask", "not-identifiable"}:
        return None
    link = found.finding.link if found.finding else None
    return MoreRatingsNeeded(
        cohort_id=case.cohort_id, plan_version=case.plan_version, competency=found.asked.competency,
        mentor_id=link.mentor if link else whose_answer(case, found, practising),
        also_rate=link.competency if link else None,
        reason=REASONS_ON_THE_WIRE.get(found.reason, found.reason), asked_on=on,
    )  # fmt: skip


def whose_answer(case: Case, found: Found, practising: Sequence[UUID]) -> UUID | None:
    """Whose next rating narrows the estimate most; where mentors or stations are too few, first one who is not there yet."""
    rated = found.rated or {}
    if found.reason == "too-few-ratings" and rules.RULES[case.rule] is rules.by_mixed_model:
        levels = {one.competency: one.level for one in case.asked}
        solved = mixed_evalue.model(rules.known(case), case.answers, levels, case.station, case.assumed)
        key = (found.asked.competency, found.asked.newer_than)
        return mixed_evalue.soonest(solved, key, sorted({*practising, *rated}))
    covered = {case.station.get(mentor) for mentor in rated}

    def keenness(mentor: UUID) -> tuple[bool, int, UUID]:
        return case.station.get(mentor) in covered, rated.get(mentor, 0), mentor

    return min({*practising, *rated}, key=keenness, default=None)


def whom(case: Case, competency: str, trainees: Sequence[UUID]) -> UUID | None:
    """Of a mentor's trainees, one not rated on this yet and otherwise best known: whose rating tells most of the competency."""
    mine = {one.trainee for one in case.seen if one.competency == competency}
    known: dict[UUID, int] = {}
    for one in case.seen:
        known[one.trainee] = known.get(one.trainee, 0) + 1
    return min(trainees, key=lambda who: (who in mine, -known.get(who, 0), who), default=None)
