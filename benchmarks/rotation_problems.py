"""Problems made from a seed, in the format of `tailored rotate`. Five kinds; everything about them is stated here.

Two directions, each needing seven of the stations (three are common, the first of these is the safety induction),
classes of 30, 12 foundation weeks and seven blocks of 4. A class hears the theory of its stations in an order of
its own, one module about every three weeks, from half-way through the foundation. Seats are spread so that demand / seats is the utilisation.
"""

from random import Random
from typing import Any

KINDS = {"even": 0.6, "tight": 0.8, "uneven": 0.7, "shutdowns": 0.6, "infeasible": 1.02}


def make(
    kind: str, trainees: int, seed: int, weeks: int = 40, stations: int = 12, class_size: int = 30
) -> dict[str, Any]:
    """A problem of this kind and size."""
    chance = Random(f"{kind}-{trainees}-{seed}")
    foundation, block = 12, 4
    blocks = (weeks - foundation) // block
    visits = min(blocks, stations)
    common = [0, 1, 2]
    rest = list(range(3, stations))
    chance.shuffle(rest)
    own = visits - len(common)
    required = {"a": common + rest[:own], "b": common + (rest[own:] + rest)[:own]}
    precedence = {
        name: [[0, s] for s in needed[1:]] + [[needed[3], needed[4]]] for name, needed in required.items()
    }
    classes = max(1, round(trainees / class_size))
    sizes = [trainees // classes + (c < trainees % classes) for c in range(classes)]
    direction = ["ab"[c % 2] for c in range(classes)]
    release = [_release(chance, required[d], stations, foundation, block, weeks) for d in direction]
    return {
        "weeks": weeks,
        "foundation_weeks": foundation,
        "block_weeks": block,
        "min_gap": 2,
        "class_size": sizes,
        "class_direction": direction,
        "required": required,
        "precedence": precedence,
        "release": release,
        "capacity": _capacity(chance, kind, sizes, direction, required, (weeks, stations, foundation)),
        "no_lag": [0],
    }


def _release(
    chance: Random, needed: list[int], stations: int, foundation: int, block: int, weeks: int
) -> list[int]:
    order = needed[1:3] + needed[3:]
    middle = order[:]
    chance.shuffle(middle)
    a, b = needed[3], needed[4]
    if middle.index(a) > middle.index(b):
        i, j = middle.index(a), middle.index(b)
        middle[i], middle[j] = middle[j], middle[i]
    release = [weeks] * stations
    release[0] = 0
    for place, station in enumerate(middle):
        release[station] = max(0, foundation - 6 + (block - 1) * place + chance.randrange(-2, 3))
    return release


def _capacity(
    chance: Random,
    kind: str,
    sizes: list[int],
    direction: list[str],
    required: dict[str, list[int]],
    frame: tuple[int, int, int],
) -> list[list[int]]:
    weeks, stations, foundation = frame
    use = KINDS[kind]
    demand = [
        sum(n for n, d in zip(sizes, direction, strict=True) if s in required[d]) for s in range(stations)
    ]
    rows = []
    for s in range(stations):
        closed = _closures(chance, kind, foundation, weeks)
        # all need the safety induction within the first block, and nothing else fits there
        open_weeks = 4 if s == 0 else weeks - foundation - 4 - len(closed)
        seats = demand[s] / open_weeks / use
        if kind == "uneven":
            seats *= chance.choice([0.9, 1.2, 1.8])
        row = [int(seats + chance.random()) or 1 for _ in range(weeks)]
        for week in closed:
            row[week] = 0
        rows.append(row)
    return rows


def _closures(chance: Random, kind: str, foundation: int, weeks: int) -> set[int]:
    closed: set[int] = set()
    for _ in range(2 if kind == "shutdowns" else 0):
        start = chance.randrange(foundation + 4, weeks - 3)
        closed |= {start, start + 1, start + 2}
    return closed
