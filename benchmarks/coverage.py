"""Times what curriculum promises: LP <= 100 ms, smallest revision <= 5 s with its gap (150 x 60), diff of 400 modules < 50 ms.

Run: `python -m benchmarks.coverage`; writes benchmarks/results/coverage.json. Instances are generated from a seed;
nothing here is real. On a shared machine trust the processor seconds; an integer answer is stopped by wall time,
so give it `--seconds` in which it gets about five of the processor.
"""

import argparse
import json
import os
import platform
import random
import time
from pathlib import Path
from statistics import median
from uuid import UUID

from services.curriculum import comparing, coverage, planning
from services.curriculum.coverage import Problem
from services.curriculum.designing import design, prices
from services.curriculum.revising import revise
from shared.events.base import Text
from shared.events.plan_parts import Hours, PlanModule, PlanPhase

PHASES = ("basics", "direction", "job")


def instance(modules, competencies, *, budget, seed=1):
    """Hours 20-100 in steps of 4; each module builds one to four competencies at 1 to 3 per hour."""
    chance = random.Random(seed)
    units, contribution = [], []
    for number in range(modules):
        hours = 4 * chance.randint(5, 25)
        phase = PHASES[number * len(PHASES) // modules]
        least = 4 * max(1, hours // 8)
        units.append(
            {
                "id": f"m{number}",
                "phase": phase,
                "hours": hours,
                "min": least,
                "max": 2 * hours,
                "core": chance.random() < 0.3,
            }
        )
        row = [0.0] * competencies
        for k in chance.sample(range(competencies), chance.randint(1, 4)):
            row[k] = float(chance.randint(1, 3))
        contribution.append(row)
    covered = [
        sum(unit["hours"] * row[k] for unit, row in zip(units, contribution, strict=True))
        for k in range(competencies)
    ]
    return Problem.model_validate(
        {
            "modules": units,
            "contribution": contribution,
            "competencies": [
                {"id": f"c{k}", "target": max(1, has), "importance": chance.randint(1, 5)}
                for k, has in enumerate(covered)
            ],
            "budgets": {
                p: budget * sum(unit["hours"] for unit in units if unit["phase"] == p) for p in PHASES
            },
            "prerequisites": [
                [f"m{a}", f"m{b}"]
                for a, b in (sorted(chance.sample(range(modules), 2)) for _ in range(modules // 4))
            ],
        }
    )


RESULTS = Path(__file__).parent / "results" / "coverage.json"
GAPS = ("c1", "c5", "c9")


def timed(work, times=1):
    """The last answer, and medians of wall and processor seconds."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return answer, {"wall_s": round(median(walls), 4), "cpu_s": round(median(cpus), 4)}


def row(what, size, seconds, **more):
    told = {"what": what, "size": size, **seconds, **more}
    print(json.dumps(told))
    return told


def main(seconds_allowed):
    limit = f"{seconds_allowed:g} s limit"
    rows = []
    for modules, competencies in ((60, 24), (150, 60)):
        size = f"{modules} x {competencies}"
        tight = instance(modules, competencies, budget=0.85)
        prices(tight)
        _, seconds = timed(lambda tight=tight: prices(tight), 7)
        rows.append(row("LP with the price of an hour", size, seconds))
        answer, seconds = timed(lambda tight=tight: design(tight, seconds_allowed))
        rows.append(row(f"integer answer, {limit}", size, seconds, gap=round(answer.gap, 4)))
        cases = {seed: instance(modules, competencies, budget=1.05, seed=seed) for seed in (1, 2, 3)}
        rows.extend(smallest(size, case, seed, seconds_allowed) for seed, case in cases.items())
    before, after = plan(400, 1), plan(400, 2)
    _, seconds = timed(lambda: comparing.difference(before, after), 21)
    rows.append(row("diff of two versions", "400 modules", seconds))
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1),
    }
    RESULTS.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


def smallest(size, case, seed, allowed):
    """The smallest revision for three competencies at 15 % more, the others protected."""
    now = coverage.coverage(case, case.hours())
    gaps = {name: now[name] * 1.15 for name in GAPS}
    found, seconds = timed(lambda: revise(case, gaps, protect=True, seconds=allowed))
    return row(
        f"smallest revision, {allowed:g} s limit, others protected", size, seconds, seed=seed,
        modules=len(found.changed), modules_at_least=round(found.fewest_modules), hours_moved=round(found.hours_moved), hours_at_least=round(found.fewest_hours),
        gap=round(found.gap, 4), missing=round(sum(found.shortfall.values()), 2),
    )  # fmt: skip


def plan(modules, version):
    chance = random.Random(version)
    name = Text(zh="名", en="n")
    return planning.compose(
        plan_id=UUID(int=1), plan_version=version, programme_id=UUID(int=2), title=name, requirements=[], weeks_of_practice=4,
        phases=[PlanPhase(phase="p", title=name, first_week=1, last_week=400, budget=1e6)],
        modules=[
            PlanModule(module=f"m{n}", title=name, phase="p", hours=Hours(theory=4 * chance.randint(1, 25)), contribution={f"c{n % 60}": 1})
            for n in range(modules)
        ],
    )  # fmt: skip


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0].replace("%", "%%"))
    asked.add_argument(
        "--seconds", type=float, default=5.0, help="wall time of each integer answer (default 5)"
    )
    main(asked.parse_args().seconds)
