"""What would be enough for every visit to have a place, in words."""

from collections.abc import Iterator
from typing import Any

from services.placement.wording import ranges


def enough_words(enough: dict[str, Any] | None, names: list[str], *, zh: bool) -> Iterator[str]:
    """How many seats more, then station by station how many at most in which weeks; nothing where none are known."""
    if not enough:
        return
    least = enough["added_lower_bound"]
    if "added" not in enough:
        yield (
            f"至少还需 {least} 个周席位；限定时间内未能找出足够的增加方案"
            if zh
            else f"at least {least} more seats, each for a week, are needed; what would be enough was not found in the time allowed"
        )
        return
    added = enough["added"]
    yield (
        f"再增加 {added} 个周席位（至少需要 {least} 个）即可全部安排："
        if zh
        else f"{added} more seats, each for a week (at least {least} are needed), give every visit a place:"
    )
    for kind in ("seats", "crews"):
        for name in dict.fromkeys(of for of, _, _ in enough.get(kind, [])):
            weeks = {week: more for of, week, more in enough[kind] if of == name}
            in_zh, in_en = ranges(sorted(weeks))
            most = max(weeks.values())
            if kind == "seats":
                station = names[name] if names else name
                yield (
                    f"工位 {station}{in_zh}每周最多增加 {most} 个席位"
                    if zh
                    else f"station {station}: up to {most} more{in_en}"
                )
            else:
                yield (
                    f"班组 {name}{in_zh}每周最多多放 {most} 人"
                    if zh
                    else f"crew {name}: up to {most} more away{in_en}"
                )
