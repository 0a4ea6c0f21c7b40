"""Times what curriculum promises: LP <= 100 ms, smallest revision <= 5 s with its gap (150 x 60), diff of 400 modules < 50 ms.

Run: `python -m benchmarks.coverage`. Instances are generated from a seed; nothing here is real.
"""

import random
import time
from uuid import UUID

from services.curriculum import coverage, planning, views
from services.curriculum.coverage import Problem
from services.curriculum.designing import design, prices
from services.curriculum.revising import revise
from shared.events.base import Text
from shared.events.curriculum import Hours, PlanModule, PlanPhase

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


def timed(work):
    began = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - began


def main():
    for modules, competencies in ((60, 24), (150, 60)):
        size = f"{modules} x {competencies}"
        tight = instance(modules, competencies, budget=0.85)
        prices(tight)
        _, seconds = timed(lambda tight=tight: prices(tight))
        print(f"{size}: LP with prices {seconds * 1000:.0f} ms")
        answer, seconds = timed(lambda tight=tight: design(tight, 5))
        print(f"{size}: integer answer {seconds:.2f} s, gap {answer.gap:.2%}")
        for budget in (1.0, 1.05):
            case = instance(modules, competencies, budget=budget)
            now = coverage.coverage(case, case.hours())
            gaps = {name: now[name] * 1.15 for name in ("c1", "c5", "c9")}
            for protect in (False, True):
                found, seconds = timed(
                    lambda case=case, gaps=gaps, protect=protect: revise(
                        case, gaps, protect=protect, seconds=5
                    )
                )
                print(
                    f"{size}, budget {budget:.0%}, protected {protect}: {seconds:.2f} s, {len(found.changed)} modules"
                    f" (at least {found.fewest_modules:.0f}), {found.hours_moved:.0f} h, gap {found.gap:.0%},"
                    f" missing {sum(found.shortfall.values()):.1f}"
                )
    before, after = plan(400, 1), plan(400, 2)
    _, seconds = timed(lambda: views.difference(before, after))
    print(f"diff of 400 modules {seconds * 1000:.1f} ms")


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
    main()
