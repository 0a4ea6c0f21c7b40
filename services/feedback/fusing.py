"""Which competencies a comment speaks of, by shared characters and by meaning. Pure; it only suggests.

Each way gives every competency a nearness; both are brought to mean 0 and sd 1 over the competencies and added, so that
neither scale counts for more. Meaning finds what is said in other words or in the other language, characters what is
named; where the first does not stand out, or neither is near, the suggestion is unsure.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.feedback import wording
from services.feedback.wording import CLAUSE, FLOOR, Known, Suggested, Suggestion

Floats = NDArray[np.float64]
Vector = Callable[[str], Floats]
ALIKE = 0.45
"""A meaning as near as this may be sure."""
FAR = 0.25
"""A meaning further than this is not suggested by itself."""
MARGIN = 1.3
"""By so many standard deviations the first must stand out."""


def suggest(found: Known, comment: str, vector: Vector, most: int = 3) -> Suggested:
    """At most so many competencies, each with the clause that says so; `vector` gives a text's unit vector of meaning."""
    codes = sorted({competency for text in found.texts for competency in text.about})
    clauses = [one.group().strip() for one in CLAUSE.finditer(comment) if one.group().strip()]
    if not codes or not clauses:
        return Suggested([], sure=False)
    shared, alike = wording.nearest(found, comment), _alike(found, vector(comment), vector)
    share = np.array([shared.get(code, (0.0, -1))[0] for code in codes])
    meaning = np.array([alike[code][0] for code in codes])
    fused = _standard(share) + _standard(meaning)
    order = [at for at in np.argsort(-fused, kind="stable") if share[at] > FLOOR / 2 or meaning[at] > FAR]
    best = [
        Suggestion(
            codes[at], float(np.clip(max(share[at], meaning[at]), 0, 1)),
            _clause(found, comment, clauses, shared.get(codes[at]), alike[codes[at]][1], vector),
        )
        for at in order[:most]
    ]  # fmt: skip
    if not best:
        return Suggested([], sure=False)
    first = order[0]
    apart = len(codes) == 1 or fused[first] - np.delete(fused, first).max() >= MARGIN
    near = share[first] >= FLOOR or meaning[first] >= ALIKE
    return Suggested(best, sure=bool(apart and near))


def _alike(found: Known, mine: Floats, vector: Vector) -> Mapping[str, tuple[float, int]]:
    """Each competency's nearest text by meaning; a confirmed comment weighs less, as with characters."""
    best: dict[str, tuple[float, int]] = {}
    for at, text in enumerate(found.texts):
        near = text.trust * float(vector(text.words) @ mine)
        for competency in text.about:
            best[competency] = max(best.get(competency, (-1.0, -1)), (near, at))
    return best


def _standard(near: Floats) -> Floats:
    spread = near.std()
    return (near - near.mean()) / spread if spread > 0 else np.zeros(len(near))


def _clause(
    found: Known,
    comment: str,
    clauses: Sequence[str],
    shared: tuple[float, int] | None,
    nearest: int,
    vector: Vector,
) -> str:
    """The clause that shares characters with it, else the one whose meaning is nearest."""
    if shared and shared[0] > FLOOR / 2:
        return wording.fragment(found, comment, shared[1])
    text = vector(found.texts[nearest].words)
    return max(clauses, key=lambda clause: float(vector(clause) @ text))
