"""Tables of what enterprises say about their own people: crews whose learners take turns at being away."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.placement.model import Table
from shared.events.enterprise import ReleaseLimited


def _json() -> Any:
    return Column(JSONB, nullable=False)


class Crew(Table, table=True):
    """Learners who work in one crew, and how many of them may be at a station in one week."""

    crew_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(index=True)
    title: dict[str, str] = Field(sa_column=_json())
    release_limit: int
    learners: list[str] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, limited: ReleaseLimited) -> "Crew":
        """The whole crew."""
        learners = sorted({str(one.trainee_id) for one in limited.learners})
        return cls(**limited.model_dump(exclude={"learners"}), learners=learners)
