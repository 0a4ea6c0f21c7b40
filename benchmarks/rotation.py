"""What the claims about rotation rest on: `python -m benchmarks.rotation [--contenders 180] [--seeds 5]`.

Plans are made within seconds of processor time, so that a busy machine changes the wall column and not the answer.
Every instance is one of `rotation_problems` by kind, size and seed. CP-SAT and HiGHS get the same seconds of wall time
on one thread, up to the size that `--contenders` names (0 leaves them out). Results: benchmarks/results/rotation.json.
"""

import argparse
import json
import resource
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

from benchmarks.rotation_problems import KINDS, make

RESULTS = Path(__file__).parent / "results" / "rotation.json"
LIMITS = {180: (5.0, 15.0), 600: (5.0, 10.0), 5000: (10.0, 30.0)}
"""Processor seconds at which the gap is read, by trainees."""
REPAIR = {180: 2.0, 600: 2.0, 5000: 15.0}
NOW = 20


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
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", default="180,600,5000")
    arguments.add_argument("--kinds", default=",".join(KINDS))
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument(
        "--contenders", type=int, default=180, help="up to so many trainees; 0 leaves them out"
    )
    arguments.add_argument("--out", type=Path, default=RESULTS)
    asked = arguments.parse_args()
    table: list[dict[str, Any]] = []
    for size in map(int, asked.sizes.split(",")):
        for kind in asked.kinds.split(","):
            for seed in range(1, asked.seeds + 1):
                table.append(
                    {"kind": kind, "trainees": size, "seed": seed} | _instance(kind, size, seed, asked)
                )
                print(json.dumps(table[-1]), flush=True)
                asked.out.write_text(
                    json.dumps({"generated": True, "rows": table, "summary": summary(table)}, indent=1) + "\n"
                )
    for line in summary(table):
        print(line)


def _instance(kind: str, size: int, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    problem, limits = make(kind, size, seed), LIMITS.get(size, (10.0, 30.0))
    with get_context("spawn").Pool(1) as alone:
        found = alone.apply(ours, (problem, limits[1], limits, seed, REPAIR.get(size, 15.0)))
    if size <= asked.contenders:
        from benchmarks.contenders.rotation_models import with_cp_sat, with_highs

        with get_context("spawn").Pool(1) as alone:
            found["cp_sat"] = alone.apply(with_cp_sat, (problem, limits[1]))
            found["highs"] = alone.apply(with_highs, (problem, limits[1]))
    return found


def summary(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By size and kind: the worst gaps, the worst repair, how often the others found a plan and how much dearer it was."""
    found = []
    for size, kind in sorted({(row["trainees"], row["kind"]) for row in table}):
        rows = [row for row in table if (row["trainees"], row["kind"]) == (size, kind)]
        limits = [name for name in rows[0] if name.startswith("gap_at")]
        mends = [row["repair"] for row in rows if row.get("repair")]
        line: dict[str, Any] = {"trainees": size, "kind": kind, "instances": len(rows)}
        line |= {
            f"worst_{name}": max((row[name] if row[name] is not None else 1.0) for row in rows)
            for name in limits
        }
        line["without_a_place"] = [
            f"{row['uncovered']}>={row['uncovered_lower_bound']}" for row in rows if row["uncovered"]
        ]
        line["median_cpu"] = median(row["cpu"] for row in rows)
        line["peak_mb"] = max(row["peak_mb"] for row in rows)
        line["worst_repair_ratio"] = max(
            (m["changed"] / max(1, m["lower_bound"]) for m in mends), default=None
        )
        line["worst_repair_cpu"] = max((m["cpu"] for m in mends), default=None)
        for other in ("cp_sat", "highs"):
            values = [
                row[other]["value"] / row["cost"] for row in rows if row.get(other) and row[other]["value"]
            ]
            asked = sum(other in row for row in rows)
            if asked:
                line[other] = {
                    "plans": f"{len(values)} of {asked}",
                    "cost_over_ours": max(values, default=None),
                }
        found.append(line)
    return found


if __name__ == "__main__":
    main()
