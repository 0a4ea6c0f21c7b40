"""What work asks of people: the jobs of the plant, and how it changes."""

from datetime import date
from uuid import UUID

from pydantic import Field

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


class TechnologyChanged(PublicEvent):
    """The plant works differently from a day on, so what is taught must follow."""

    key = "change_id"
    change_id: UUID
    title: Text
    requirements: list[Requirement] = Field(
        min_length=1, max_length=50, description="the competencies touched, at the level now asked"
    )
    effective_from: date
