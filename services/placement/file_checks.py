"""What a problem file may hold, checked value by value. Every refusal names the place."""

from typing import Any


class BadFile(ValueError):  # noqa: N818 - it says what it is
    """A file that says something impossible: where, and what."""

    def __init__(self, place: str, en: str, zh: str) -> None:
        super().__init__(f"{place}: {en}")
        self.place, self.en, self.zh = place, en, zh


def number(value: Any, place: str, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFile(place, f"{value!r} is not a whole number", f"{value!r} 不是整数")
    if value < least:
        raise BadFile(place, f"{value} is less than {least}", f"{value} 小于 {least}")
    return value


def numbers(value: Any, place: str) -> list[int]:
    if not isinstance(value, list):
        raise BadFile(place, "must be a list", "必须是列表")
    return [number(one, f"{place}[{at}]") for at, one in enumerate(value)]


def table(value: Any, name: str, width: int, en: str, zh: str) -> list[list[int]]:
    if not isinstance(value, list):
        raise BadFile(name, "must be a list of lists", "必须是列表的列表")
    rows = [numbers(row, f"{name}[{at}]") for at, row in enumerate(value)]
    for at, row in enumerate(rows):
        if len(row) != width:
            raise BadFile(
                f"{name}[{at}]",
                f"has {len(row)} values, not {width}: {en}",
                f"有 {len(row)} 个值，应为 {width} 个：{zh}",
            )
    return rows
