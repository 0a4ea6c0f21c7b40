"""The same rotation problem as one time-indexed model, for general solvers: CP-SAT, and HiGHS as it comes.

One boolean for each trainee, visit and allowed week. Both get one thread and the seconds of processor time that the caller
gives, from when the model stands. With `missing` a visit may also have no place, at that cost.
"""

import resource
from collections import defaultdict
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any

import numpy as np

UNKNOWN = 1e30
"""HiGHS says a larger figure, or infinity, for what it does not know."""


def cells(problem: dict[str, Any]) -> list[tuple[int, int, int, int]]:
    """(trainee, station, week, cost) of every visit that may be."""
    found = []
    owners = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
    free = set(problem.get("no_lag", []))
    for trainee, c in enumerate(owners):
        for station in problem["required"][problem["class_direction"][c]]:
            first = problem["foundation_weeks"]
            if station not in free:
                first = max(first, problem["release"][c][station])
            for week in range(first, problem["weeks"]):
                lag = 0 if station in free else week - first
                found.append((trainee, station, week, lag if lag <= 4 else 4 + 2 * (lag - 4)))
    return found


def rows(
    problem: dict[str, Any],
    missing: float | None = None,
) -> tuple[list[tuple[int, int, int, int]], list[tuple[list[int], list[float], float, float]]]:
    """The variables, and every rule as a row: places, factors, least, most."""
    variables = cells(problem)
    visit, block, seat, week_of = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for at, (trainee, station, week, _) in enumerate(variables):
        visit[trainee, station].append(at)
        block[trainee, (week - problem["foundation_weeks"]) // problem["block_weeks"]].append(at)
        seat[station, week].append(at)
        week_of[trainee, week].append(at)
    without = {}
    if missing is not None:
        for name in visit:
            without[name] = len(variables)
            variables.append((*name, 0, missing))
    found = [
        ([*of, without[name]] if without else of, [1.0] * (len(of) + bool(without)), 1.0, 1.0)
        for name, of in visit.items()
    ]
    found += [(of, [1.0] * len(of), 0.0, 1.0) for of in block.values()]
    found += [(of, [1.0] * len(of), 0.0, float(problem["capacity"][s][w])) for (s, w), of in seat.items()]
    owners = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
    for trainee, c in enumerate(owners):
        for a, b in problem["precedence"].get(problem["class_direction"][c], []):
            first, then = visit[trainee, a], visit[trainee, b]
            weeks = [-float(variables[at][2]) for at in first] + [float(variables[at][2]) for at in then]
            if without:
                none_a, none_b = without[trainee, a], without[trainee, b]
                found.append((([*first, *then, none_b]), [*weeks, float(problem["weeks"])], 1.0, np.inf))
                found.append(([none_a, none_b], [-1.0, 1.0], 0.0, np.inf))
            else:
                found.append((first + then, weeks, 1.0, np.inf))
        for week in range(problem["foundation_weeks"], problem["weeks"]):
            near = [at for step in range(problem["min_gap"]) for at in week_of[trainee, week + step]]
            if problem["min_gap"] > 1 and near:
                found.append((near, [1.0] * len(near), 0.0, 1.0))
    return variables, found


def peak_mb() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _said(value: float | None, bound: float | None, state: str, began: tuple[float, float]) -> dict[str, Any]:
    cpu, wall = began
    gap = (value - max(0.0, bound or 0.0)) / value if value else None
    return {
        "value": value, "bound": bound, "gap": gap, "state": state,
        "cpu": round(process_time() - cpu, 2), "wall": round(perf_counter() - wall, 2), "peak_mb": peak_mb(),
    }  # fmt: skip


def with_cp_sat(problem: dict[str, Any], seconds: float, missing: float | None = None) -> dict[str, Any]:
    """OR-Tools' CP-SAT."""
    from ortools.sat.python import cp_model

    variables, rules = rows(problem, missing)
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in variables]
    for places, factors, least, most in rules:
        total = cp_model.LinearExpr.weighted_sum(
            [used[at] for at in places], [int(factor) for factor in factors]
        )
        model.add(total >= int(least))
        if np.isfinite(most):
            model.add(total <= int(most))
    model.minimize(cp_model.LinearExpr.weighted_sum(used, [int(cost) for *_, cost in variables]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    began, done = (process_time(), perf_counter()), Event()

    def watch() -> None:
        while not done.wait(0.05):
            if process_time() - began[0] > seconds:
                solver.stop_search()

    watching = Thread(target=watch)
    watching.start()
    state = solver.solve(model)
    done.set()
    watching.join()
    found = state in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    value = solver.objective_value if found else None
    return _said(value, solver.best_objective_bound, solver.status_name(state), began)


def with_highs(problem: dict[str, Any], seconds: float, missing: float | None = None) -> dict[str, Any]:
    """HiGHS on the same rows."""
    from highspy._core import cb

    from services.placement.master import silent_highs

    variables, rules = rows(problem, missing)
    solver = silent_highs()
    count = len(variables)
    none = np.zeros(0, dtype=np.int32)
    cost = np.array([float(one[3]) for one in variables])
    solver.addCols(count, cost, np.zeros(count), np.ones(count), 0, none, none, np.zeros(0))
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.ones(count, dtype=np.uint8))
    lengths = np.array([len(places) for places, *_ in rules])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int32)
    index = np.concatenate([places for places, *_ in rules]).astype(np.int32)
    factors = np.concatenate([factors for _, factors, *_ in rules])
    lower = np.array([least for *_, least, _ in rules])
    upper = np.array([most for *_, most in rules])
    solver.addRows(len(rules), lower, upper, len(index), starts, index, factors)
    began, seen = (process_time(), perf_counter()), [(None, None)]

    def hear(_kind: Any, _message: str, told: Any, _answer: Any, _data: Any) -> None:
        figures = told.mip_primal_bound, told.mip_dual_bound
        seen.append(tuple(one if abs(one) < UNKNOWN else None for one in figures))

    solver.setCallback(hear, None)
    for kind in ("MipLogging", "MipImprovingSolution"):
        solver.startCallback(getattr(cb.HighsCallbackType, f"kCallback{kind}"))
    # it looks at its own clock seldom, and at whether it is cancelled: whoever has asked for the answer ends the process
    running = Thread(target=solver.run, daemon=True)
    running.start()
    while running.is_alive() and process_time() - began[0] < seconds:
        running.join(0.05)
    if running.is_alive():
        return _said(*seen[-1], "Out of time", began)
    info, state = solver.getInfo(), solver.modelStatusToString(solver.getModelStatus())
    value = info.objective_function_value if info.primal_solution_status == 2 else None
    bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None
    return _said(value, bound, state, began)
