"""The decisions of placement: whether a timetable can be made, from what, and what is said. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.placement import introduced, limits, shares
from services.placement.groups import GroupOf, groups_of
from services.placement.known import Known
from services.placement.model import StintRow
from services.placement.phases import Slot, slots_of
from services.placement.rule_packs import pack_of
from services.placement.situation import GroupNeed, Place, Situation, Visit
from shared.events.base import Text
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule

FROZEN_WEEKS = 2
"""This week and the next stay as they are: people have made their arrangements."""


def waiting_for(known: Known) -> list[Text]:
    """What is still missing before a timetable can be thought of, in words; nothing where it can."""
    if known.template is None:
        return [Text(zh="尚未收到培养项目及其模板", en="the programme and its template are not known yet")]
    if known.cohort.plan_id is None:
        return [Text(zh="该班尚无生效的培养方案", en="no plan is in force for this cohort yet")]
    if known.plan is None:
        return [Text(zh="生效的方案版本尚未发布到本服务", en="the plan version in force has not arrived yet")]
    missing = []
    for module in known.plan.modules:
        offered = [station for station in module.practised_at if known.floor.known(station)]
        title = module.title
        if module.practised_at and not offered:
            missing.append(
                Text(zh=f"“{title.zh}”的实践工位尚未提供", en=f"no station for “{title.en}” is on offer yet")
            )
        elif offered and not any(known.floor.has_mentor(station) for station in offered):
            missing.append(
                Text(zh=f"“{title.zh}”的工位尚无师傅", en=f"no mentor is named for “{title.en}” yet")
            )
    return missing


def situation(known: Known) -> Situation:
    """The whole timetable problem of a cohort that waits for nothing."""
    if known.template is None or known.plan is None:
        raise ValueError("ask waiting_for first")
    weeks = max((phase.last_week for phase in known.plan.phases), default=1)
    slots = _ahead(slots_of(known.plan.phases, known.plan_template or known.template), known)
    groups = groups_of(known.members, known.template.group_size, known.today)
    needs = tuple(
        _with_slots(_need(group, known, known.plan, weeks), group, known, slots) for group in groups
    )
    shortest = min((last - first + 1 for first, last in slots), default=1)
    wanted = int(pack_of(known.template.rule_pack).value("weeks_between_visits", 1))
    soon = known.template.precedence.module_then_workshop_within_weeks if known.template.precedence else 4
    stations = {station for need in needs for visit in need.visits for station in visit.stations}
    seats = {station: _seats(known, station, weeks) for station in sorted(stations)}
    needs, people = limits.of_groups(known, needs, weeks)
    posts = {one: left for one in sorted(stations) if (left := shares.of_post(known, one, weeks)) is not None}
    for one, left in posts.items():
        seats[one] = tuple(map(min, seats[one], left))
    change_from = known.week(known.today) + FROZEN_WEEKS if known.cohort.timetable_version else None
    return Situation(
        weeks, tuple(slots), min(wanted, shortest), soon, needs, seats, people, posts, change_from
    )


def _with_slots(need: GroupNeed, group: GroupOf, known: Known, slots: list[Slot]) -> GroupNeed:
    """With workshop weeks of its own, where another version teaches the group in some of them."""
    own = _ahead(introduced.weeks_to_practise(known, group.trainee_ids), known)
    return need if own == slots else replace(need, slots=tuple(own))


def _ahead(slots: list[Slot], known: Known) -> list[Slot]:
    """A first timetable has nobody at a station in a week that has begun."""
    if known.cohort.timetable_version:
        return slots
    this = known.week(known.today)
    first = this if known.monday(this) >= known.today else this + 1
    return [(max(begin, first), end) for begin, end in slots if end >= first]


def _need(group: GroupOf, known: Known, plan: PlanPublished, weeks: int) -> GroupNeed:
    published = {
        stint.module: (stint.station_id, stint.week)
        for stint in known.stints
        if stint.group == group.group and stint.module
    }
    modules = [module for module in plan.modules if _concerns(module, group)]
    names = {module.module for module in modules}
    reached = introduced.starts(known, group.trainee_ids)[-1][0]
    visits = [
        _visit(module, group, known, (published.get(module.module), reached), names) for module in modules
    ]
    settled = max(known.week(known.today) + FROZEN_WEEKS, reached)
    past = {
        module: place for module, place in published.items() if module not in names and place[1] < settled
    }
    visits += [Visit(module, (place[0],), place[1], kept=place) for module, place in sorted(past.items())]
    busy = {
        week
        for trainee in group.trainee_ids
        for monday in known.elsewhere.get(trainee, ())
        if 1 <= (week := known.week(monday)) <= weeks
    }
    places = {visit.module: published[visit.module] for visit in visits if visit.module in published}
    away = limits.of_group(known, group)
    return GroupNeed(group.group, len(group.trainee_ids), tuple(visits), frozenset(busy), places, away)


def _concerns(module: PlanModule, group: GroupOf) -> bool:
    return bool(module.practised_at) and module.direction in {None, group.direction}


def _visit(
    module: PlanModule, group: GroupOf, known: Known, was: tuple[Place | None, int], names: set[str]
) -> Visit:
    """Where it was before the version reached the group it may stay; what is new waits for that week."""
    place, reached = was
    known_stations = [station for station in module.practised_at if known.floor.known(station)]
    own = [station for station in known_stations if _enterprise(known, station) == group.enterprise_id]
    after = tuple(name for name in module.prerequisites if name in names)
    kept = place if place and place[1] < reached else None
    stations = own or known_stations
    if kept and kept[0] not in stations:
        stations = [*stations, kept[0]]
    earliest = introduced.earliest(module, known, group.trainee_ids)
    return Visit(module.module, tuple(stations), earliest, after, kept)


def _enterprise(known: Known, station: UUID) -> UUID | None:
    found = known.floor.known(station)
    return found.enterprise_id if found else None


def _seats(known: Known, station: UUID, weeks: int) -> tuple[int, ...]:
    taken = {stint.monday: 0 for stint in known.others if stint.station_id == station}
    for stint in known.others:
        if stint.station_id == station:
            taken[stint.monday] += stint.seats
    mondays = [known.monday(week) for week in range(1, weeks + 1)]
    return tuple(max(0, known.floor.seats(station, monday) - taken.get(monday, 0)) for monday in mondays)


def overbooked(known: Known, stints: list[StintRow]) -> list[StintRow]:
    """Of these, the ones for which other cohorts have taken the seats in the meantime."""
    taken: dict[tuple[UUID, object], int] = {}
    for stint in [*known.others, *stints]:
        taken[stint.station_id, stint.monday] = taken.get((stint.station_id, stint.monday), 0) + stint.seats
    return [
        stint
        for stint in stints
        if stint.monday > known.today
        and taken[stint.station_id, stint.monday] > known.floor.seats(stint.station_id, stint.monday)
    ]


def overdrawn(known: Known, places: Mapping[tuple[str, str], Place], stints: list[StintRow]) -> bool:
    """Whether other cohorts have, in the meantime, taken what a limit allows in a week of these stints."""
    weeks = {stint.week for stint in stints}
    if not weeks:
        return False
    first = known.week(known.today) + 1
    return any(one.week in weeks for one in limits.too_many_away(situation(known), places, first))
