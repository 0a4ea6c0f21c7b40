"""The loop overview: facts in the order of the log go in, one lane per cohort comes out. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from uuid import UUID

from services.gateway.proposal import OPEN, Revision, follow
from shared.events.base import Event, Text
from shared.events.curriculum import (
    FrameworkPublished,
    GapAnswered,
    PlanInForce,
    PlanPublished,
    QualificationEnding,
    QualificationRenewed,
    RevisionApproved,
    RevisionDrafted,
    RevisionEscalated,
    RevisionExtended,
    RevisionOpened,
    RevisionRejected,
    RevisionReturned,
    RevisionSeated,
    RevisionUndrafted,
    RevisionUnseated,
    RevisionWithdrawn,
    VoteCast,
)
from shared.events.feedback import EffectMeasured, GapClosed, GapConfirmed, MoreRatingsNeeded, VignettesAsked
from shared.events.placement import TimetableChanged, TimetableImpossible, TimetablePublished
from shared.events.plan_parts import CauseKind
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened

FACTS: tuple[type[Event], ...] = (
    FrameworkPublished,
    ProgrammeOpened,
    CohortEnrolled,
    PlanPublished,
    PlanInForce,
    GapConfirmed,
    MoreRatingsNeeded,
    VignettesAsked,
    QualificationEnding,
    QualificationRenewed,
    GapAnswered,
    GapClosed,
    RevisionOpened,
    RevisionDrafted,
    RevisionUndrafted,
    VoteCast,
    RevisionReturned,
    RevisionRejected,
    RevisionWithdrawn,
    RevisionEscalated,
    RevisionExtended,
    RevisionSeated,
    RevisionUnseated,
    RevisionApproved,
    EffectMeasured,
    TimetablePublished,
    TimetableChanged,
    TimetableImpossible,
)


@dataclass
class Picture:
    """Everything the overview needs, folded from the log."""

    programmes: dict[UUID, ProgrammeOpened] = field(default_factory=dict)
    cohorts: dict[UUID, CohortEnrolled] = field(default_factory=dict)
    plans: dict[UUID, dict[int, PlanPublished]] = field(default_factory=dict)
    in_force: dict[UUID, list[PlanInForce]] = field(default_factory=dict)
    gaps: dict[UUID, tuple[GapConfirmed, date]] = field(default_factory=dict)
    answers: dict[UUID, GapAnswered] = field(default_factory=dict)
    closed: dict[UUID, tuple[GapClosed, date]] = field(default_factory=dict)
    asked: dict[tuple[UUID, str], MoreRatingsNeeded] = field(default_factory=dict)
    vignettes: dict[tuple[UUID, UUID], VignettesAsked] = field(default_factory=dict)
    ending: dict[tuple[UUID, str | None], QualificationEnding] = field(default_factory=dict)
    revisions: dict[UUID, Revision] = field(default_factory=dict)
    effects: dict[UUID, EffectMeasured] = field(default_factory=dict)
    impossible: dict[UUID, TimetableImpossible] = field(default_factory=dict)
    names: dict[str, Text] = field(default_factory=dict)

    def name(self, competency: str) -> Text:
        """A competency by the name that its framework gives it; its code where there is none yet."""
        return self.names.get(competency, Text(zh=competency, en=competency))

    def plan_of(self, cohort_id: UUID, today: date) -> PlanInForce | None:
        """The version that a cohort is taught by on this day, or the first that will be."""
        known = sorted(
            self.in_force.get(cohort_id, []), key=lambda each: (each.effective_from, each.plan_version)
        )
        begun = [each for each in known if each.effective_from <= today]
        return begun[-1] if begun else next(iter(known), None)

    def concerns(self, plan_id: UUID, college_id: UUID | None, enterprise_id: UUID | None) -> bool:
        """Whether a plan is of this college's or enterprise's programme; who is bound to neither sees all."""
        known = next((plan.programme_id for plan in self.plans.get(plan_id, {}).values()), None)
        programme = self.programmes.get(known) if known else None
        if enterprise_id is not None:
            return programme is not None and enterprise_id in programme.enterprise_ids
        return college_id is None or (programme is not None and programme.college_id == college_id)

    def revision_of(self, plan_id: UUID) -> Revision | None:
        """The latest proposal for a plan."""
        own = [each for each in self.revisions.values() if each.opened.plan_id == plan_id]
        return own[-1] if own else None

    def open_gaps(self) -> list[GapConfirmed]:
        """Confirmed, and not yet answered or closed."""
        return [
            gap
            for gap_id, (gap, _) in self.gaps.items()
            if gap_id not in self.answers and gap_id not in self.closed
        ]

    def days_to_effect(self) -> list[int]:
        """Days from each confirmed gap to the first day of the version that answers it."""
        days = []
        for gap_id, answer in self.answers.items():
            if gap_id in self.gaps and answer.plan_version:
                gap, confirmed = self.gaps[gap_id]
                began = [
                    force.effective_from
                    for forces in self.in_force.values()
                    for force in forces
                    if force.plan_id == gap.plan_id and force.plan_version == answer.plan_version
                ]
                if began:
                    days.append(max(0, (min(began) - confirmed).days))
        return days


def fold(facts: Iterable[tuple[Event, date]]) -> Picture:
    """The picture after these facts; each with its day."""
    picture = Picture()
    for fact, day in facts:
        if not _plan_fact(picture, fact) and not _asking_fact(picture, fact):
            _revision_fact(picture, fact, day)
    return picture


def _asking_fact(picture: Picture, fact: Event) -> bool:
    match fact:
        case MoreRatingsNeeded():
            picture.asked[fact.cohort_id, fact.competency] = fact
        case VignettesAsked():
            picture.vignettes[fact.mentor_id, fact.programme_id] = fact
        case QualificationEnding():
            picture.ending[fact.teacher_id, fact.qualification] = fact
        case QualificationRenewed():
            picture.ending.pop((fact.teacher_id, fact.qualification), None)
        case _:
            return False
    return True


def _plan_fact(picture: Picture, fact: Event) -> bool:
    match fact:
        case FrameworkPublished():
            picture.names |= {each.code: each.title for each in fact.competencies}
        case ProgrammeOpened():
            picture.programmes[fact.programme_id] = fact
        case CohortEnrolled():
            picture.cohorts[fact.cohort_id] = fact
        case PlanPublished():
            picture.plans.setdefault(fact.plan_id, {})[fact.plan_version] = fact
        case PlanInForce():
            picture.in_force.setdefault(fact.cohort_id, []).append(fact)
        case TimetablePublished() | TimetableChanged():
            picture.impossible.pop(fact.cohort_id, None)
        case TimetableImpossible():
            picture.impossible[fact.cohort_id] = fact
        case EffectMeasured():
            picture.effects[fact.plan_id] = fact
        case _:
            return False
    return True


def _revision_fact(picture: Picture, fact: Event, day: date) -> None:
    match fact:
        case GapConfirmed():
            picture.gaps[fact.gap_id] = (fact, day)
        case GapAnswered():
            picture.answers[fact.gap_id] = fact
        case GapClosed():
            picture.closed[fact.gap_id] = (fact, day)
        case RevisionOpened():
            picture.revisions.setdefault(fact.revision_id, Revision(fact, day, fact.deadline_on))
        case _:
            revision = picture.revisions.get(getattr(fact, "revision_id", UUID(int=0)))
            if revision:
                follow(revision, fact)


def kpi(picture: Picture, today: date) -> dict[str, object]:
    """The strip at the top: each number with what it is compared to."""
    flying = [each for each in picture.revisions.values() if each.state in OPEN]
    late = [(today - each.deadline_on).days for each in flying if each.deadline_on < today]
    days = picture.days_to_effect()
    return {
        "open_gaps": len(picture.open_gaps()),
        "confirmed_gaps": len(picture.gaps),
        "revisions_in_flight": len(flying),
        "in_joint_approval": sum(1 for each in flying if each.state in {"drafted", "escalated"}),
        "approvals_overdue": len(late),
        "longest_overdue_days": max(late, default=0),
        "feedback_to_effect_days": median(days) if days else None,
        "feedback_to_effect_n": len(days),
    }


def causes(revision: Revision) -> list[CauseKind]:
    """The kinds of signal that a revision answers."""
    return sorted({cause.kind for cause in revision.opened.causes})
