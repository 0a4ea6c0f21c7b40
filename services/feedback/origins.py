"""Who set a required level, when and how."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Empty where it is not recorded."""

    set_by: str = ""
    set_on: date | None = None
    method: str = ""


NOT_RECORDED = Origin()


def origin_of(requirement: Mapping[str, Any]) -> Origin:
    """As the plan version said it; versions from before say less."""
    day = requirement.get("set_on")
    return Origin(
        requirement.get("set_by", ""), date.fromisoformat(day) if day else None, requirement.get("method", "")
    )
