"""How often is a revision asked for that nobody needs, and how soon one that is? `python -m benchmarks.evidence --runs 1000`.

Contenders on the same cohorts of `evidence_simulator.py`: the mean of the last ten ratings and a t-test with
Benjamini-Hochberg at each look, the first rule `mentor-means/1` (monthly), and the deciding rule `mixed-evalue/3`, whose
variances are those that the service freezes, never those of the generator. The deciding rule plays all runs, the others the
first hundred; rows with a shortfall play a fifth of the runs and look ten times as often. The file is written row by row.
`false` counts cohorts with any false revision; `false_share` is the mean share of false ones among those asked for (the rate
of false discoveries, which e-BH bounds where something does fall short).
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import process_time

import numpy as np
from scipy.special import betaincinv, stdtr

from benchmarks.evidence_simulator import MONTHS, Cohort, Floats, Ints, Scenario, draw
from services.feedback import evalues, evidence
from services.feedback.beliefs import Assumed, Belief, Pairs, believe, e_values, mixed
from services.feedback.mixed_evalue import DOUBT, RULE
from services.feedback.tally import Counts, Spread, Tally, information, swap

ALPHA = 0.05
STEP = 120
SPREAD, ASSUMED = Spread(), Assumed()
OTHERS_PLAY = 100
RESULTS = Path(__file__).parent / "results" / "evidence.json"
Z95 = 1.959963984540054

SMALL = {"trainees": 27, "mentors": 4, "stations": 2}
SCENARIOS = (
    Scenario("at the requirement, mentor sd .45"),
    Scenario("27 trainees, 4 mentors", **SMALL),
    Scenario("27 trainees, 4 mentors, mentor x competency .5", mentor_competency_sd=0.5, **SMALL),
    Scenario("a station .8 too severe", severe_station=0.8),
    Scenario("short by .75", low=0.75),
    Scenario("short by .75, 1 vignette a competency", low=0.75, vignettes=1),
    Scenario("short by .5, 3 vignettes a competency", low=0.5, vignettes=3),
    Scenario("mentor x competency sd .5", mentor_competency_sd=0.5),
    Scenario("growth 1.0 up to the due point", growth=1.0),
    Scenario("mentor x competency sd .3", mentor_competency_sd=0.3),
    Scenario("trainee x competency sd .4", trainee_competency_sd=0.4),
    Scenario("short by .75, mentor x comp. .3", low=0.75, mentor_competency_sd=0.3),
    Scenario("short by .75, mentor x comp. .3, 1 vignette", low=0.75, mentor_competency_sd=0.3, vignettes=1),
    Scenario("short by .75, by station and core", low=0.75, by_station=True),
    Scenario("short by .75, 27 trainees, 4 mentors", low=0.75, **SMALL),
    Scenario("rated by station and core", by_station=True),
    Scenario("requirement 4", target=4.0),
    Scenario("at the requirement, mentor sd .25", mentor_sd=0.25),
    Scenario("a station .8 too severe, a look every 24 ratings", severe_station=0.8, look_every=24),
    Scenario(
        "a station .8 too severe, mentor x competency .3, a look every 24",
        severe_station=0.8,
        mentor_competency_sd=0.3,
        look_every=24,
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Which competencies were flagged, each after how many of its own ratings; and the intervals at the end."""

    flagged: dict[int, int]
    low: Floats | None = None
    high: Floats | None = None


def last_ten(cohort: Cohort, scenario: Scenario) -> Told:
    """What a spreadsheet does."""
    flagged: dict[int, int] = {}
    for end in looks(cohort):
        for k in range(scenario.competencies):
            levels = cohort.level[:end][cohort.competency[:end] == k]
            if len(levels) >= 10 and levels[-10:].mean() < scenario.target:
                flagged.setdefault(k, len(levels))
    return Told(flagged)


def t_test(cohort: Cohort, scenario: Scenario) -> Told:
    """One-sided, each look as if it were the only one."""
    flagged: dict[int, int] = {}
    size = scenario.competencies
    for end in looks(cohort):
        n = np.bincount(cohort.competency[:end], minlength=size)
        mean = np.bincount(cohort.competency[:end], cohort.level[:end], size) / np.maximum(n, 1)
        square = np.bincount(cohort.competency[:end], cohort.level[:end] ** 2, size) / np.maximum(n, 1)
        error = np.sqrt(np.maximum(square - mean**2, 1e-9) / np.maximum(n - 1, 1))
        p = np.where(n >= 5, stdtr(np.maximum(n - 1, 1), (mean - scenario.target) / error), 1.0)
        order = np.argsort(p, kind="stable")
        passed = np.flatnonzero(p[order] <= ALPHA * np.arange(1, size + 1) / size)
        for k in order[: passed[-1] + 1] if len(passed) else ():
            flagged.setdefault(int(k), int(n[k]))
    return Told(flagged)


