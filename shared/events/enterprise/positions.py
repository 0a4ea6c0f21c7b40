"""What work asks of people: the jobs of the plant, and how it changes."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.events.base import Requirement, Text
from shared.events.enterprise.public import PublicEvent


class PositionPublished(PublicEvent):
    """A job at the enterprise, with what it asks of the person who does it. The whole profile, each time."""

    key = "position_id"
    position_id: UUID
    title: Text
    profile: list[Requirement] = Field(min_length=1, max_length=100)
    tasks: list[Text] = Field(default_factory=list, max_length=100)
    qualities: list[Text] = Field(default_factory=list, max_length=30)
    set_by: str = Field(
        default="",
        max_length=200,
        examples=["炼钢厂技术处"],
        description="who set the levels: an office, a group",
    )
    set_on: date | None = Field(default=None, description="when they were set")
    method: str = Field(
        default="",
        max_length=300,
        examples=["岗位分析会"],
        description="how they were set: job analysis, survey",
    )

    @model_validator(mode="after")
    def _set_by_whom_when_and_how(self) -> Self:
        given = [bool(self.set_by.strip()), self.set_on is not None, bool(self.method.strip())]
        if any(given) and not all(given):
            raise PydanticCustomError("set_in_part", "set_by, set_on and method belong together")
        return self


class TechnologyChanged(PublicEvent):
    """The plant works differently from a day on, so what is taught must follow."""

    key = "change_id"
    change_id: UUID
    title: Text
    requirements: list[Requirement] = Field(
        min_length=1, max_length=50, description="the competencies touched, at the level now asked"
    )
    effective_from: date
