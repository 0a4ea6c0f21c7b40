"""Parts that only some schemes have: fixed modules, running cohorts, secondments, joint projects."""

from pydantic import Field

from shared.events.base import Code, Text
from shared.programmes.part import Length, Part


class Outline(Part):
    """A module that the source fixes, with its guide length."""

    module: Code
    title: Text
    phase: Code
    layer: Code = Field(default="common", description="common, direction or position")
    direction: Code | None = None
    weeks: float = Field(default=0, ge=0, description="guide weeks; 0 where it is taught throughout")
    original_title: str | None = Field(default=None, description="where zh and en are our translation")


class Formation(Part):
    """How a class is formed from running cohorts."""

    years_of_study: list[int] = Field(min_length=1, description="second and third year: [2, 3]")
    keeps_version: bool = Field(
        default=True, description="attached to the plan version in force where it comes from"
    )


class Secondment(Part):
    """A teacher's stint at a plant."""

    stint: Length
    least_goals: int = Field(default=1, ge=1)
    report_within_days: int = Field(default=30, ge=1)
    report_opens_revision: bool = True
    days_for_dual: int = Field(
        ge=1, description="days at a plant within `dual_window` that count as recent practice"
    )
    dual_window: Length


class Project(Part):
    """A project of a joint research platform: who is in its team, and what it must link to."""

    platform: Text
    least_learners: int = Field(default=1, ge=1)
    teachers: int = Field(default=1, ge=1)
    mentors: int = Field(default=1, ge=1)
    least_competencies: int = Field(default=1, ge=1)
    problem_kinds: list[Text] = Field(default_factory=list)
