"""Estimates, or differences, with their intervals as SVG: one line each, the target as a tick."""

from html import escape
from typing import Any

LEFT, WIDE, ROW = 220, 400, 24
STYLE = (
    "text{font:13px sans-serif;fill:#14202e}line{stroke:#1a5fa8;stroke-width:2}circle{fill:#1a5fa8}"
    "line.target{stroke:#c2500c}"
)


def drawn(rows: list[dict[str, Any]]) -> str:
    """Rows in the format of the commands; those without an interval are left out."""
    known = [row for row in rows if row["interval"]]
    ends = [end for row in known for end in (*row["interval"], _target(row))] or [0.0, 1.0]
    low, width = min(ends), max(max(ends) - min(ends), 1e-9)

    def at(value: float) -> str:
        return f"{LEFT + WIDE * (value - low) / width:.1f}"

    lines = []
    for number, row in enumerate(known):
        y = ROW + ROW * number
        start, end = row["interval"]
        middle, target = at(float(row["estimate" if "estimate" in row else "difference"])), at(_target(row))
        lines.append(
            f'<text x="8" y="{y + 4}">{escape(str(row["id"]))}</text>'
            f'<line x1="{at(start)}" x2="{at(end)}" y1="{y}" y2="{y}"/><circle cx="{middle}" cy="{y}" r="4"/>'
            f'<line class="target" x1="{target}" x2="{target}" y1="{y - 8}" y2="{y + 8}"/>'
            f'<text x="{LEFT + WIDE + 10}" y="{y + 4}">{escape(str(row["verdict"]))}</text>'
        )
    size = f'viewBox="0 0 800 {ROW * len(known) + ROW}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{"".join(lines)}</svg>\n'


def _target(row: dict[str, Any]) -> float:
    return float(row.get("target", 0.0))
