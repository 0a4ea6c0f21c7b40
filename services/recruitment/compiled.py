"""The same deferred acceptance for a million applicants, compiled by numba: an extra, and never another result.

`propose` needs the extra `recruitment[numba]`; `run` is plain Python too, so that the tests can hold it against
`matching.propose` without the compiler.
"""

from collections.abc import Callable, MutableSequence, Sequence
from functools import cache
from typing import Any

from services.recruitment.market import Seats
from services.recruitment.matching import EMPTY

Numbers = Sequence[int]
Places = MutableSequence[int]


def propose(market: Seats, seats: Numbers | None = None) -> list[int]:
    """As `matching.propose`, on arrays."""
    import numpy as np  # noqa: PLC0415 - it comes with the extra

    amounts = np.asarray(market.seats if seats is None else seats, dtype=np.int64)
    start, choice, merit = (
        np.asarray(each, dtype=np.int64) for each in (market.start, market.choice, market.merit)
    )
    heaps = np.full(int(amounts.sum()), EMPTY, dtype=np.int64)
    held: list[int] = _compiled()(start, choice, merit, amounts.cumsum(), start[:-1].copy(), heaps).tolist()
    return held


@cache
def _compiled() -> Callable[..., Any]:
    from numba import njit  # noqa: PLC0415 - it comes with the extra

    compiled: Callable[..., Any] = njit(run)
    return compiled


def run(start: Numbers, choice: Numbers, merit: Numbers, ends: Numbers, at: Places, heaps: Places) -> Places:
    """Everyone proposes down their list; `at` is where they are, and in the end where they hold, or -1.

    The heap of pool p lies in `heaps` up to `ends[p]`, its worst first.
    """
    n = len(at)
    for first in range(n):
        i = first
        while i >= 0:
            k = at[i]
            if k >= start[i + 1]:
                break
            at[i] = k + 1
            pool = choice[k]
            base = ends[pool - 1] if pool else 0
            size = ends[pool] - base
            if size == 0 or merit[k] <= heaps[base]:
                continue
            out = heaps[base]
            hole, child = 0, 1
            while child < size:
                if child + 1 < size and heaps[base + child + 1] < heaps[base + child]:
                    child += 1
                if heaps[base + child] >= merit[k]:
                    break
                heaps[base + hole] = heaps[base + child]
                hole, child = child, 2 * child + 1
            heaps[base + hole] = merit[k]
            i = -1 if out == EMPTY else -out % n
    for i in range(n):
        k = at[i] - 1
        pool = choice[k] if k >= start[i] else -1
        base = ends[pool - 1] if pool > 0 else 0
        if pool < 0 or ends[pool] == base or heaps[base] > merit[k]:
            at[i] = -1
        else:
            at[i] = k
    return at
