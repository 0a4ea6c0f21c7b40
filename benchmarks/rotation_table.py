"""The tables of benchmarks/README.md about rotations, from results/rotation.json: `python -m benchmarks.rotation_table [--write]`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "rotation.json"
README = Path(__file__).parent / "README.md"
MARKS = ("<!-- rotations -->\n", "<!-- /rotations -->")
Rows = list[dict[str, Any]]


def tables(rows: Rows) -> str:
    """One table a size."""
    return "\n".join(_table(size, rows) for size in sorted({row["trainees"] for row in rows}))


def _table(size: int, rows: Rows) -> str:
    rows = [row for row in rows if row["trainees"] == size]
    limits = [name.removeprefix("gap_at_") for name in rows[0]["ours"] if name.startswith("gap_at_")]
    heads = [
        f"{size:,} trainees", "instances", "proven best", "CPU s",
        *(f"worst gap after {limit} s" for limit in limits),
        "repair: changes / bound", "repair: CPU s", "peak MB",
        f"HiGHS in {limits[-1]} s: cost / ours, plans found", f"CP-SAT in {limits[-1]} s: the same",
    ]  # fmt: skip
    families = sorted({row["family"] for row in rows})
    lines = [_line(family, [row for row in rows if row["family"] == family], limits) for family in families]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [heads, ["---"] * len(heads), *lines])


def _line(family: str, rows: Rows, limits: list[str]) -> list[str]:
    ours = [row["ours"] for row in rows]
    mends = [one["repair"] for one in ours]
    return [
        family,
        str(len(rows)),
        str(sum(one["gap"] == 0 for one in ours)),
        _range([one["cpu"] for one in ours], 1),
        *(_gap([one[f"gap_at_{limit}"] for one in ours]) for limit in limits),
        _range([one["changed"] / max(1, one["lower_bound"]) for one in mends], 2),
        _range([one["cpu"] for one in mends], 1),
        str(max(one["peak_mb"] for one in ours)),
        _over(rows, "highs"),
        _over(rows, "cp_sat"),
    ]


def _range(values: list[float], digits: int) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def _gap(gaps: list[float | None]) -> str:
    known = [gap for gap in gaps if gap is not None]
    if len(known) < len(gaps):
        return f"no plan in {len(gaps) - len(known)} of {len(gaps)}"
    worst = max(known)
    return f"{100 * worst:.2g} %" if worst > 0 else "0"


def _over(rows: Rows, name: str) -> str:
    tried = [row for row in rows if name in row]
    if not tried:
        return "not run"
    over = [row["cost_over_ours"][name] for row in tried if row["cost_over_ours"].get(name) is not None]
    return f"{_range(over, 3)}, {len(over)} of {len(tried)}" if over else f"no plan, 0 of {len(tried)}"


def written(readme: str, rows: Rows) -> str:
    """The README with the tables of these rows."""
    before, rest = readme.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}{tables(rows)}{MARKS[1]}{after}"


def main(arguments: list[str]) -> Iterator[str]:
    """Print the tables, or write them into the README."""
    rows = json.loads(RESULTS.read_text())["rows"]
    if arguments == ["--write"]:
        README.write_text(written(README.read_text(), rows))
    else:
        yield tables(rows)


if __name__ == "__main__":
    for text in main(sys.argv[1:]):
        print(text)
