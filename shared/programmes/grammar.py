"""What a programme template can say. A template is data: a new one needs no code.

Field names are the words of the field; every part has a default that means "not used here".
Lengths are a number with its unit; `weeks_per_month` of the template turns months into teaching weeks.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.events.base import Code, Text
from shared.programmes.graduating import Credential, Examination, PromiseOffer
from shared.programmes.part import Length, Part, Unit
from shared.programmes.phases import Branch, Phase, Precedence, Prerequisite, Staffing
from shared.programmes.schemes import Formation, Outline, Project, Secondment


class Operator(StrEnum):
    """How a predicate compares."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    AT_LEAST = ">="
    MORE_THAN = ">"
    AT_MOST = "<="
    LESS_THAN = "<"
    ONE_OF = "in"


class Predicate(Part):
    """One condition on a fact of the applicant, for example `years_of_service >= 3`."""

    fact: Code = Field(description="years_of_service, performance, age, place, status, entrance_score, ...")
    operator: Operator
    value: float | str | bool | list[str]
    reason: Text = Field(description="what to tell the applicant who fails it")


class SourceGroup(Part):
    """One way to be eligible: all its predicates hold. A template's groups are alternatives (OR)."""

    group: Code
    title: Text
    predicates: list[Predicate] = Field(default_factory=list)
    reserved_share: float = Field(
        default=0, ge=0, le=1, description="of the seats, kept for this group first"
    )
    hard_quota: bool = Field(
        default=False, description="seats of the reserve stay empty rather than go to others"
    )


class Criterion(Part):
    """One part of the score: a fact, scaled from `worst..best` to 0..100, with its weight."""

    fact: Code
    weight: float = Field(gt=0)
    worst: float = 0
    best: float = 100


class TieBreaker(Part):
    """Which fact decides between equal scores."""

    fact: Code
    prefer: Literal["higher", "lower"] = "higher"


class Selection(Part):
    """How applicants are ranked, and how many are taken."""

    criteria: list[Criterion] = Field(default_factory=list)
    tie_breakers: list[TieBreaker] = Field(default_factory=list, description="before the committed lottery")
    reserve_first: bool = True
    seats: int | None = Field(default=None, ge=1, description="default for an intake")
    minimum: int | None = Field(default=None, ge=1, description="per enterprise and year")
    maximum: int | None = Field(default=None, ge=1, description="per enterprise and year")
    below_minimum: Literal["refuse", "merge"] = Field(
        default="refuse", description="merge: the cohort joins that of another enterprise of the programme"
    )
    offer_days: int = Field(default=14, ge=1, description="days in which an offer must be accepted")


class Step(StrEnum):
    """What a programme of this kind goes through, in order. A template declares which steps it has."""

    INTAKE = "intake"
    FORM_FROM_COHORTS = "form_from_cohorts"
    ENROL = "enrol"
    PLAN = "plan"
    ATTACH_PLAN = "attach_plan"
    TIMETABLE = "timetable"
    RATING = "rating"
    REVISION = "revision"
    CREDENTIAL = "credential"
    PROMISES = "promises"
    SECONDMENT_GOALS = "secondment_goals"
    SECONDMENT_STINT = "secondment_stint"
    SECONDMENT_REPORT = "secondment_report"
    PROBLEM_LIST = "problem_list"
    PROJECT_TEAM = "project_team"
    COMPETENCIES_CREDITED = "competencies_credited"
    EXAMINATION = "examination"


class Approval(Part):
    """Minimum votes of each side for a revision, and how long they have. Configuration of this product."""

    votes_college: int = Field(default=2, ge=1)
    votes_enterprise: int = Field(default=2, ge=1)
    deadline_days: int = Field(default=10, ge=1)
    deadline_counts: Literal["working", "calendar"] = Field(
        default="working", description="days of China's working calendar, or every day"
    )
    escalates_to: list[Code] = Field(
        default_factory=lambda: ["manager"],
        description="who sees to it when the time has passed, level by level",
    )
    escalation_days: int = Field(default=5, ge=1, description="working days that each level has")
    window_opens: Annotated[str, Field(pattern=r"^\d\d-\d\d$")] = "06-01"
    window_closes: Annotated[str, Field(pattern=r"^\d\d-\d\d$")] = "07-31"


