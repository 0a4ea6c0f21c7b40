"""What the claims about rotation rest on: `python -m benchmarks.rotation [--size 180] [--family even,tight] [--only ours,cp_sat,highs]`.

Each instance is one of `rotation_problems` by family, size and seed. Ours, CP-SAT and HiGHS get the same seconds of processor
time on one thread, so that a busy machine changes the wall time and not the answer; each runs in a process of its own, whose
peak memory is told. Results: benchmarks/results/rotation.json, written after every solver; what an earlier run has found
stays there until the same solver has run on the same instance again, so a run that is stopped loses nothing.
"""

import argparse
import json
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

from benchmarks.contenders.rotation_models import peak_mb, with_cp_sat, with_highs
from benchmarks.rotation_problems import KINDS, make

RESULTS = Path(__file__).parent / "results" / "rotation.json"
LIMITS = {180: (5.0, 15.0), 600: (5.0, 10.0), 5000: (10.0, 30.0)}
"""Processor seconds at which the gap is read, by trainees."""
REPAIR = {180: 2.0, 600: 2.0, 5000: 15.0}
NOW = 20
SOLVERS = ("ours", "cp_sat", "highs")
MISSING = 10_000.0
"""What a visit without a place costs, where not all can have one."""


def disturbed(problem: dict[str, Any], seed: int) -> dict[str, Any]:
    """A station closes for two weeks, another loses a mentor from now on, and a module of one class slips two weeks."""
    chance = Random(seed)
    new = json.loads(json.dumps(problem))
    closing, short = chance.sample(range(1, len(new["capacity"])), 2)
    for week in (NOW + 1, NOW + 2):
        new["capacity"][closing][week] = 0
    row = new["capacity"][short]
    mentor = max(1, max(row) // 4)
    new["capacity"][short] = [
        max(0, seats - mentor) if week > NOW else seats for week, seats in enumerate(row)
    ]
    late = chance.randrange(len(new["class_size"]))
    station = new["required"][new["class_direction"][late]][-1]
    new["release"][late][station] = min(new["weeks"] - 5, new["release"][late][station] + 2)
    return new


def ours(
    problem: dict[str, Any], seconds: float, limits: tuple[float, float], seed: int, mend: float
) -> dict[str, Any]:
    """Plan and repair one instance; in a process of its own, so that its memory is its own."""
    from services.placement.plan_file import repair_rotation
    from services.placement.problem import Word
    from services.placement.problem_file import read
    from services.placement.rotation import plan
    from services.placement.stopwatch import by_processor_time

    seen: list[tuple[float, float]] = []
    with by_processor_time():
        rotation = read(problem)
        began, wall = process_time(), perf_counter()

        def tell(said: Word) -> None:
            if said.cost is not None:
                gap = (said.cost - said.bound) / said.cost if said.cost else 0.0
                seen.append((process_time() - began, max(0.0, gap)))

        answer = plan(rotation.problem(), seconds, tell)
        cpu, elapsed = process_time() - began, perf_counter() - wall
        owners = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
        flat = [column for of_class in answer.plans for column in of_class]
        written = [
            [c, [[cell // rotation.weeks, cell % rotation.weeks] for cell in column.cells if cell >= 0]]
            for c, column in zip(owners, flat, strict=True)
        ]
        found = {
            "cost": answer.cost, "lower_bound": answer.lower_bound, "gap": answer.gap, "uncovered": answer.uncovered,
            "uncovered_lower_bound": answer.uncovered_bound, "cpu": round(cpu, 2), "wall": round(elapsed, 2),
        }  # fmt: skip
        for limit in limits:
            in_time = [gap for at, gap in seen if at <= limit]
            found[f"gap_at_{limit:g}"] = answer.gap if cpu <= limit else in_time[-1] if in_time else None
        if mend:
            began = process_time()
            done = repair_rotation(read(disturbed(problem, seed)), written, NOW + 1, mend)
            found["repair"] = {
                "changed": done["changed"], "lower_bound": done["changed_lower_bound"],
                "uncovered": len(done["uncovered"]), "uncovered_lower_bound": done.get("uncovered_lower_bound", 0),
                "cpu": round(process_time() - began, 2),
            }  # fmt: skip
    found["peak_mb"] = peak_mb()
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", default="180,600,5000", help="trainees")
    arguments.add_argument("--family", default=",".join(KINDS))
    arguments.add_argument("--only", default=",".join(SOLVERS), help="which solvers run")
    arguments.add_argument("--seeds", default="1,2,3,4,5")
    arguments.add_argument(
        "--contenders", type=int, default=180, help="CP-SAT and HiGHS up to so many trainees"
    )
    arguments.add_argument("--out", type=Path, default=RESULTS)
    asked = arguments.parse_args()
    rows = json.loads(asked.out.read_text())["rows"] if asked.out.exists() else []
    table = {(row["trainees"], row["family"], row["seed"]): row for row in rows}
    wanted = [name for name in asked.only.split(",") if name in SOLVERS]
    instances = product(
        map(int, asked.size.split(",")), map(int, asked.seeds.split(",")), asked.family.split(",")
    )
    for (size, seed, family), solver in product(instances, wanted):
        if solver != "ours" and size > asked.contenders:
            continue
        row = table.setdefault((size, family, seed), {"trainees": size, "family": family, "seed": seed})
        row[solver] = _alone(solver, row)
        row["cost_over_ours"] = _over_ours(row)
        print(json.dumps({"trainees": size, "family": family, "seed": seed, solver: row[solver]}), flush=True)
        kept = [table[key] for key in sorted(table)]
        asked.out.write_text(
            json.dumps({"generated": True, "rows": kept, "summary": summary(kept)}, indent=1) + "\n"
        )
    for line in summary(list(table.values())):
        print(line)


def _alone(solver: str, row: dict[str, Any]) -> dict[str, Any]:
    """One solver on one instance, in a new process. The others may leave visits out where we had to."""
    family, size, seed = row["family"], row["trainees"], row["seed"]
    problem, limits = make(family, size, seed), LIMITS.get(size, (10.0, 30.0))
    loose = family == "infeasible" or row.get("ours", {}).get("uncovered")
    with get_context("spawn").Pool(1) as alone:
        if solver == "ours":
            return alone.apply(ours, (problem, limits[1], limits, seed, REPAIR.get(size, 15.0)))
        other = with_cp_sat if solver == "cp_sat" else with_highs
        return alone.apply(other, (problem, limits[1], MISSING if loose else None))


def _over_ours(row: dict[str, Any]) -> dict[str, float | None]:
    """What the plan of the others costs for each that ours does; nothing where they found none."""
    found = {}
    for name in SOLVERS[1:]:
        if name in row and "ours" in row:
            value, own = row[name]["value"], row["ours"]["cost"] + MISSING * row["ours"]["uncovered"]
            found[name] = round(value / own, 4) if value is not None else None
    return found


def summary(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By size and family: the worst gaps, the worst repair, how often the others found a plan and how much dearer it was."""
    found = []
    for size, family in sorted({(row["trainees"], row["family"]) for row in table}):
        rows = [row for row in table if (row["trainees"], row["family"]) == (size, family)]
        line: dict[str, Any] = {"trainees": size, "family": family, "instances": len(rows)}
        own = [row["ours"] for row in rows if "ours" in row]
        line |= _of_ours(own) if own else {}
        for name in SOLVERS[1:]:
            tried = [row for row in rows if name in row]
            over = [
                row["cost_over_ours"][name] for row in tried if row["cost_over_ours"].get(name) is not None
            ]
            gaps = [row[name]["gap"] for row in tried if row[name]["gap"] is not None]
            if tried:
                line[name] = {
                    "plans": f"{len(over)} of {len(tried)}",
                    "cost_over_ours": [min(over), median(over), max(over)] if over else None,
                    "median_gap": median(gaps) if gaps else None,
                    "median_cpu": median(row[name]["cpu"] for row in tried),
                    "peak_mb": max(row[name]["peak_mb"] for row in tried),
                }
        found.append(line)
    return found


def _of_ours(own: list[dict[str, Any]]) -> dict[str, Any]:
    limits = [name for name in own[0] if name.startswith("gap_at")]
    mends = [one["repair"] for one in own if one.get("repair")]
    line: dict[str, Any] = {
        f"worst_{name}": max((one[name] if one[name] is not None else 1.0) for one in own) for name in limits
    }
    line["without_a_place"] = [
        f"{one['uncovered']}>={one['uncovered_lower_bound']}" for one in own if one["uncovered"]
    ]
    line["median_cpu"] = median(one["cpu"] for one in own)
    line["peak_mb"] = max(one["peak_mb"] for one in own)
    line["worst_repair_ratio"] = max((m["changed"] / max(1, m["lower_bound"]) for m in mends), default=None)
    line["worst_repair_cpu"] = max((m["cpu"] for m in mends), default=None)
    return line


if __name__ == "__main__":
    main()
