"""How a programme is taught: phases with their cycles and settings, branches, who guides, what a trainee must hold."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.events.base import Code, Text
from shared.programmes.part import Length, Part


class Cycle(Part):
    """What repeats inside a phase: theory, then workshop, then simulation weeks."""

    theory_weeks: int = Field(default=0, ge=0)
    workshop_weeks: int = Field(default=0, ge=0)
    simulation_weeks: int = Field(default=0, ge=0)

    def weeks(self) -> int:
        """Length of one cycle."""
        return self.theory_weeks + self.workshop_weeks + self.simulation_weeks


class Setting(StrEnum):
    """Where teaching happens."""

    THEORY = "theory"
    SIMULATION = "simulation"
    WORKSHOP = "workshop"
    LINE = "line"


class Phase(Part):
    """A stretch of the programme with one way of working."""

    phase: Code
    title: Text
    length: Length
    settings: list[Setting] = Field(min_length=1)
    cycle: Cycle | None = Field(default=None, description="none: the whole phase is in its settings at once")
    layer: Literal["common", "direction", "position"] = "common"
    hours_per_week: float = Field(default=28, gt=0, le=60)


class Branch(Part):
    """A point from which trainees take different modules."""

    at_phase: Code
    by: Literal["direction", "position"]
    options: list[Code] = Field(min_length=2)


class Precedence(Part):
    """A module is followed by its workshop within so many weeks."""

    module_then_workshop_within_weeks: int = Field(ge=0)


class Staffing(Part):
    """Who teaches and guides."""

    teachers: int = Field(default=1, ge=0)
    mentors: int = Field(default=0, ge=0)
    ratio: int | None = Field(default=None, ge=1, description="trainees per mentor")
    mentor_is: Text | None = None
    teachers_sent_to_plant: bool = False


class Prerequisite(Part):
    """What a trainee must hold before the first stint, and for how long it is valid."""

    proof: Code = Field(description="safety-card, medical, insurance, three-party-agreement")
    valid_for: Length | None = None
