"""Weeks as people write them."""

from collections.abc import Iterable

from shared.events.base import Text

NOT_PROVEN = Text(
    zh="限定时间内未能证明以上冲突缺一不可：也许其中一部分已经冲突",
    en="these rules are not proven to be a smallest set in conflict: the time was too short to try each of them",
)


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
