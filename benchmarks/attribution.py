"""How long it takes to say where a shortfall comes from, beside one look at the same cohort.

`OPENBLAS_NUM_THREADS=1 python -m benchmarks.attribution`. Milliseconds of CPU, the least of `--repeats`, for cohorts of 120
trainees and 12 competencies, mentors in four workshops, with an earlier intake by the same mentors. Both run in the transaction
that confirms the gap, so together they are how long its lock is held beyond what every batch of ratings takes.
"""

import argparse
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time
from uuid import UUID

import numpy as np

from services.feedback import attribution, mixed_evalue, running
from services.feedback.attribution import Known
from services.feedback.beliefs import Assumed, e_values
from services.feedback.running import Due, Pair, Running
from services.feedback.tally import Spread

RESULTS = Path(__file__).parent / "results" / "attribution.json"
CODES = [f"c{number}" for number in range(12)]
TRAINEES, EACH, WORKSHOPS = 120, 3, 4


def rated(seed: int, mentors: list[UUID]) -> Running:
    """Each trainee by three mentors on everything; the first competency is one level short for all."""
    chance = np.random.default_rng(seed)
    found = []
    for trainee in range(TRAINEES):
        for mentor in chance.choice(len(mentors), EACH, replace=False):
            for code in CODES:
                level = int(np.clip(round(chance.normal(3.0 if code == CODES[0] else 4.2, 0.8)), 1, 5))
                found.append(
                    Due(
                        UUID(int=seed * 1000 + trainee), Pair(mentors[mentor], code), level, date(2021, 11, 1)
                    )
                )
    return running.of(found, Spread())


def least(what: Callable[[], object], repeats: int) -> float:
    spent = []
    for _ in range(repeats):
        began = process_time()
        what()
        spent.append(1000 * (process_time() - began))
    return round(min(spent), 1)


def measured(size: int, repeats: int) -> dict[str, float]:
    """One size of cohort."""
    mentors = [UUID(int=number + 1) for number in range(size)]
    workshop = {mentor: UUID(int=100 + number % WORKSHOPS) for number, mentor in enumerate(mentors)}
    required = dict.fromkeys(CODES, 4.0)
    own, earlier = rated(1, mentors), rated(2, mentors)
    known = Known(own, [earlier], [], required, Assumed(), workshop, workshop, ["m1"])

    def look() -> object:
        solved = mixed_evalue.model(own, [], required, workshop, Assumed())
        return e_values(solved.beliefs, len(solved.keys), Assumed())

    return {
        "mentors": size, "ms_of_a_look": least(look, repeats),
        "ms_of_attribution": least(lambda: attribution.of(known, CODES[0]), repeats),
    }  # fmt: skip


def main(sizes: list[int], repeats: int) -> None:
    """Prints each row; the file is written at the end."""
    rows = []
    for size in sizes:
        rows.append(measured(size, repeats))
        print(rows[-1], flush=True)
    RESULTS.write_text(json.dumps({"repeats": repeats, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentors", type=int, nargs="+", default=[8, 24, 48])
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    main(chosen.mentors, chosen.repeats)
