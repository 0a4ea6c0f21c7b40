"""What was done to a cluster, how long its clients stood still meanwhile, and the table that says so."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Phase:
    """What was done to the cluster, and how long clients stood still."""

    what: str
    began: float
    ended: float = 0.0
    relay_stalled: float = 0.0
    consumers_stalled: float = 0.0
    slowest_event: float = 0.0


def table(found: dict[str, Any]) -> str:
    """What happened, as docs/operations.md shows it."""
    lines = [
        "| what happened | relay stalled | consumers stalled | slowest event | lost | twice |",
        "|---|---|---|---|---|---|",
    ]
    lost, twice = (sum(found[name].values()) for name in ("lost", "twice"))
    lines += [
        f"| {one['what']} | {one['relay_stalled']:.1f} s | {one['consumers_stalled']:.1f} s"
        f" | {one['slowest_event']:.1f} s | {lost} | {twice} |"
        for one in found["phases"]
    ]
    return "\n".join(lines)
