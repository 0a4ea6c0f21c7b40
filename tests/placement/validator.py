"""Holds a plan against the words of the problem file. Written from the format alone; shares nothing with the model."""

from itertools import pairwise


def faults(problem, plan):
    """What is wrong with the plan, in words; nothing if it is right. Also the cost."""
    found, cost, taken = [], 0, {}
    away = {}
    expected = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
    if [entry[0] for entry in plan] != expected:
        found.append("not one entry per trainee in class order")
    free = set(problem.get("no_lag", []))
    for trainee, (c, visits) in enumerate(plan):
        direction = problem["class_direction"][c]
        week_at = {}
        for station, week in visits:
            if station in week_at:
                found.append(f"trainee {trainee} is twice at {station}")
            if station not in problem["required"][direction]:
                found.append(f"trainee {trainee} does not need {station}")
            week_at[station] = week
            taken[station, week] = taken.get((station, week), 0) + 1
            crew = problem["class_crew"][c] if "class_crew" in problem else None
            away.setdefault((crew, week), set()).add(trainee)
            earliest = problem["foundation_weeks"]
            if station not in free:
                earliest = max(earliest, problem["release"][c][station])
                lag = week - earliest
                cost += lag if lag <= 4 else 4 + 2 * (lag - 4)
            if not earliest <= week < problem["weeks"]:
                found.append(f"trainee {trainee} is at {station} in week {week}, allowed from {earliest}")
        blocks = [(week - problem["foundation_weeks"]) // problem["block_weeks"] for week in week_at.values()]
        if len(set(blocks)) < len(blocks):
            found.append(f"trainee {trainee} has two visits in one block")
        weeks = sorted(week_at.values())
        if any(b - a < problem["min_gap"] for a, b in pairwise(weeks)):
            found.append(f"trainee {trainee} has visits too close")
        for a, b in problem["precedence"].get(direction, []):
            if b in week_at and (a not in week_at or week_at[a] >= week_at[b]):
                found.append(f"trainee {trainee} visits {b} before {a}")
    for (station, week), seats in taken.items():
        if seats > problem["capacity"][station][week]:
            found.append(f"station {station} has {seats} in week {week}")
    for (crew, week), people in away.items():
        limit = problem["crew_release"][crew] if crew is not None else len(plan)
        most = limit[week] if isinstance(limit, list) else limit
        if len(people) > most:
            found.append(f"crew {crew} lets {most} go in week {week}, but {len(people)} are away")
    return found, cost


def uncovered(problem, plan):
    """The visits that the plan leaves out."""
    return sorted(
        (trainee, station)
        for trainee, (c, visits) in enumerate(plan)
        for station in set(problem["required"][problem["class_direction"][c]]) - {s for s, _ in visits}
    )
