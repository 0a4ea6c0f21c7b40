"""Running statistics as their rows keep them: names as JSON, figures as bytes."""

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from services.feedback.running import Pair, Running, Sums
from services.feedback.statistics import RunningRow
from services.feedback.tally import Spread, Tally

SUMS = np.dtype([("pair", "<i4"), ("n", "<i4"), ("total", "<i4")])


def packed(one: Running) -> dict[str, Any]:
    """As the row keeps it: names as JSON, figures as they are."""
    size = len(one.pairs)
    whole = np.zeros((size, size + 3))
    whole[:, :size], whole[:, size] = one.tally.cross, one.tally.vector
    whole[:, size + 1], whole[:, size + 2] = one.n, one.total
    return {
        "pairs": [[str(pair.mentor), pair.competency, pair.since and pair.since.isoformat()] for pair in one.pairs],
        "trainees": [
            [code, since and since.isoformat(), n, one.until[code, since].isoformat()]
            for (code, since), n in sorted(one.trainees.items(), key=lambda item: (item[0][0], item[0][1] or date.min))
        ],
        "figures": whole.tobytes(),
    }  # fmt: skip


def unpacked(row: RunningRow, spread: Spread) -> Running:
    size = len(row.pairs)
    whole = np.frombuffer(row.figures).reshape(size, size + 3)
    counts = [
        ((code, since and date.fromisoformat(since)), n, date.fromisoformat(day))
        for code, since, n, day in row.trainees
    ]
    mentors = {who: UUID(who) for who in {who for who, _, _ in row.pairs}}
    return Running(
        spread=spread,
        pairs=tuple(Pair(mentors[who], code, since and date.fromisoformat(since)) for who, code, since in row.pairs),
        tally=Tally(whole[:, :size].copy(), whole[:, size].copy()),
        n=tuple(int(one) for one in whole[:, size + 1]), total=tuple(int(one) for one in whole[:, size + 2]),
        trainees={key: n for key, n, _ in counts}, until={key: day for key, _, day in counts},
    )  # fmt: skip


def packed_sums(mine: Sums) -> bytes:
    """Of one trainee."""
    return np.array([(at, *of) for at, of in mine.items()], SUMS).tobytes()


def unpacked_sums(kept: bytes) -> Sums:
    return {pair: (n, total) for pair, n, total in np.frombuffer(kept, SUMS).tolist()}
