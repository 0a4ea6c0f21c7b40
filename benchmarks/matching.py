"""What the claims about matching rest on: `python -m benchmarks.matching [--million]`. Plain Python, seeds stated.

Wall and CPU time of one decision; on a shared machine trust the CPU column. "prepared" starts from the expanded
market (what a stored run is), "whole" from ids and rankings. algmatch and matching run where they are installed.
"""

import argparse
import gc
import random
import resource
import warnings
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np

from services.recruitment.matching import (
    Market,
    Outcome,
    Programme,
    Seats,
    blocking_pairs,
    expand,
    match,
    propose,
)
from services.recruitment.waiting import fill

SIZES = ((600, 10, 4), (1_000, 20, 5), (10_000, 100, 8), (100_000, 500, 10))


def a_market(applicants: int, programmes: int, listed: int, seed: int = 1) -> Market:
    """Uniform preferences, random rankings, seats for half of the applicants."""
    dice = random.Random(seed)
    names = [f"p{i}" for i in range(programmes)]
    preferences = {f"a{i}": tuple(dice.sample(names, listed)) for i in range(applicants)}
    applied: dict[str, list[str]] = {name: [] for name in names}
    for who, wanted in preferences.items():
        for name in wanted:
            applied[name].append(who)
    for ranking in applied.values():
        dice.shuffle(ranking)
    seats = max(1, applicants // 2 // programmes)
    return Market(tuple(Programme(name, seats, tuple(applied[name])) for name in names), preferences)


def expanded(applicants: int, programmes: int, listed: int, seed: int = 1) -> Seats:
    """The same kind of market, made directly in expanded form, so that a million fits into memory."""
    dice = np.random.default_rng(seed)
    wanted = dice.integers(0, programmes, size=(applicants, 2 * listed), dtype=np.int32)
    first = np.zeros_like(wanted, dtype=bool)
    for column in range(2 * listed):
        first[:, column] = (wanted[:, :column] != wanted[:, column : column + 1]).all(axis=1)
    order = np.argsort(~first, axis=1, kind="stable")[:, :listed]
    choice = np.take_along_axis(wanted, order, axis=1).ravel()
    who = np.repeat(np.arange(applicants, dtype=np.int64), listed)
    place = dice.permutation(applicants * listed).astype(np.int64)
    merit = -(place * applicants + who)
    numbers = list(range(programmes))
    return Seats(
        applicants=range(applicants),
        pools=[(f"p{i}", "open") for i in numbers],
        seats=[applicants // 2 // programmes] * programmes,
        start=range(0, applicants * listed + 1, listed),
        choice=[numbers[pool] for pool in choice.tolist()],
        merit=merit.tolist(),
    )


def timed(work: Callable[[], object], times: int) -> tuple[float, float, object]:
    """Best wall and CPU seconds of some runs, and the last result."""
    wall, cpu, result = float("inf"), float("inf"), None
    gc.collect()
    for _ in range(times):
        clock, busy = perf_counter(), process_time()
        result = work()
        wall, cpu = min(wall, perf_counter() - clock), min(cpu, process_time() - busy)
    return wall, cpu, result


def row(size: str, what: str, wall: float, cpu: float, more: str = "") -> None:
    print(f"{size:>22}  {what:<28} {wall * 1e3:>10.1f} ms  cpu {cpu * 1e3:>10.1f} ms  {more}", flush=True)


def by_algmatch(market: Market) -> Callable[[], object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from algmatch import HospitalResidentsProblem
    people = {who: i + 1 for i, who in enumerate(market.preferences)}
    schemes = {p.id: i + 1 for i, p in enumerate(market.programmes)}
    asked = {
        "residents": {people[w]: [schemes[p] for p in wanted] for w, wanted in market.preferences.items()},
        "hospitals": {
            schemes[p.id]: {"capacity": p.seats, "preferences": [people[w] for w in p.ranking]}
            for p in market.programmes
        },
    }
    return lambda: HospitalResidentsProblem(dictionary=asked).get_stable_matching()


def by_matching(market: Market) -> Callable[[], object]:
    from matching.games import HospitalResident

    residents = {who: list(wanted) for who, wanted in market.preferences.items()}
    hospitals = {p.id: list(p.ranking) for p in market.programmes}
    seats = {p.id: p.seats for p in market.programmes}
    return lambda: HospitalResident.create_from_dictionaries(residents, hospitals, seats).solve()


def main(*, million: bool) -> None:
    for n, m, listed in SIZES:
        size = f"{n:,} x {m} x {listed}"
        market = a_market(n, m, listed)
        seats = expand(market)
        times = 5 if n < 50_000 else 2
        wall, cpu, held = timed(lambda seats=seats: propose(seats), times)
        row(size, "prepared", wall, cpu, f"{blocking_pairs(Outcome(seats, held))} blocking pairs")
        whole, busy, _ = timed(lambda market=market: match(market), times)
        row(size, "whole", whole, busy)
        if n <= 1_000:
            outcome = match(market)
            leaving = [next(iter(outcome.all()))]
            step, used, _ = timed(lambda o=outcome, gone=leaving: fill(o.seats, o.held, gone=gone), 5)
            row(size, "one step of the waiting list", step, used)
            for name, other in (("algmatch", by_algmatch), ("matching", by_matching)):
                try:
                    theirs, used, _ = timed(other(market), 1)
                    row(size, name, theirs, used, f"{theirs / whole:.0f} times ours")
                except ImportError:
                    print(f"{size:>22}  {name} is not installed (uv sync --group bench)")
    if million:
        seats = expanded(1_000_000, 1_000, 10)
        wall, cpu, held = timed(lambda: propose(seats), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        row(
            "1,000,000 x 1000 x 10",
            "prepared",
            wall,
            cpu,
            f"{sum(k >= 0 for k in held):,} placed, {peak:.0f} MB peak",
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--million", action="store_true", help="the case of a million applicants (about 0.8 GB)"
    )
    main(million=parser.parse_args().million)
