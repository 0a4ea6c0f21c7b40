"""Running statistics as their rows keep them: names as JSON, figures as bytes."""

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from services.feedback.columns import Columns, Pair
from services.feedback.running import Running
from services.feedback.statistics import RunningRow
from services.feedback.tally import Spread, Tally


def packed(one: Running) -> dict[str, Any]:
    """As the row keeps it: names as JSON, figures as they are."""
    return {"pairs": names(one.pairs), **grown(one)}


def names(pairs: Columns) -> list[list[str | None]]:
    """Mentor, competency, since."""
    mentors = {mentor: str(mentor) for mentor in pairs.mentors}
    return [[mentors[who], code, since.isoformat() if since else None] for who, code, since in pairs]


def grown(one: Running) -> dict[str, Any]:
    """All but the names of the pairs."""
    size = len(one.pairs)
    whole = np.empty((size, size + 3))
    whole[:, :size], whole[:, size] = one.tally.cross, one.tally.vector
    whole[:, size + 1], whole[:, size + 2] = one.n, one.total
    return {
        "trainees": [
            [code, since and since.isoformat(), n, one.until[code, since].isoformat()]
            for (code, since), n in sorted(one.trainees.items(), key=lambda item: (item[0][0], item[0][1] or date.min))
        ],
        "figures": whole.tobytes(),
    }  # fmt: skip


def unpacked(row: RunningRow, spread: Spread) -> Running:
    """The tally looks at the row's own bytes: whoever adds to it makes another."""
    size = len(row.pairs)
    whole = np.frombuffer(row.figures).reshape(size, size + 3)
    counts = [
        ((code, since and date.fromisoformat(since)), n, date.fromisoformat(day))
        for code, since, n, day in row.trainees
    ]
    mentors = {who: UUID(who) for who in {who for who, _, _ in row.pairs}}
    n, total = (whole[:, size + at].astype(np.int64).tolist() for at in (1, 2))
    return Running(
        spread=spread,
        pairs=Columns(Pair(mentors[who], code, since and date.fromisoformat(since)) for who, code, since in row.pairs),
        tally=Tally(whole[:, :size], whole[:, size]), n=tuple(n), total=tuple(total),
        trainees={key: n for key, n, _ in counts}, until={key: day for key, _, day in counts},
    )  # fmt: skip
