"""Weeks as people write them."""

from collections.abc import Iterable


def ranges(weeks: Iterable[int]) -> tuple[str, str]:
    """(14, 15, 16, 20) as `第 14-16, 20 周` and ` in weeks 14-16, 20`."""
    parts: list[list[int]] = []
    for week in weeks:
        if parts and parts[-1][-1] == week - 1:
            parts[-1].append(week)
        else:
            parts.append([week])
    text = ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
    return (f"第 {text} 周", f" in weeks {text}") if text else ("", "")
