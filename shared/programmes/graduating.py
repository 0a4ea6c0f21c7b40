"""How a programme ends: its examination, the credential, and the promises that it rests on."""

from typing import Literal

from pydantic import Field, model_validator

from shared.events.base import Code, Text
from shared.programmes.part import Part


class PromiseOffer(Part):
    """A promise that a programme of this kind rests on; the agreement fills in the amount."""

    kind: Literal["seats", "tuition", "stations_per_week", "mentor_ratio", "jobs", "salary_band"]
    text: Text


class ExamPart(Part):
    """One part of the final examination."""

    exam_part: Code
    title: Text
    weight: float = Field(ge=0, le=1)
    must_pass: bool = False
    pass_mark: float = Field(default=50, description="points of 100")


class Examination(Part):
    """Parts, weights and pass rules."""

    parts: list[ExamPart] = Field(min_length=1)
    pass_mark: float = 50
    at_most_failed: int = Field(default=0, ge=0, description="parts that may lie below their pass mark")
    never_below: float = Field(default=0, ge=0, description="no part of the last round may lie below this")
    last_round: list[Code] = Field(
        default_factory=list, description="its parts; together they must reach pass_mark too"
    )
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> "Examination":
        total = sum(part.weight for part in self.parts)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"weights of the exam parts sum to {total:g}, not to 1")
        return self


class Credential(Part):
    """What a graduate takes away."""

    title: Text
    degree: bool = False
