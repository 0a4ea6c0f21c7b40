"""The cut-offs by pool as an SVG: one bar a pool, as long as its cut-off, with its number."""

from html import escape
from typing import Any

WIDTH, LEFT, ROW = 720, 240, 26
STEEL, LINE, INK = "#1a5fa8", "#dde4ea", "#14202e"


def picture(answer: dict[str, Any], *, chinese: bool) -> str:
    """SVG text; a pool with seats left has no cut-off and says so."""
    cuts = answer["cutoffs"]
    most = max((cut["cutoff"] for cut in cuts if "cutoff" in cut), default=1) or 1
    title = "各名额类别的录取线" if chinese else "Cut-off of each pool"
    none = "未满，无录取线" if chinese else "seats left, no cut-off"
    parts = [_text(16, 26, title, size=16, weight=600)]
    for at, cut in enumerate(cuts):
        top = 44 + at * ROW
        parts.append(_text(16, top + 15, f"{cut['programme']} / {cut['pool']}"))
        parts.append(f'<line x1="{LEFT}" y1="{top}" x2="{LEFT}" y2="{top + ROW}" stroke="{LINE}"/>')
        if "cutoff" not in cut:
            parts.append(_text(LEFT + 8, top + 15, none))
            continue
        length = max(0, cut["cutoff"]) / most * (WIDTH - LEFT - 90)
        parts.append(f'<rect x="{LEFT}" y="{top + 4}" width="{length:.1f}" height="14" fill="{STEEL}"/>')
        parts.append(_text(LEFT + length + 8, top + 15, f"{cut['cutoff']:g}"))
    height = 60 + len(cuts) * ROW
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}"><title>{escape(title)}</title>\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{body}\n</svg>\n"
    )


def _text(x: float, y: float, text: str, *, size: int = 12, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{INK}" '
        f'font-family="sans-serif">{escape(text)}</text>'
    )
