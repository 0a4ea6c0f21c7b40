"""A rotation problem as tables: what `tailored rotate` takes from Excel or CSV becomes exactly what it takes from JSON.

Four tables. `settings`: name, value. `stations`: station, no_lag, and the seats under `week 0`, `week 1`, ...
`visits`: direction, station, after (the stations that come before it, with ; in between).
`classes`: class, size, direction, and under `release:STATION` the week in which its theory has ended.
A fifth, `crews`, may be there: crew, release_limit (how many of it may be away in one week); then `classes` says the crew.
"""

from dataclasses import dataclass, field
from typing import Any

from services.placement.problem_file import circle_in
from tailored.rotate_cells import BadCell, BadTables, Line, check_columns, lines
from tailored.rotate_source import Tables

SETTINGS = {"weeks": 1, "foundation_weeks": 0, "block_weeks": 1, "min_gap": 0}
"""Each with the least that it may be."""
MOST_WEEKS = 1000
YES, NO = {"yes", "y", "true", "1", "x", "是"}, {"", "no", "n", "false", "0", "否"}
RELEASE = "release:"


@dataclass
class Problem:
    """What the tables say: the problem as JSON has it, the names behind its numbers, and what is wrong."""

    document: dict[str, Any] = field(default_factory=dict)
    stations: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)


def problem_of(tables: Tables) -> Problem:
    """The problem; `BadTables` with every bad cell where there is one."""
    found = Problem()
    _settings(tables, found)
    _stations(tables, found)
    _visits(tables, found)
    _crews(tables, found)
    _classes(tables, found)
    if found.bad:
        raise BadTables(found.bad)
    return found


def _settings(tables: Tables, found: Problem) -> None:
    check_columns(tables, "settings", ("name", "value"), (), found.bad)
    said: dict[str, Line] = {}
    for line in lines(tables, "settings", found.bad):
        name = line.text("name")
        if line.one_of("name", SETTINGS, name) and _once(line, "name", name, said):
            most = MOST_WEEKS
            found.document[name] = line.whole("value", SETTINGS[name], most)
            said[name] = line
    for name in SETTINGS:
        if name not in said:
            found.bad.append(BadCell(tables["settings"][0], 1, "name", f"缺少 {name}", f"{name} is missing"))
    if "foundation_weeks" in said and found.document["foundation_weeks"] > found.document.get(
        "weeks", MOST_WEEKS
    ):
        said["foundation_weeks"].wrong("value", "超过总周数", "is more than the weeks")


def _stations(tables: Tables, found: Problem) -> None:
    weeks = [f"week {week}" for week in range(found.document.get("weeks", 0))]
    check_columns(tables, "stations", ("station", *weeks), ("no_lag",), found.bad)
    capacity, free = [], []
    for line in lines(tables, "stations", found.bad):
        name = line.text("station")
        _once(line, "station", name, found.stations)
        if line.text("no_lag").lower() in YES:
            free.append(len(found.stations))
        elif line.text("no_lag").lower() not in NO:
            line.wrong("no_lag", "应为 yes 或空", "must be yes, or empty")
        found.stations.append(name)
        capacity.append([line.whole(week) for week in weeks if week in line.cells])
    found.document |= {"capacity": capacity, "no_lag": free}


def _visits(tables: Tables, found: Problem) -> None:
    check_columns(tables, "visits", ("direction", "station"), ("after",), found.bad)
    required: dict[str, list[int]] = {}
    of: dict[str, list[Line]] = {}
    for line in lines(tables, "visits", found.bad):
        direction, station = line.text("direction"), line.text("station")
        if not direction:
            line.wrong("direction", "不能为空", "must not be empty")
        if line.one_of("station", found.stations, station):
            at = found.stations.index(station)
            if at in required.setdefault(direction, []):
                line.wrong("station", f"“{station}”重复", f"{station!r} stands there twice")
            required[direction].append(at)
            of.setdefault(direction, []).append(line)
    found.document |= {"required": required, "precedence": {}}
    for direction, members in of.items():
        found.document["precedence"][direction] = _order(members, required[direction], found)


def _order(members: list[Line], required: list[int], found: Problem) -> list[list[int]]:
    known = [found.stations[at] for at in required]
    pairs: list[tuple[int, int]] = []
    for line in members:
        befores = [before for before in line.words("after") if line.one_of("after", known, before)]
        here = found.stations.index(line.text("station"))
        pairs += [(found.stations.index(before), here) for before in befores]
    circle = [found.stations[at] for at in circle_in(pairs)]
    if circle:
        way = " -> ".join(circle)
        start = next(line for line in members if line.text("station") == circle[1])
        start.wrong("after", f"先后关系成环：{way}", f"goes in a circle: {way}")
    return [list(pair) for pair in pairs]


def _crews(tables: Tables, found: Problem) -> None:
    if "crews" not in tables:
        return
    check_columns(tables, "crews", ("crew", "release_limit"), (), found.bad)
    limits: dict[str, int] = {}
    for line in lines(tables, "crews", found.bad):
        if _once(line, "crew", line.text("crew"), limits):
            limits[line.text("crew")] = line.whole("release_limit")
    found.document |= {"crew_release": limits}


def _crew(line: Line, limits: dict[str, int]) -> str | None:
    crew = line.text("crew")
    return crew if crew and line.one_of("crew", limits, crew) else None


def _classes(tables: Tables, found: Problem) -> None:
    limits = found.document.get("crew_release")
    needed = ["class", "size", "direction", *(["crew"] if limits is not None else [])]
    check_columns(tables, "classes", needed, [RELEASE + station for station in found.stations], found.bad)
    sizes, directions, release = [], [], []
    crews: list[str | None] = []
    for line in lines(tables, "classes", found.bad):
        name, direction = line.text("class"), line.text("direction")
        _once(line, "class", name, found.classes)
        line.one_of("direction", found.document["required"], direction)
        found.classes.append(name)
        sizes.append(line.whole("size"))
        directions.append(direction)
        crews.append(_crew(line, limits or {}))
        release.append(_released(line, found.document["required"].get(direction, []), found))
    found.document |= {"class_size": sizes, "class_direction": directions, "release": release}
    if limits is not None:
        found.document["class_crew"] = crews


def _released(line: Line, required: list[int], found: Problem) -> list[int]:
    """A cell may be empty where the station asks for no theory of this class."""
    weeks = []
    for at, station in enumerate(found.stations):
        needed = at in required and at not in found.document["no_lag"]
        weeks.append(line.whole(RELEASE + station) if needed or line.text(RELEASE + station) else 0)
    return weeks


def _once(line: Line, column: str, name: str, said: Any) -> bool:
    if not name:
        line.wrong(column, "不能为空", "must not be empty")
    elif name in said:
        line.wrong(column, f"“{name}”重复", f"{name!r} stands there twice")
    return bool(name) and name not in said
