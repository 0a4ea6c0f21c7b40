"""How often does the audit doubt what was frozen, rightly or wrongly? `OPENBLAS_NUM_THREADS=1 python -m benchmarks.doubts --runs 100`.

Cohorts of `evidence_simulator.py` whose spreads are drawn anew for each and told to nobody; the audit of `services/feedback/reml.py`
reads all of their due ratings once. Each row is held against what the service freezes, and against a single mentor sd of .45.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.evidence import ASSUMED, SMALL, SPREAD
from benchmarks.evidence_simulator import Scenario, draw
from services.feedback.beliefs import Mentors
from services.feedback.mixed import Sheet
from services.feedback.reml import audit

RESULTS = Path(__file__).parent / "results" / "doubts.json"
RIGHT, WRONG = "within what was assumed", "beyond what was assumed"
SCENARIOS = {
    RIGHT: (
        Scenario("mentor sd .45"),
        Scenario("mentor sd .45, on single competencies .3", mentor_competency_sd=0.3),
        Scenario("27 trainees, 4 mentors", **SMALL),
        Scenario("short by .75", low=0.75),
    ),
    WRONG: (
        Scenario("mentor sd .9", mentor_sd=0.9),
        Scenario("a station .8 too severe", severe_station=0.8),
        Scenario("mentors on single competencies sd .9", mentor_competency_sd=0.9),
        Scenario("trainees on single competencies sd .4", trainee_competency_sd=0.4),
    ),
}


def frozen(mentors: tuple[Mentors, ...]) -> dict[str, tuple[float, float]]:
    raters, own = [one.rater for one in mentors], [one.own for one in mentors]
    fixed = {name: (getattr(SPREAD, name),) * 2 for name in ("trainee", "trainee_competency", "residual")}
    return {**fixed, "rater": (min(raters), max(raters)), "rater_competency": (min(own), max(own))}


HELD = {
    "what the service freezes": frozen(ASSUMED.mentors),
    "mentor sd .45 alone": frozen(tuple(one._replace(rater=0.45**2) for one in ASSUMED.mentors)),
}


def play(scenario: Scenario, number: int, runs: int, seed: int) -> dict[str, Any]:
    """The share of cohorts in which anything is doubted, and each variance."""
    found: dict[str, Counter[str]] = {name: Counter() for name in HELD}
    for run in range(runs):
        cohort = draw(scenario, (seed, number, run))
        parts = audit(
            Sheet(cohort.trainee, cohort.mentor, cohort.competency, cohort.level), HELD[next(iter(HELD))]
        )
        for name, values in HELD.items():
            doubted = [one.name for one in parts if one._replace(frozen=values[one.name]).doubtful]
            found[name].update([*doubted, *(["anything"] if doubted else [])])
    return {
        name: {what: round(n / runs, 3) for what, n in sorted(seen.items())} for name, seen in found.items()
    }


def main(runs: int, seed: int) -> None:
    """Prints each row as it is made, and writes the file at the end."""
    began, rows = process_time(), {}
    for number, (kind, scenario) in enumerate(
        (kind, one) for kind, some in SCENARIOS.items() for one in some
    ):
        rows[scenario.name] = {"assumption": kind, **play(scenario, number, runs, seed)}
        print(scenario.name, json.dumps(rows[scenario.name]), f"{process_time() - began:.0f} s", flush=True)
    RESULTS.write_text(json.dumps({"runs": runs, "seed": seed, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    main(chosen.runs, chosen.seed)
