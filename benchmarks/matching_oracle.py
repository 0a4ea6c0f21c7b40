"""Who gets a seat, beside an independent solver: `python -m benchmarks.matching_oracle [--markets 10000]`.

Small random markets with reserves, soft and hard, of either order, are decided by `services/recruitment/matching.py`
and, expanded into pools as hospitals, by algmatch. Seeds are 0, 1, 2, ...; writes benchmarks/results/matching_oracle.json.
"""

import argparse
import json
import random
import warnings
from importlib.metadata import version
from pathlib import Path
from time import process_time

from services.recruitment.market import Market, Pool, Programme, expand
from services.recruitment.matching import Outcome, blocking_pairs, match

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an invalid escape in a docstring of algmatch 1.5.2
    from algmatch import HospitalResidentsProblem

RESULTS = Path(__file__).parent / "results" / "matching_oracle.json"


def random_market(seed: int, applicants: int = 12, programmes: int = 4, *, reserves: bool = True) -> Market:
    """Some programmes keep seats for one or two groups, some of them hard, some after their open seats; some have no seat, some people no wish."""
    dice = random.Random(seed)
    people = [f"a{i}" for i in range(applicants)]
    schemes = []
    for p in range(programmes):
        seats = dice.randint(0, 4)
        ranking = dice.sample(people, dice.randint(applicants // 2, applicants))
        pools = []
        left = seats
        for name in ("local", "internal") if reserves else ():
            kept = dice.randint(0, left)
            if kept:
                group = frozenset(dice.sample(people, dice.randint(0, applicants)))
                pools.append(Pool(name, kept, group, dice.random() < 0.3))
                left -= kept
        first = dice.random() < 0.7
        schemes.append(Programme(f"p{p}", seats, tuple(ranking), tuple(pools), reserve_first=first))
    preferences = {
        who: tuple(dice.sample([s.id for s in schemes], dice.randint(0, programmes))) for who in people
    }
    return Market(tuple(schemes), preferences)


def numbered(seed: int) -> Market:
    """The market of a seed: 10 to 22 applicants, 2 to 6 programmes."""
    return random_market(seed, applicants=10 + seed % 13, programmes=2 + seed % 5)


def by_algmatch(market: Market) -> dict[str, tuple[str, str]]:
    """The same market decided by an independent solver, on the expanded pools as hospitals (it takes no empty ones)."""
    seats = expand(market)
    n = len(seats.applicants)
    wishes = {
        i + 1: [
            seats.choice[k] + 1
            for k in range(seats.start[i], seats.start[i + 1])
            if seats.seats[seats.choice[k]]
        ]
        for i in range(n)
    }
    merits: dict[int, list[tuple[int, int]]] = {pool + 1: [] for pool in range(len(seats.pools))}
    for i in range(n):
        for k in range(seats.start[i], seats.start[i + 1]):
            merits[seats.choice[k] + 1].append((-seats.merit[k], i + 1))
    hospitals = {
        pool: {"capacity": seats.seats[pool - 1], "preferences": [i for _, i in sorted(standing)]}
        for pool, standing in merits.items()
        if seats.seats[pool - 1]
    }
    found = HospitalResidentsProblem(dictionary={"residents": wishes, "hospitals": hospitals})
    stable = found.get_stable_matching()
    assert stable is not None
    return {
        seats.applicants[int(resident[1:]) - 1]: seats.pools[int(hospital[1:]) - 1]
        for resident, hospital in stable["resident_sided"].items()
        if hospital
    }


def beside_algmatch(markets: int) -> dict[str, object]:
    """Both on so many markets: how many differ, by which seed first, and how many pairs would block."""
    differ, blocking, placed, busy = [], 0, 0, process_time()
    for seed in range(markets):
        market = numbered(seed)
        outcome: Outcome = match(market)
        blocking += blocking_pairs(outcome)
        placed += len(outcome.all())
        if outcome.all() != by_algmatch(market):
            differ.append(seed)
    return {
        "algmatch": version("algmatch"),
        "markets": markets,
        "placed": placed,
        "disagreements": len(differ),
        "first_seeds_that_differ": differ[:10],
        "blocking_pairs": blocking,
        "cpu_s": round(process_time() - busy, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--markets", type=int, default=10_000)
    found = beside_algmatch(parser.parse_args().markets)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
