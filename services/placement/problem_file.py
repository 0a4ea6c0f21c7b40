"""The problem and the plan as files, so that a college may use the heart alone. Every refusal names the place."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.placement.crew_file import class_crew, crew_release
from services.placement.file_checks import BadFile, number, numbers, table
from services.placement.problem import Learners, Problem, lag_cost


@dataclass(frozen=True, eq=False)
class Rotation:
    """A problem as the file states it; all indices from 0."""

    weeks: int
    foundation_weeks: int
    block_weeks: int
    min_gap: int
    class_size: list[int]
    class_direction: list[str]
    required: dict[str, list[int]]
    precedence: dict[str, list[tuple[int, int]]]
    release: list[list[int]]
    capacity: list[list[int]]
    no_lag: frozenset[int] = field(default_factory=frozenset)
    class_crew: list[str | None] = field(default_factory=list)
    crew_release: dict[str, list[int]] = field(default_factory=dict)
    """Of each crew, how many may be away in each week."""

    def problem(self) -> Problem:
        """The same as numbers for the heart."""
        starts = range(self.foundation_weeks, self.weeks, self.block_weeks)
        slots = tuple((start, min(self.weeks, start + self.block_weeks)) for start in starts)
        learners = [self._learners(index, slots) for index in range(len(self.class_size))]
        rows = np.array([*self.capacity, *self.crew_release.values()], dtype=np.int64)
        return Problem(tuple(learners), rows, self.min_gap, crews=len(self.crew_release))

    def _learners(self, index: int, slots: tuple[tuple[int, int], ...]) -> Learners:
        stations = self.required[self.class_direction[index]]
        cost = np.full((len(stations), 1, self.weeks), np.inf)
        weeks = np.arange(self.weeks, dtype=float)
        for visit, station in enumerate(stations):
            first = self.foundation_weeks
            if station not in self.no_lag:
                first = max(first, self.release[index][station])
            lag = lag_cost(weeks[first:] - first)
            cost[visit, 0, first:] = 0.0 if station in self.no_lag else lag
        at = {station: visit for visit, station in enumerate(stations)}
        order = self.precedence.get(self.class_direction[index], [])
        pairs = tuple(sorted({(at[a], at[b]) for a, b in order if a in at and b in at}))
        rows = np.array(stations, dtype=np.int64).reshape(len(stations), 1)
        return Learners(self.class_size[index], 1, rows, cost, pairs, slots, self._crew(index))

    def _crew(self, index: int) -> tuple[tuple[int, int], ...]:
        crew = self.class_crew[index] if self.class_crew else None
        return ((list(self.crew_release).index(crew), 1),) if crew in self.crew_release else ()


OPTIONAL = {"no_lag", "class_crew", "crew_release"}


def read(raw: Any) -> Rotation:
    """Check everything a file can get wrong, then take it."""
    if not isinstance(raw, dict):
        raise BadFile("file", "must be a JSON object", "必须是一个 JSON 对象")
    known = {*Rotation.__dataclass_fields__}
    for name in sorted(set(raw) - known):
        raise BadFile(name, "is not a field of a rotation problem", "不是轮岗问题的字段")
    for name in sorted(known - set(raw) - OPTIONAL):
        raise BadFile(name, "is missing", "缺少该字段")
    weeks = _whole(raw, "weeks", 1)
    foundation = _whole(raw, "foundation_weeks", 0)
    block = _whole(raw, "block_weeks", 1)
    gap = _whole(raw, "min_gap", 0)
    if foundation > weeks:
        raise BadFile(
            "foundation_weeks",
            f"{foundation} is more than the {weeks} weeks",
            f"{foundation} 超过总周数 {weeks}",
        )
    capacity = table(
        raw["capacity"], "capacity", weeks, "one number of seats for each week", "每周一个席位数"
    )
    stations = len(capacity)
    sizes = numbers(raw["class_size"], "class_size")
    required = _required(raw["required"], stations)
    directions = _directions(raw["class_direction"], len(sizes), required)
    release = table(raw["release"], "release", stations, "one week for each station", "每个工位一个周次")
    if len(release) != len(sizes):
        raise BadFile(
            "release",
            f"has {len(release)} rows for {len(sizes)} classes",
            f"有 {len(release)} 行，但班级数为 {len(sizes)}",
        )
    no_lag = _stations(raw.get("no_lag", []), "no_lag", stations)
    precedence = _precedence(raw["precedence"], required, stations)
    limits = crew_release(raw.get("crew_release", {}), weeks)
    return Rotation(
        weeks,
        foundation,
        block,
        gap,
        sizes,
        directions,
        required,
        precedence,
        release,
        capacity,
        frozenset(no_lag),
        class_crew(raw.get("class_crew", []), len(sizes), limits),
        limits,
    )


def _whole(raw: dict[str, Any], name: str, least: int) -> int:
    return number(raw[name], name, least)


def _stations(value: Any, place: str, stations: int) -> list[int]:
    found = numbers(value, place)
    for at, station in enumerate(found):
        if station >= stations:
            raise BadFile(
                f"{place}[{at}]",
                f"station {station} is unknown, capacity has {stations}",
                f"未知工位 {station}，capacity 只有 {stations} 个",
            )
        if station in found[:at]:
            raise BadFile(f"{place}[{at}]", f"station {station} stands there twice", f"工位 {station} 重复")
    return found


def _required(value: Any, stations: int) -> dict[str, list[int]]:
    if not isinstance(value, dict):
        raise BadFile("required", "must map each direction to its stations", "必须把每个方向对应到其工位")
    return {str(name): _stations(of, f"required.{name}", stations) for name, of in value.items()}


def _directions(value: Any, classes: int, required: dict[str, list[int]]) -> list[str]:
    if not isinstance(value, list) or len(value) != classes:
        raise BadFile(
            "class_direction",
            f"must name a direction for each of the {classes} classes",
            f"必须为 {classes} 个班级各给出一个方向",
        )
    for at, name in enumerate(value):
        if not isinstance(name, str) or name not in required:
            raise BadFile(
                f"class_direction[{at}]",
                f"direction {name!r} has no required stations",
                f"方向 {name!r} 没有所需工位",
            )
    return list(value)


def _precedence(
    value: Any, required: dict[str, list[int]], stations: int
) -> dict[str, list[tuple[int, int]]]:
    if not isinstance(value, dict):
        raise BadFile(
            "precedence", "must map each direction to pairs of stations", "必须把每个方向对应到工位对"
        )
    found: dict[str, list[tuple[int, int]]] = {}
    for name, pairs in value.items():
        place = f"precedence.{name}"
        if name not in required:
            raise BadFile(
                place, f"direction {name!r} has no required stations", f"方向 {name!r} 没有所需工位"
            )
        if not isinstance(pairs, list):
            raise BadFile(place, "must be a list of pairs", "必须是工位对的列表")
        found[name] = []
        for at, pair in enumerate(pairs):
            two = numbers(pair, f"{place}[{at}]")
            if len(two) != 2:
                raise BadFile(f"{place}[{at}]", "must be a pair [before, after]", "必须是一对 [先, 后]")
            for station in two:
                if station >= stations or station not in required[name]:
                    raise BadFile(
                        f"{place}[{at}]",
                        f"station {station} is not required of {name}",
                        f"工位 {station} 不在 {name} 的要求之内",
                    )
            found[name].append((two[0], two[1]))
        circle = circle_in(found[name])
        if circle:
            words = " -> ".join(map(str, circle))
            raise BadFile(place, f"goes in a circle: {words}", f"先后关系成环：{words}")
    return found


def circle_in(pairs: list[tuple[int, int]]) -> list[int]:
    """A circle of "before" relations, or nothing."""
    after: dict[int, list[int]] = {}
    for a, b in pairs:
        after.setdefault(a, []).append(b)
    done: set[int] = set()
    for start in after:
        path, stack = [], [(start, iter(after.get(start, [])))]
        if start in done:
            continue
        path = [start]
        while stack:
            _, following = stack[-1]
            step = next(following, None)
            if step is None:
                done.add(path.pop())
                stack.pop()
            elif step in path:
                return [*path[path.index(step) :], step]
            elif step not in done:
                path.append(step)
                stack.append((step, iter(after.get(step, []))))
    return []