def mentor_means(cohort: Cohort, scenario: Scenario) -> Told:
    """The rule of the service, once a month."""
    flagged: dict[int, int] = {}
    bar = evidence.Bar(competencies=scenario.competencies, looks=MONTHS, alpha=ALPHA)
    found: list[evidence.Finding] = []
    for month in range(MONTHS):
        seen = cohort.month <= month
        ratings = evidence.Ratings(
            cohort.mentor[seen], cohort.competency[seen], cohort.trainee[seen], cohort.level[seen]
        )
        found = evidence.judge(
            ratings, cohort.station.tolist(), [scenario.target] * scenario.competencies, bar
        )
        for one in found:
            if one.answer == "short":
                flagged.setdefault(one.competency, one.ratings)
    ends = np.array([(one.low, one.high) for one in found], dtype=np.float64)
    return Told(flagged, ends[:, 0], ends[:, 1])


def mixed_evalue(cohort: Cohort, scenario: Scenario, step: int | None = None) -> Told:
    """The deciding rule, on statistics that grow as the service's do; looked at after every `step` ratings."""
    flagged: dict[int, int] = {}
    size, mentors = scenario.competencies, scenario.mentors
    columns = np.arange(mentors * size)
    pairs = Pairs(columns // size, columns % size, mentors, size, cohort.station)
    target = np.full(len(columns), scenario.target)
    vignettes = vignettes_of(cohort, size, mentors)
    n, had, tally = (
        np.zeros(size, np.int64),
        counts_of(*[np.zeros(0, np.int64)] * 3),
        Tally.empty(len(columns)),
    )
    beliefs = believe(tally, vignettes, pairs, ASSUMED)
    step = step or scenario.look_every or (STEP // 10 if scenario.low else STEP)
    for start in range(0, len(cohort.level) - step + 1, step):
        part = slice(start, start + step)
        code = cohort.competency[part]
        added = counts_of(cohort.trainee[part], cohort.mentor[part] * size + code, cohort.level[part])
        tally = swap(tally, _of(had, added.trainee), added, pairs.competency, SPREAD)
        had, n = had.plus(added), n + np.bincount(code, minlength=size)
        centred = Tally(tally.cross, tally.vector - tally.cross @ target)
        beliefs = believe(centred, vignettes, pairs, ASSUMED)
        for k in evalues.act_on(e_values(beliefs, size, ASSUMED).tolist(), ALPHA):
            flagged.setdefault(k, int(n[k]))
        if scenario.low and flagged.keys() >= scenario.short:
            step_on = start + step
            beliefs = (
                _at_the_end(cohort, scenario, pairs, vignettes, target)
                if step_on < len(cohort.level)
                else beliefs
            )
            break
    mean, error = mixed(beliefs)
    ends = mean[:size] + np.outer([-Z95, Z95], error[:size]) + scenario.target
    return Told(flagged, ends[0], ends[1])


def _at_the_end(
    cohort: Cohort, scenario: Scenario, pairs: Pairs, vignettes: Tally, target: Floats
) -> list[Belief]:
    """Once all shortfalls are found only the intervals of the whole cohort are still of interest."""
    counts = counts_of(
        cohort.trainee, cohort.mentor * scenario.competencies + cohort.competency, cohort.level
    )
    tally = Tally.empty(len(target)).plus(information(counts, pairs.competency, SPREAD))
    return believe(Tally(tally.cross, tally.vector - tally.cross @ target), vignettes, pairs, ASSUMED)


def vignettes_of(cohort: Cohort, size: int, mentors: int) -> Tally:
    """What the answers to vignettes say of the mentors."""
    said = cohort.answers
    columns = np.arange(mentors * size)
    own = replace(SPREAD, trainee=DOUBT, trainee_competency=0.0)
    answers = counts_of(said.vignette, said.mentor * size + said.competency, said.level - said.agreed)
    return Tally.empty(len(columns)).plus(information(answers, columns % size, own))


def counts_of(trainee: Ints, pair: Ints, level: Floats | Ints) -> Counts:
    nothing = Counts(*(np.zeros(0, np.int64) for _ in range(4)))
    return nothing.plus(Counts(trainee, pair, np.ones(len(pair), np.int64), level.astype(np.int64)))


def _of(counts: Counts, trainees: Ints) -> Counts:
    mine = np.isin(counts.trainee, trainees)
    return Counts(counts.trainee[mine], counts.pair[mine], counts.n[mine], counts.total[mine])


def looks(cohort: Cohort) -> range:
    return range(STEP, len(cohort.level) + 1, STEP)


CONTENDERS: dict[str, Callable[[Cohort, Scenario], Told]] = {
    "last-10 mean": last_ten, "t-test each look": t_test, evidence.RULE: mentor_means,
    RULE: mixed_evalue,
}  # fmt: skip


def look_every(step: int, runs: int, seed: int, only: str) -> None:
    """Prints how often the deciding rule asks for a revision that nobody needs where it looks after every `step` ratings."""
    for number, scenario in enumerate(SCENARIOS):
        if only in scenario.name and not scenario.low:
            cohorts = [draw(scenario, (seed, number, run)) for run in range(runs)]
            told = [mixed_evalue(cohort, scenario, step) for cohort in cohorts]
            found = measured(scenario, told, [cohort.truth for cohort in cohorts])
            upper = found["false_upper_95"]
            print(
                f"{scenario.name}, {runs} cohorts, a look every {step} ratings: false {found['false']:.3f} (<= {upper})"
            )


def play(scenario: Scenario, number: int, runs: int, seed: int) -> dict[str, object]:
    """One row: for each contender, false revisions with their upper limit, power, ratings until found, coverage."""
    told: dict[str, list[Told]] = {name: [] for name in CONTENDERS}
    truth: list[Floats] = []
    for run in range(max(1, runs // 5) if scenario.low else runs):
        cohort = draw(scenario, (seed, number, run))
        truth.append(cohort.truth)
        for name, contender in CONTENDERS.items():
            if name == RULE or run < OTHERS_PLAY:
                told[name].append(contender(cohort, scenario))
    rows = {name: measured(scenario, found, truth[: len(found)]) for name, found in told.items()}
    return {"scenario": asdict(scenario), **rows}


def measured(scenario: Scenario, told: list[Told], truth: list[Floats]) -> dict[str, float | None]:
    """Figures over all runs of one contender; who is never found counts as found after infinitely many ratings."""
    false = sum(bool(set(one.flagged) - scenario.short) for one in told)
    shares = [len(set(one.flagged) - scenario.short) / max(len(one.flagged), 1) for one in told]
    when = np.array([one.flagged.get(k, np.inf) for one in told for k in scenario.short])
    inside = [
        (one.low <= known) & (known <= one.high)
        for one, known in zip(told, truth, strict=True)
        if one.low is not None and one.high is not None
    ]
    upper = float(betaincinv(false + 1, len(told) - false, 0.95)) if false < len(told) else 1.0
    return {
        "runs": len(told), "false": false / len(told), "false_upper_95": round(upper, 4),
        "false_share": round(float(np.mean(shares)), 4),
        "power": float(np.isfinite(when).mean()) if len(when) else None,
        "median_ratings": _at(when, 0.5), "p90_ratings": _at(when, 0.9),
        "coverage": round(float(np.mean(inside)), 4) if inside else None,
    }  # fmt: skip


def _at(when: Floats, part: float) -> float | None:
    if not len(when):
        return None
    found = float(np.sort(when)[min(len(when) - 1, int(np.ceil(part * len(when))) - 1)])
    return found if np.isfinite(found) else None


def shown(row: dict[str, object]) -> None:
    print(row["scenario"]["name"])  # type: ignore[index]
    for name in CONTENDERS:
        found: dict[str, float | None] = row[name]  # type: ignore[assignment]
        cells = [f"false {found['false']:.3f} (<= {found['false_upper_95']:.3f})"]
        if found["power"] is not None:
            median, late = (found[key] or "never" for key in ("median_ratings", "p90_ratings"))
            cells.append(f"power {found['power']:.2f}, ratings until found {median} (90 %: {late})")
        if found["coverage"] is not None:
            cells.append(f"coverage {found['coverage']:.3f}")
        print(f"    {name:<18} {'; '.join(cells)}", flush=True)


def main(runs: int, seed: int, only: str) -> None:
    """Prints each row as it is made and keeps it in the results file, beside the newest of the other rows."""
    began = process_time()
    how = {"seed": seed, "step": STEP, "alpha": ALPHA, "spread": asdict(SPREAD), "assumed": asdict(ASSUMED)}
    where = {"python": sys.version.split()[0], "numpy": np.__version__, "machine": platform.machine()}
    for number, scenario in enumerate(SCENARIOS):
        if only not in scenario.name:
            continue
        started = process_time()
        row = play(scenario, number, runs, seed)
        shown(row)
        kept = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
        kept[scenario.name] = {**row, "cpu_seconds": round(process_time() - started, 1)}
        RESULTS.write_text(json.dumps({**how, **where, "rows": kept}, indent=1, ensure_ascii=False) + "\n")
    print(f"{runs} runs a row, seed {seed}, {process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="simulated cohorts a row (1000 for a claim)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    parser.add_argument(
        "--step", type=int, help="look after so many ratings instead; printed, nothing is written"
    )
    chosen = parser.parse_args()
    if chosen.step:
        look_every(chosen.step, chosen.runs, chosen.seed, chosen.only)
    else:
        main(chosen.runs, chosen.seed, chosen.only)
