"""The same rotation problem as one time-indexed model, for general solvers: CP-SAT, and HiGHS as it comes.

One boolean for each trainee, visit and allowed week. Both get one thread and the seconds that the caller gives.
"""

from collections import defaultdict
from time import perf_counter
from typing import Any

import numpy as np


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
) -> tuple[list[tuple[int, int, int, int]], list[tuple[list[int], list[float], float, float]]]:
    """The variables, and every rule as a row: places, factors, least, most."""
    variables = cells(problem)
    visit, block, seat, week_of = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for at, (trainee, station, week, _) in enumerate(variables):
        visit[trainee, station].append(at)
        block[trainee, (week - problem["foundation_weeks"]) // problem["block_weeks"]].append(at)
        seat[station, week].append(at)
        week_of[trainee, week].append(at)
    found = [(of, [1.0] * len(of), 1.0, 1.0) for of in visit.values()]
    found += [(of, [1.0] * len(of), 0.0, 1.0) for of in block.values()]
    found += [(of, [1.0] * len(of), 0.0, float(problem["capacity"][s][w])) for (s, w), of in seat.items()]
    owners = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
    for trainee, c in enumerate(owners):
        for a, b in problem["precedence"].get(problem["class_direction"][c], []):
            first, then = visit[trainee, a], visit[trainee, b]
            weeks = [-float(variables[at][2]) for at in first] + [float(variables[at][2]) for at in then]
            found.append((first + then, weeks, 1.0, np.inf))
        for week in range(problem["foundation_weeks"], problem["weeks"]):
            near = [at for step in range(problem["min_gap"]) for at in week_of[trainee, week + step]]
            if problem["min_gap"] > 1 and near:
                found.append((near, [1.0] * len(near), 0.0, 1.0))
    return variables, found


def with_cp_sat(problem: dict[str, Any], seconds: float) -> dict[str, Any]:
    """OR-Tools' CP-SAT."""
    from ortools.sat.python import cp_model

    variables, rules = rows(problem)
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in variables]
    for places, factors, least, most in rules:
        total = sum(int(factor) * used[at] for at, factor in zip(places, factors, strict=True))
        model.add(total >= int(least))
        if np.isfinite(most):
            model.add(total <= int(most))
    model.minimize(sum(cost * used[at] for at, (*_, cost) in enumerate(variables)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    began = perf_counter()
    state = solver.solve(model)
    found = state in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return {
        "value": solver.objective_value if found else None,
        "bound": solver.best_objective_bound,
        "state": solver.status_name(state),
        "seconds": round(perf_counter() - began, 2),
    }


def with_highs(problem: dict[str, Any], seconds: float) -> dict[str, Any]:
    """HiGHS on the same rows."""
    from services.placement.master import silent_highs

    variables, rules = rows(problem)
    solver = silent_highs()
    solver.setOptionValue("time_limit", seconds)
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
    began = perf_counter()
    solver.run()
    info = solver.getInfo()
    return {
        "value": info.objective_function_value if info.primal_solution_status == 2 else None,
        "bound": info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None,
        "state": solver.modelStatusToString(solver.getModelStatus()),
        "seconds": round(perf_counter() - began, 2),
    }
