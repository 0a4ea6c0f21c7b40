"""The base of every event, and the few value types that events share."""

import re
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["bof-endpoint-control"])]
"""A short name that people and systems write alike: a competency, a module, a phase."""

Level = Annotated[int, Field(ge=1, le=5)]
"""1 cannot yet, 2 with constant help, 3 with occasional help, 4 unaided to standard, 5 teaches others."""


class Value(BaseModel):
    """A part of an event: compared by content, never changed."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Text(Value):
    """A stored name or sentence in both languages of the product."""

    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)


class Requirement(Value):
    """What a position asks of one competency."""

    competency: Code
    level: Level
    importance: float = Field(
        default=1.0, gt=0, le=5, description="1 slightly important, 5 extremely important"
    )


class Event(Value):
    """A fact in the past tense. Carries only what happened; the envelope carries when, why and by whom it was sent."""

    publisher: ClassVar[str]
    """The service that says it, after its module or package in `shared.events`."""
    key: ClassVar[str]
    """The field that names the aggregate: events of one key leave their service in order."""
    version: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inside = cls.__module__.removeprefix("shared.events.").split(".")
        cls.publisher = inside[0 if cls.__module__.startswith("shared.events.") else -1]

    @classmethod
    @cache
    def topic(cls) -> str:
        """The routing key: `GapConfirmed` in events/feedback.py is `feedback.gap_confirmed`."""
        return f"{cls.publisher}.{re.sub(r'(?<!^)(?=[A-Z])', '_', cls.__name__).lower()}"

    @classmethod
    @cache
    def type_name(cls) -> str:
        """The CloudEvents type: `tailored.feedback.gap_confirmed.v1`."""
        return f"tailored.{cls.topic()}.v{cls.version}"

    def key_value(self) -> str:
        """The partition key of this event."""
        return str(getattr(self, self.key))
