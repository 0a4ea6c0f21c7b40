"""What the claims about matching rest on: `uv run --group bench python -m benchmarks.matching [--million]`.

"prepared" starts from the expanded market (what a stored run is), "whole" from ids and rankings. algmatch, matching
and numba run in the same process where they are installed; whoever decides, the result must be the same.
Seeds are stated; on a shared machine trust the CPU column. Writes benchmarks/results/matching.json.
"""

import argparse
import gc
import json
import os
import platform
import random
import resource
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from services.recruitment.market import Market, Programme, Seats, expand
from services.recruitment.matching import Outcome, blocking_pairs, match, propose
from services.recruitment.waiting import WaitingList

RESULTS = Path(__file__).parent / "results" / "matching.json"
SIZES = ((600, 10, 4), (1_000, 20, 5), (10_000, 100, 8), (100_000, 500, 10))
rows: list[dict[str, object]] = []


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


def measured(size: str, what: str, work: Callable[[], object], times: int, more: str = "") -> object:
    """Time it, print a row, keep it for the file."""
    wall, cpu, result = timed(work, times)
    rows.append({"size": size, "what": what, "wall_ms": round(wall * 1e3, 2), "cpu_ms": round(cpu * 1e3, 2)})
    print(f"{size:>22}  {what:<30} {wall * 1e3:>9.1f} ms  cpu {cpu * 1e3:>9.1f} ms  {more}", flush=True)
    return result


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


def as_pairs(name: str, solved: object, market: Market) -> dict[str, str]:
    """What another solver found, as applicant -> programme."""
    if name == "algmatch":
        people, schemes = list(market.preferences), [p.id for p in market.programmes]
        found = solved["resident_sided"].items()  # type: ignore[index]
        return {people[int(r[1:]) - 1]: schemes[int(h[1:]) - 1] for r, h in found if h}
    return {r.name: h.name for h, residents in solved.items() for r in residents}  # type: ignore[attr-defined]


def beside_others(size: str, market: Market) -> None:
    """algmatch and matching on the same market; all must agree."""
    ours = {who: programme for who, (programme, _) in match(market).all().items()}
    for name, other in (("algmatch", by_algmatch), ("matching", by_matching)):
        if not find_spec(name):
            print(f"{size:>22}  {name} is not installed (uv sync --group bench)")
            continue
        solved = measured(size, name, other(market), 1)
        assert as_pairs(name, solved, market) == ours, f"{name} disagrees at {size}"


def beside_numba(size: str, seats: Seats, held: list[int], times: int) -> None:
    """The compiled twin on the same market, from arrays and from lists; the result must be the same."""
    if not find_spec("numba"):
        print(f"{size:>22}  numba is not installed (uv sync --group bench)")
        return
    from services.recruitment import compiled

    arrays = replace(
        seats, start=np.array(seats.start), choice=np.array(seats.choice), merit=np.array(seats.merit)
    )
    assert measured(size, "numba, arrays", lambda: compiled.propose(arrays), times) == held
    assert measured(size, "numba, lists", lambda: compiled.propose(seats), times) == held


def steps(size: str, outcome: Outcome) -> None:
    """The waiting list made once, and every hundredth of those admitted leaving it, one after the other."""
    made = measured(size, "the waiting list, made", lambda: WaitingList(outcome.seats, outcome.held), 1)
    assert isinstance(made, WaitingList)
    made.fill()
    busy = []
    for who in sorted(outcome.all())[::100]:
        begun = process_time()
        made.leave([who])
        made.fill()
        busy.append(process_time() - begun)
    for what, took in (("median", median(busy)), ("longest", max(busy))):
        row = {"size": size, "what": f"a step of the waiting list, {what} of {len(busy)}"}
        rows.append({**row, "cpu_ms": round(took * 1e3, 2)})
        print(f"{size:>22}  {row['what']:<30} cpu {took * 1e3:.2f} ms", flush=True)


def each_size() -> None:
    for n, m, listed in SIZES:
        size = f"{n:,} x {m} x {listed}"
        market = a_market(n, m, listed)
        seats = expand(market)
        times = 5 if n < 50_000 else 3
        held = measured(size, "prepared, plain Python", lambda seats=seats: propose(seats), times)
        outcome = Outcome(seats, held)
        assert blocking_pairs(outcome) == 0
        measured(size, "whole, plain Python", lambda market=market: propose(expand(market)), times)
        beside_numba(size, seats, held, times)
        steps(size, outcome)
        if n <= 1_000:
            beside_others(size, market)
        keep()


def a_million() -> None:
    size = "1,000,000 x 1000 x 10"
    seats = expanded(1_000_000, 1_000, 10)
    held = measured(size, "prepared, plain Python", lambda: propose(seats), 1)
    beside_numba(size, seats, held, 2)
    assert blocking_pairs(Outcome(seats, held)) == 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:>22}  {sum(k >= 0 for k in held):,} placed, 0 blocking pairs, {peak:.0f} MB at the most")


def compile_first() -> None:
    """The pause of the compiler, apart from what follows it."""
    if find_spec("numba"):
        from services.recruitment import compiled

        small = expanded(100, 5, 2)
        measured("-", "numba compiles (once)", lambda: compiled.propose(small), 1)


def keep() -> None:
    """Put what was measured into the file, in the place of earlier rows of the same name."""
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if RESULTS.exists() else []
    again = {(row["size"], row["what"]) for row in rows}
    facts = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "note": "wall times of a shared machine under load; the CPU column is what counts",
    }
    merged = [*(row for row in known if (row["size"], row["what"]) not in again), *rows]
    RESULTS.write_text(json.dumps({"facts": facts, "rows": merged}, indent=1) + "\n", encoding="utf-8")


def main(*, million: bool) -> None:
    compile_first()
    if million:
        a_million()
        keep()
    else:
        each_size()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--million", action="store_true", help="only the case of a million applicants (about 1.5 GB)"
    )
    main(million=parser.parse_args().million)
