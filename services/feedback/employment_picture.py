"""Curves of employment as paths of a picture: steps, and the band of their interval. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

LEFT, TOP, WIDTH, HEIGHT, LONGEST = 44, 12, 520, 190, 36.0


def across(months: float) -> float:
    """Where a month lies."""
    return round(LEFT + WIDTH * min(months, LONGEST) / LONGEST, 1)


def down(share: float) -> float:
    """Where a share lies."""
    return round(TOP + HEIGHT * (1 - share), 1)


def steps(curve: Sequence[Mapping[str, float]], name: str, start: float, until: float) -> str:
    """A line that stays until something happens, from month 0 to the last that was followed."""
    words = [f"M{across(0)} {down(start)}"]
    words += [f"H{across(one['months'])}V{down(one[name])}" for one in curve if one["months"] <= LONGEST]
    return "".join([*words, f"H{across(until)}"])


def band(curve: Sequence[Mapping[str, float]], until: float) -> str:
    """Between the two ends of the interval."""
    edges = [*(one["months"] for one in curve if one["months"] <= LONGEST), min(until, LONGEST)]
    lows = [1.0, *(one["low"] for one in curve if one["months"] <= LONGEST)]
    back = "".join(
        f"V{down(low)}H{across(edge)}" for low, edge in zip(lows[::-1], [*edges[-2::-1], 0.0], strict=True)
    )
    return f"{steps(curve, 'high', 1.0, until)}{back}Z"


def drawn(group: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """One cohort: its curve and band; nothing where figures are not shown."""
    if not group or group["followed"] is None:
        return None
    curve, until = group["curve"], group["followed"]
    return {
        "title": group["title"], "line": steps(curve, "survival", 1.0, until), "band": band(curve, until),
    }  # fmt: skip


def risks(group: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each change that happened to anybody, as the share to whom it happened first."""
    return [
        {"change": one["change"], "line": steps(one["curve"], "share", 0.0, group["followed"])}
        for one in group["incidence"]
    ]
