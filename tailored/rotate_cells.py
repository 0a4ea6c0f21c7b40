"""The cells of tables, each checked; what is wrong is collected, so that a person hears of all of it at once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from tailored.rotate_source import Tables

WHOLE = re.compile(r"[+-]?\d{1,9}(\.0)?")


@dataclass(frozen=True)
class BadCell:
    """Which table, line and column, and what is wrong with it."""

    table: str
    line: int
    column: str
    zh: str
    en: str


class BadTables(Exception):  # noqa: N818 - said to a person, as the tables' fault
    """The tables have bad cells; each is named."""

    def __init__(self, cells: list[BadCell]) -> None:
        super().__init__(len(cells))
        self.cells = cells


@dataclass(frozen=True)
class Line:
    """One line of a table, and where its faults go."""

    table: str
    number: int
    cells: dict[str, str]
    bad: list[BadCell]

    def wrong(self, column: str, zh: str, en: str) -> None:
        self.bad.append(BadCell(self.table, self.number, column, zh, en))

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def words(self, column: str) -> list[str]:
        """A cell of several values, with ; in between."""
        return [part.strip() for part in self.text(column).replace("；", ";").split(";") if part.strip()]

    def whole(self, column: str, least: int = 0, most: int = 10**9) -> int:
        """The number of a cell; where it is none, that is noted and the least one stands for it."""
        said = self.text(column)
        if not WHOLE.fullmatch(said):
            self.wrong(column, f"应为整数，现为“{said}”", f"must be a whole number, not {said!r}")
            return least
        number = int(said.removesuffix(".0"))
        if not least <= number <= most:
            self.wrong(
                column, f"{number} 不在 {least} 到 {most} 之间", f"{number} is not from {least} to {most}"
            )
            return least
        return number

    def one_of(self, column: str, known: Iterable[str], said: str) -> bool:
        """Whether this value of the column is known; a near one is asked for."""
        known = list(known)
        if said in known:
            return True
        near = get_close_matches(said, known, n=1)
        zh, en = (f"，是否应为 {near[0]}？", f"; is {near[0]!r} meant?") if near else ("", "")
        self.wrong(column, f"未知的“{said}”{zh}", f"{said!r} is not known{en}")
        return False


def lines(tables: Tables, name: str, bad: list[BadCell]) -> Iterator[Line]:
    """The lines of a table; one without lines is a fault."""
    shown, rows = tables[name]
    if not rows:
        bad.append(BadCell(shown, 1, "", "表中没有数据", "there is no row in this table"))
    for number, cells in rows:
        yield Line(shown, number, cells, bad)


def check_columns(
    tables: Tables, name: str, needed: Iterable[str], optional: Iterable[str], bad: list[BadCell]
) -> None:
    """Every needed column is there, and no other one but those that may be."""
    shown, rows = tables[name]
    if not rows:
        return
    needed, found = list(needed), [column for column in rows[0][1] if column]
    head = Line(shown, 1, {}, bad)
    for column in found:
        head.one_of(column, [*needed, *optional], column)
    for column in needed:
        if column not in found:
            head.wrong(column, "缺少该列", "this column is missing")