class Evidence(Part):
    """When feedback counts and what it takes. Configuration of this product: the paper gives no threshold."""

    weeks_of_practice: int = Field(default=4, ge=0, description="after its module, before ratings count")
    minimum_mentors: int = Field(default=3, ge=2)
    minimum_stations: int = Field(default=2, ge=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="chance of a false gap per cohort")
    pool_below: int = Field(
        default=0,
        ge=0,
        description="a cohort of fewer trainees is judged together with the earlier ones under the same plan version",
    )
    tolerance: float = Field(
        default=0.0, ge=0, le=1, description="levels below the requirement that are let pass"
    )


class Template(Part):
    """One programme model."""

    template: Code
    version: int = Field(default=1, ge=1)
    title: Text
    source: str = Field(
        min_length=1, description="where this model comes from: section of the paper, or a law"
    )
    facts: list[Text] = Field(default_factory=list, description="figures that the source gives")
    titles: list[Text] = Field(
        default_factory=list, description="the programmes offered, where more than one"
    )
    enterprises: list[Text] = Field(default_factory=list, description="those that the source names")
    steps: list[Step] = Field(min_length=1)
    formed_from: Literal["new_intake", "running_cohorts", "employees", "none"] = "new_intake"
    degree: bool = False
    learner_status: Literal["student", "new-employee", "employee", "teacher"] = "student"
    rule_pack: Code = Field(default="none", description="cn-2021 for student interns, none otherwise")
    plan_rules: Code = Field(default="none", description="a pack of rules that every plan keeps: cn-plan")
    weeks_per_month: float = Field(default=4, gt=0, le=5)
    source_groups: list[SourceGroup] = Field(default_factory=list)
    selection: Selection = Selection()
    entry_level: Literal["common", "individual"] = Field(
        default="common", description="individual: what a trainee already can do decides where they start"
    )
    formation: Formation | None = None
    phases: list[Phase] = Field(default_factory=list)
    modules: list[Outline] = Field(
        default_factory=list, description="those that the source fixes; the plan may add"
    )
    plan_around: Text | None = Field(default=None, description="what the plan is built around")
    branches: list[Branch] = Field(default_factory=list)
    precedence: Precedence | None = None
    group_size: int = Field(default=15, ge=1, description="trainees that move together")
    staffing: Staffing = Staffing()
    secondment: Secondment | None = None
    project: Project | None = None
    prerequisites: list[Prerequisite] = Field(default_factory=list)
    promises: list[PromiseOffer] = Field(default_factory=list)
    examination: Examination | None = None
    credential: Credential | None = None
    approval: Approval = Approval()
    evidence: Evidence = Evidence()

    @model_validator(mode="after")
    def _names_resolve(self) -> "Template":
        phases = [phase.phase for phase in self.phases]
        if len(set(phases)) != len(phases):
            raise ValueError("two phases have the same name")
        for branch in self.branches:
            if branch.at_phase not in phases:
                raise ValueError(f"branch at phase {branch.at_phase!r}, but there is no such phase")
        if sum(group.reserved_share for group in self.source_groups) > 1 + 1e-9:
            raise ValueError("reserved shares of the source groups sum to more than 1")
        low, high = self.selection.minimum, self.selection.maximum
        if low is not None and high is not None and low > high:
            raise ValueError(f"minimum {low} is above maximum {high}")
        return self

    def weeks(self, length: Length) -> int:
        """Whole teaching weeks of a length: a semester is 18 weeks, a year two semesters; days round up."""
        per_unit = {
            Unit.DAY: 1 / 5,
            Unit.WEEK: 1,
            Unit.MONTH: self.weeks_per_month,
            Unit.SEMESTER: 18,
            Unit.YEAR: 36,
        }
        weeks = length.amount * per_unit[length.unit]
        return max(1, round(weeks) if length.unit is not Unit.DAY else -int(-weeks // 1))

    def total_weeks(self) -> int:
        """Teaching weeks of all phases."""
        return sum(self.weeks(phase.length) for phase in self.phases)
