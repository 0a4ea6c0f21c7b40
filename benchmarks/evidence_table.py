"""The table of benchmarks/README.md about false revisions and shortfalls found, from results/evidence.json: `python -m benchmarks.evidence_table [--write]`."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.evidence import RESULTS, SCENARIOS
from services.feedback.mixed_evalue import RULE

README = Path(__file__).parent / "README.md"
MARKS = ("<!-- evidence -->\n", "<!-- /evidence -->")
HEADS = (
    "cohorts",
    "runs",
    "false",
    "false share",
    "t-test: false",
    "found",
    "ratings until then",
    "coverage",
)
Row = dict[str, Any]


def table(rows: dict[str, Row]) -> str:
    """Cohorts without a shortfall first, the wholly severe station before all."""
    order = sorted(SCENARIOS, key=lambda one: (bool(one.low), not one.severe_station))
    lines = [_line(one.name, rows[one.name]) for one in order]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [HEADS, ["---"] * len(HEADS), *lines])


def _line(name: str, row: Row) -> list[str]:
    found, other = row[RULE], row["t-test each look"]
    short = found["power"] is not None
    return [
        name, f"{found['runs']:,}", f"{found['false']:.3f} (at most {found['false_upper_95']:.3f})",
        f"{found['false_share']:.3f}" if short else "", f"{other['false']:.2f}",
        f"{found['power']:.2f}" if short else "",
        f"{_ratings(found['median_ratings'])} ({_ratings(found['p90_ratings'])})" if short else "",
        f"{found['coverage']:.3f}",
    ]  # fmt: skip


def _ratings(known: float | None) -> str:
    return "not by 280" if known is None else f"{known:.0f}"


def written(readme: str, rows: dict[str, Row]) -> str:
    """The README with the table of these rows."""
    before, rest = readme.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}{table(rows)}{MARKS[1]}{after}"


def main(arguments: list[str]) -> None:
    """Print the table, or write it into the README."""
    rows = json.loads(RESULTS.read_text())["rows"]
    if "--write" in arguments:
        README.write_text(written(README.read_text(), rows))
    else:
        print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
