"""The base of every part of a template, and lengths of time."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of a template. Unknown fields are refused, so that a misspelt rule is never silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unit(StrEnum):
    """Units of length."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEMESTER = "semester"
    YEAR = "year"


class Length(Part):
    """So many of a unit."""

    amount: float = Field(gt=0)
    unit: Unit
