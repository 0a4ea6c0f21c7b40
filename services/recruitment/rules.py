"""The decisions of recruitment: values in, events or refusals out. No session, no clock, no chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.recruitment.eligibility import Facts, Failed, lottery, order, score, sources
from services.recruitment.explaining import Cutoff, cutoffs, waiting_places
from services.recruitment.market import Market, Pool, Programme
from services.recruitment.matching import Outcome, match
from services.recruitment.model import IntakeState
from services.recruitment.refusals import IntakeNotOpen, IntakeNotSelected
from shared.events.recruitment import ApplicantRefused, ApplicantSelected, IntakeClosed, IntakeRefused
from shared.programmes.grammar import Selection, SourceGroup


@dataclass(frozen=True, slots=True)
class Candidate:
    """One application as the decision sees it."""

    application_id: UUID
    applicant: str
    facts: Facts
    preference: int = 1
    barred: Failed | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One intake with its rules and its applications."""

    intake_id: UUID
    programme_id: UUID
    seats: int
    selection: Selection
    groups: Sequence[SourceGroup]
    candidates: Sequence[Candidate]

    @property
    def name(self) -> str:
        return str(self.intake_id)


@dataclass(slots=True)
class Judged:
    """A round after eligibility and scoring."""

    programme: Programme
    failed: dict[str, list[Failed]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and everything needed to explain it."""

    market: Market
    outcome: Outcome
    judged: Mapping[str, Judged]
    cuts: Sequence[Cutoff]
    merged: tuple[str, ...] = ()


def judge(intake: Round, seed: str) -> Judged:
    """Hard conditions first; then everyone eligible in one strict order, with the seats of each source group."""
    failed: dict[str, list[Failed]] = {}
    groups: dict[str, list[str]] = {group.group: [] for group in intake.groups}
    scores: dict[str, float] = {}
    keys: dict[str, tuple[object, ...]] = {}
    for candidate in intake.candidates:
        met, lacking = sources(intake.groups, candidate.facts)
        if candidate.barred is not None:
            lacking = [candidate.barred, *lacking]
        if lacking:
            failed[candidate.applicant] = lacking
            continue
        for group in met:
            groups[group].append(candidate.applicant)
        points = score(intake.selection.criteria, candidate.facts)
        scores[candidate.applicant] = points
        drawn = lottery(seed, candidate.applicant)
        keys[candidate.applicant] = order(points, intake.selection.tie_breakers, candidate.facts, drawn)
    pools = tuple(
        Pool(group.group, kept, frozenset(groups[group.group]), group.hard_quota)
        for group in intake.groups
        if (kept := int(group.reserved_share * intake.seats + 1e-9))
    )
    refuses = intake.selection.below_minimum == "refuse"
    least = intake.selection.minimum if refuses else None
    ranking = tuple(sorted(keys, key=keys.__getitem__))
    first = intake.selection.reserve_first
    return Judged(Programme(intake.name, intake.seats, ranking, pools, least or 0, scores, first), failed)


def decide(rounds: Sequence[Round], seed: str) -> Decision:
    """Decide one intake, or several that persons ranked, together."""
    judged = {intake.name: judge(intake, seed) for intake in rounds}
    wishes: dict[str, list[tuple[int, str]]] = {}
    for intake in rounds:
        for candidate in intake.candidates:
            wishes.setdefault(candidate.applicant, []).append((candidate.preference, intake.name))
    preferences = {who: tuple(name for _, name in sorted(wishes[who])) for who in sorted(wishes)}
    market = Market(tuple(each.programme for each in judged.values()), preferences)
    outcome = match(market)
    return Decision(market, outcome, judged, cutoffs(market, outcome))


def selectable(states: Sequence[tuple[UUID, str]]) -> None:
    """Only an open intake is decided, and only once."""
    for intake_id, state in states:
        if state != "open":
            raise IntakeNotOpen(f"{intake_id} is {state}", field="intake_id", state=state)


Verdict = ApplicantSelected | ApplicantRefused


def verdicts(intake: Round, decision: Decision) -> list[Verdict]:
    """What each application of an intake is told, with the figures of its pool."""
    programme = decision.judged[intake.name].programme
    failed = decision.judged[intake.name].failed
    cuts = {cut.pool: cut for cut in decision.cuts if cut.programme == intake.name}
    weakest = min((cut.score for cut in cuts.values() if cut.score is not None), default=None)
    waiting = waiting_places(decision.market, decision.outcome, programme)
    held = decision.outcome.all()
    scores = programme.scores or {}
    said: list[Verdict] = []
    for candidate in intake.candidates:
        who = candidate.applicant
        if who in failed:
            said.append(not_eligible(intake.intake_id, candidate.application_id, failed[who][0]))
        elif intake.name in decision.outcome.closed:
            said.append(refused(intake.intake_id, candidate.application_id, "intake-too-small"))
        elif who in held and held[who][0] == intake.name:
            pool = held[who][1]
            said.append(
                ApplicantSelected(
                    application_id=candidate.application_id,
                    intake_id=intake.intake_id,
                    pool=pool,
                    score=scores[who],
                    cutoff=cuts[pool].score,
                )
            )
        else:
            said.append(
                ApplicantRefused(
                    application_id=candidate.application_id,
                    intake_id=intake.intake_id,
                    reason="below-cutoff" if who in waiting else "placed-elsewhere",
                    score=scores[who],
                    cutoff=weakest,
                    waiting_place=waiting.get(who),
                )
            )
    return said


def not_eligible(intake_id: UUID, application_id: UUID, failed: Failed) -> ApplicantRefused:
    """A hard condition does not hold, and that is the reason."""
    return ApplicantRefused(
        application_id=application_id,
        intake_id=intake_id,
        reason="not-eligible",
        predicate=failed.predicate,
        needed=failed.needed,
        had=failed.had,
    )


def refused(intake_id: UUID, application_id: UUID, reason: str) -> ApplicantRefused:
    """A seat is not, or no longer, offered."""
    return ApplicantRefused(application_id=application_id, intake_id=intake_id, reason=reason)


def conclude(
    intake: Round, decision: Decision, sibling: UUID | None
) -> tuple[list[Verdict], IntakeClosed | IntakeRefused]:
    """Verdicts and counts of an intake; a class below its minimum is refused, unless it may join a sibling's."""
    said = verdicts(intake, decision)
    selected = sum(isinstance(each, ApplicantSelected) for each in said)
    least = intake.selection.minimum or 0
    eligible = len(decision.judged[intake.name].programme.ranking)
    if selected < least and sibling is None:
        told: list[Verdict] = [
            refused(intake.intake_id, each.application_id, "intake-too-small")
            if isinstance(each, ApplicantSelected)
            else each
            for each in said
        ]
        return told, IntakeRefused(
            intake_id=intake.intake_id,
            programme_id=intake.programme_id,
            reason="below-minimum",
            needed=least,
            had=min(eligible, intake.seats),
        )
    return said, IntakeClosed(
        intake_id=intake.intake_id,
        programme_id=intake.programme_id,
        applicants=len(said),
        eligible=eligible,
        selected=selected,
        waiting=sum(isinstance(each, ApplicantRefused) and each.waiting_place is not None for each in said),
    )


def triable(state: str) -> None:
    """Other rules can be tried until a class is enrolled."""
    if state in (IntakeState.ENROLLED, IntakeState.DECIDING):
        raise IntakeNotSelected(f"state {state}", field="intake_id", state=state)


def minimum_of(selection: Mapping[str, object]) -> int | None:
    """The class size below which an intake does not run."""
    return Selection.model_validate(selection).minimum
