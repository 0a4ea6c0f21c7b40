"""Estimates, or differences, with their intervals as SVG: one line each, the target as a tick, the scale below."""

from collections.abc import Mapping
from html import escape
from typing import Any

from rich.cells import cell_len, set_cell_size

from tailored.language import chinese

LEFT, WIDE, ROW, LONGEST = 220, 360, 24, 28
STYLE = (
    "text{font:13px sans-serif;fill:#14202e}line{stroke:#1a5fa8;stroke-width:2}circle{fill:#1a5fa8}"
    "line.target{stroke:#c2500c}text.end{text-anchor:end}"
)
HEADS = {
    "estimate": ("估计等级与区间；橙色刻度为要求", "Estimated levels with intervals; the orange tick is what is required"),
    "difference": ("差异与区间；橙色刻度为无差异", "Differences with intervals; the orange tick is no difference"),
}  # fmt: skip


def drawn(rows: list[dict[str, Any]], verdicts: Mapping[str, str]) -> str:
    """Rows in the format of the commands, each named; those without an interval have their verdict alone."""
    kind = "estimate" if any("estimate" in row for row in rows) else "difference"
    ends = [end for row in rows if row["interval"] for end in (*row["interval"], _target(row))]
    low, high = min(ends, default=0.0), max(ends, default=1.0)

    def at(value: float) -> str:
        return f"{LEFT + WIDE * (value - low) / max(high - low, 1e-9):.1f}"

    lines = [f'<text x="8" y="{ROW - 6}">{HEADS[kind][not chinese()]}</text>']
    for number, row in enumerate(rows, start=1):
        y = ROW + ROW * number
        said = verdicts.get(row["verdict"], row["verdict"])
        lines.append(f'<text x="8" y="{y + 4}">{_name(str(row["id"]))}</text>')
        if row["interval"]:
            start, end = row["interval"]
            middle, target = float(row[kind]), at(_target(row))
            lines.append(
                f'<line x1="{at(start)}" x2="{at(end)}" y1="{y}" y2="{y}"/><circle cx="{at(middle)}" cy="{y}" r="4"/>'
                f'<line class="target" x1="{target}" x2="{target}" y1="{y - 8}" y2="{y + 8}"/>'
            )
            said = f"{middle:.2f}  {said}"
        lines.append(f'<text x="{LEFT + WIDE + 10}" y="{y + 4}">{escape(said)}</text>')
    foot = ROW * (len(rows) + 2)
    if ends:
        lines.append(f'<text x="{LEFT}" y="{foot}">{low:.2f}</text>')
        lines.append(f'<text class="end" x="{LEFT + WIDE}" y="{foot}">{high:.2f}</text>')
    size = f'viewBox="0 0 800 {foot + 8}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{"".join(lines)}</svg>\n'


def _name(name: str) -> str:
    """As much of it as there is room for; the whole where one points at it."""
    short = name if cell_len(name) <= LONGEST else f"{set_cell_size(name, LONGEST - 1).rstrip()}…"
    return f"{escape(short)}<title>{escape(name)}</title>"


def _target(row: dict[str, Any]) -> float:
    return float(row.get("target", 0.0))
