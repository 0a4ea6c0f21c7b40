"""Running statistics as their rows keep them: names as JSON, figures as bytes, of a symmetric matrix the half."""

from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.feedback.columns import Columns, Pair
from services.feedback.running import Running
from services.feedback.statistics import RunningRow
from services.feedback.tally import Spread, Tally

Figures = NDArray[np.float64]
Mask = NDArray[np.bool_]


def packed(one: Running) -> dict[str, Any]:
    """As the row keeps it: names as JSON, figures as they are."""
    return {"pairs": names(one.pairs), **grown(one)}


def names(pairs: Columns) -> list[list[str | None]]:
    """Mentor, competency, since."""
    mentors = {mentor: str(mentor) for mentor in pairs.mentors}
    return [[mentors[who], code, since.isoformat() if since else None] for who, code, since in pairs]


def grown(one: Running) -> dict[str, Any]:
    """All but the names of the pairs."""
    half = one.tally.cross[_half(len(one.pairs))]
    return {
        "trainees": [
            [code, since and since.isoformat(), n, one.until[code, since].isoformat()]
            for (code, since), n in sorted(one.trainees.items(), key=lambda item: (item[0][0], item[0][1] or date.min))
        ],
        "figures": np.concatenate([half, one.tally.vector, one.n, one.total]).tobytes(),
    }  # fmt: skip


@lru_cache(maxsize=64)
def _half(size: int) -> Mask:
    """Which of `size` x `size` a symmetric matrix is kept by."""
    return np.tri(size, dtype=bool)


def _figures(row: RunningRow) -> tuple[Figures, Figures, Figures, Figures]:
    """Cross products, vector, counts and totals; rows written before are the whole matrix with three columns more."""
    size, kept = len(row.pairs), np.frombuffer(row.figures)
    if len(kept) == size * (size + 3):
        whole = kept.reshape(size, size + 3)
        return whole[:, :size], whole[:, size], whole[:, size + 1], whole[:, size + 2]
    cross, half = np.empty((size, size)), kept[: -3 * size]
    cross[_half(size)] = cross.T[_half(size)] = half
    vector, n, total = kept[len(half) :].reshape(3, size)
    return cross, vector, n, total


def unpacked(row: RunningRow, spread: Spread) -> Running:
    """Whoever adds to its tally makes another."""
    cross, vector, *counted = _figures(row)
    counts = [
        ((code, since and date.fromisoformat(since)), n, date.fromisoformat(day))
        for code, since, n, day in row.trainees
    ]
    mentors = {who: UUID(who) for who in {who for who, _, _ in row.pairs}}
    n, total = (of_each.astype(np.int64).tolist() for of_each in counted)
    return Running(
        spread=spread,
        pairs=Columns(Pair(mentors[who], code, since and date.fromisoformat(since)) for who, code, since in row.pairs),
        tally=Tally(cross, vector), n=tuple(n), total=tuple(total),
        trainees={key: n for key, n, _ in counts}, until={key: day for key, _, day in counts},
    )  # fmt: skip
