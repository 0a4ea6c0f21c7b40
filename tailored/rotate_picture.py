"""A heat map of seats by station and week, as SVG."""

from html import escape

CELL, LEFT, TOP = 22, 96, 52
EMPTY, LIGHT, FULL, CLOSED, OVER = "#ffffff", (227, 238, 248), (26, 95, 168), "#dde4ea", "#c2500c"


def heat_map(taken: list[list[int]], capacity: list[list[int]], *, chinese: bool) -> str:
    """One row a station, one column a week: the fuller the darker; too many is ember and marked with `!`."""
    weeks = len(capacity[0]) if capacity else 0
    width, height = LEFT + CELL * weeks + 12, TOP + CELL * len(capacity) + 40
    title = "各工位每周席位：已用 / 可用" if chinese else "Seats by station and week: taken of open"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
            f' font-family="sans-serif" font-size="10" role="img"><title>{escape(title)}</title>'
        ),
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="18" font-size="14" fill="#14202e">{escape(title)}</text>',
    ]
    parts += [
        f'<text x="{LEFT + CELL * week + CELL // 2}" y="{TOP - 6}" text-anchor="middle" fill="#5a6c7d">{week}</text>'
        for week in range(weeks)
    ]
    for station, row in enumerate(capacity):
        y = TOP + CELL * station
        name = f"工位 {station}" if chinese else f"station {station}"
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" font-size="12" fill="#33475b">{name}</text>'
        )
        parts += [_cell(LEFT + CELL * week, y, taken[station][week], seats) for week, seats in enumerate(row)]
    foot = (
        "数字为已用席位；灰色为停用；深色为接近满员"
        if chinese
        else "numbers are seats taken; grey is closed; dark is nearly full"
    )
    parts.append(f'<text x="8" y="{height - 12}" font-size="11" fill="#5a6c7d">{escape(foot)}</text></svg>')
    return "\n".join(parts)


def _cell(x: int, y: int, taken: int, seats: int) -> str:
    share = min(1.0, taken / seats) if seats else 0.0
    if taken > seats:
        fill, ink = OVER, "#ffffff"
    elif not seats:
        fill, ink = CLOSED, "#33475b"
    elif not taken:
        fill, ink = EMPTY, "#33475b"
    else:
        fill = "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(LIGHT, FULL, strict=True))
        ink = "#ffffff" if share > 0.55 else "#14202e"
    text = f"{taken}!" if taken > seats else str(taken) if taken else ""
    return (
        f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" rx="3" fill="{fill}" stroke="#dde4ea"/>'
        f'<text x="{x + CELL // 2}" y="{y + 14}" text-anchor="middle" fill="{ink}">{text}</text>'
    )
