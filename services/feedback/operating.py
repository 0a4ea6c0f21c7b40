"""What cohorts of given sizes can show: the table that `python -m benchmarks.operating` made, with the row nearest to a cohort."""

import json
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("operating_table.json")


@dataclass(frozen=True, slots=True)
class Cell:
    """How often a shortfall was found, the error of that share, and the ratings that half of the cohorts needed.

    `with_vignettes`: the same cohorts whose mentors have rated a common case of each competency. `pooled`: small ones that are
    judged together with earlier ones.
    """

    required: float
    shortfall: float
    power: float
    error: float
    ratings: float | None
    runs: int
    with_vignettes: "Cell | None" = None
    pooled: "Cell | None" = None

    @property
    def margin(self) -> float:
        """Twice the error; where all runs ended alike, what the rule of three leaves open."""
        return max(2 * self.error, 3 / self.runs) if self.runs else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One size of cohort."""

    trainees: int
    mentors: int
    cells: tuple[Cell, ...]

    def at(self, required: float, *, with_vignettes: bool = False) -> list[Cell]:
        """Of the simulated requirement that is nearest, the widest shortfall first; with common cases or without."""
        nearest = min({one.required for one in self.cells}, key=lambda level: abs(level - required))
        cells = [one for one in self.cells if one.required == nearest]
        return [one.with_vignettes or one for one in cells] if with_vignettes else cells


@cache
def table() -> tuple[dict[str, Any], tuple[Row, ...]]:
    """How it was made, and its rows."""
    whole = json.loads(FILE.read_text(encoding="utf-8"))
    sizes: dict[tuple[int, int], list[Cell]] = {}
    for row in whole["rows"]:
        cells = [_cell(row["required"], one["shortfall"], one) for one in row["cells"]]
        sizes.setdefault((row["trainees"], row["mentors"]), []).extend(cells)
    return whole["how"], tuple(Row(*size, tuple(cells)) for size, cells in sorted(sizes.items()))


def _cell(required: float, shortfall: float, told: dict[str, Any]) -> Cell:
    cases, pooled = (
        _cell(required, shortfall, one) if (one := told.get(name)) else None
        for name in ("with_vignettes", "pooled")
    )
    figures = {name: told[name] for name in ("power", "error", "ratings", "runs")}
    return Cell(required, shortfall, **figures, with_vignettes=cases, pooled=pooled)


def nearest(trainees: int, mentors: int) -> Row:
    """By how many times more or fewer: 60 is as far from 30 as from 120."""

    def distance(row: Row) -> float:
        return abs(log(max(trainees, 1) / row.trainees)) + abs(log(max(mentors, 1) / row.mentors))

    return min(table()[1], key=distance)


def with_more_mentors(row: Row) -> list[Row]:
    """As many trainees, and each larger number of mentors that the table has."""
    return [one for one in table()[1] if one.trainees == row.trainees and one.mentors > row.mentors]
