"""What feedback says."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Text, Value


class Attribution(Value):
    """How far a shortfall is explained by one source; the difference is that of levels, where one was measured."""

    source: Code = Field(description="module, workshop, intake, rater")
    verdict: Code = Field(description="likely, unlikely, not-identifiable")
    reason: Code
    which: str | None = Field(
        default=None, description="the module's code or the workshop's id; never a mentor"
    )
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    enterprise_id: UUID | None = Field(
        default=None,
        description="of workshops, whose they are, where they are of one enterprise: no other is shown which, nor the figures",
    )

    def shown_to(self, enterprise_id: UUID | None) -> "Attribution":
        """As an enterprise reads it (none: as the college does). Whose an earlier release left out is nobody's own."""
        if self.source != "workshop" or enterprise_id in {None, self.enterprise_id}:
            return self
        hidden = dict.fromkeys(("which", "difference", "low", "high", "enterprise_id"))
        reason = "lower-in-one-workshop" if self.which else self.reason
        return self.model_copy(update={**hidden, "reason": reason})


class Quote(Value):
    """What a mentor wrote about a shortfall: never who, of whom or when."""

    enterprise_id: UUID = Field(
        description="whose mentor wrote it: no other enterprise is shown it; its college, and its own panel, are"
    )
    words: str = Field(description="as written, a long one cut")


class GapConfirmed(Event):
    """A competency falls short of what the position requires, and chance or severe mentors do not explain it."""

    key = "gap_id"
    gap_id: UUID
    programme_id: UUID
    cohort_id: UUID
    plan_id: UUID
    plan_version: int
    competency: Code
    required: float
    estimate: float = Field(description="level, corrected for the severity of the mentors")
    low: float = Field(description="lower end of the interval")
    high: float = Field(description="upper end of the interval")
    uncorrected_mean: float
    ratings: int
    trainees: int
    mentors: int
    stations: int
    rule: str = Field(description="name and version of the rule that decided")
    evidence_until: date
    e_value: float | None = Field(
        default=None, description="evidence for a shortfall; at most 1 on average without one"
    )
    reopens: UUID | None = Field(default=None, description="the gap whose answer made it worse")
    sources: list[Attribution] = Field(
        default_factory=list, description="where it comes from, as far as that shows"
    )
    comments: int = Field(
        default=0, description="how many comments under this version people had read as about it"
    )
    quotes: list[Quote] = Field(
        default_factory=list, description="the newest of these comments, a few of each enterprise"
    )
    pooled_with: list[UUID] = Field(
        default_factory=list,
        description="earlier cohorts under the same plan version whose ratings decided too",
    )
    doubts: list[Text] = Field(
        default_factory=list,
        description="what the newest audit of the cohort says against the variances under which this was decided",
    )
    due_week: int | None = Field(default=None, description="the teaching week from which ratings count")
    set_by: str = Field(default="", description="who set the required level; empty: not recorded")
    set_on: date | None = Field(default=None, description="when it was set")
    method: str = Field(default="", description="how it was set")


class MoreRatingsNeeded(Event):
    """It may fall short, but the evidence does not carry a verdict: this mentor's answer would decide soonest."""

    key = "cohort_id"
    cohort_id: UUID
    plan_version: int
    competency: Code
    mentor_id: UUID | None
    trainee_id: UUID | None = Field(
        default=None, description="whose rating would tell most, of that mentor's trainees"
    )
    reason: Code = Field(
        description="too-few-mentors, too-few-stations, one-mentor-decides, too-few-ratings, mentors-not-linked, "
        "required-at-scale-end"
    )
    asked_on: date
    also_rate: Code | None = Field(
        default=None,
        description="what this mentor should rate as well, so that its raters are linked to the others",
    )


class VignettesAsked(Event):
    """A mentor is asked to rate the programme's calibration vignettes that are open this half year: invited, then reminded."""

    key = "mentor_id"
    mentor_id: UUID
    enterprise_id: UUID
    programme_id: UUID
    term: str = Field(description="half year, such as 2021-2")
    open: int = Field(description="vignettes that this mentor has not rated this term")
    times: int = Field(description="1 is the invitation, more are reminders")
    reason: Code = Field(description="invitation, reminder, ratings-all-alike")
    asked_on: date


class EffectOn(Value):
    """The effect on one competency, as difference in differences against those that were not revised."""

    competency: Code
    difference: float
    low: float
    high: float
    ratings_before: int
    ratings_after: int
    verdict: Code = Field(
        description="improved, worse, no-effect, higher-cause-open, lower-cause-open, not-enough-data"
    )
    reason: Code | None = Field(
        default=None,
        description="too-few-trainees: fewer than may be shown on a side, so no figure is told (counts are 0, the interval is "
        "the whole scale)",
    )


class EffectMeasured(Event):
    """Cohorts under the old and the new version were compared at the same teaching week."""

    key = "plan_id"
    effect_id: UUID
    programme_id: UUID
    plan_id: UUID
    from_version: int
    to_version: int
    cohort_before: UUID
    cohort_after: UUID = Field(description="the same cohort where its groups were compared")
    week: int
    effects: list[EffectOn]
    rule: str


class GapClosed(Event):
    """The effect of the version that answered a gap is known, so the loop is closed for it."""

    key = "gap_id"
    gap_id: UUID
    competency: Code
    verdict: Code
    effect_id: UUID


class PromiseChecked(Event):
    """A promise of an agreement, held against what events show."""

    key = "agreement_id"
    agreement_id: UUID
    promise_id: UUID
    promised: Decimal
    delivered: Decimal
    due_on: date
    verdict: Code = Field(description="kept, open, broken")
    checked_on: date
    suppressed: bool = Field(
        default=False,
        description="a salary of fewer people than may be shown: `delivered` is then 0, the verdict true",
    )
