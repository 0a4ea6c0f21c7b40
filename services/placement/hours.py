"""Hours and nights of student interns: what the rotas of their mentors say, and where they say nothing. Pure."""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from services.placement.known import Known
from services.placement.wording import ranges
from shared.events.base import Text

WeeksOf = Callable[[Known, UUID], set[int]]


def warnings(known: Known) -> Iterator[tuple[UUID, Text]]:
    """Where mentors do not guide because their shifts are too long, and where nobody can know; with the enterprise."""
    rule = known.pack.rule("hours_per_day")
    for owner, stations in _stations(known).items() if rule else ():
        long, where = _told(known, stations, _too_long)
        if rule and long:
            zh, en = ranges(long)
            yield (
                owner,
                Text(
                    zh=f"{where.zh}{zh}有师傅的班次超过 {rule.value} 小时，不能带实习生",
                    en=f"mentors at {where.en} are on shifts of more than {rule.value} hours{en}: they do not guide interns",
                ),
            )
        unsaid, where = _told(known, stations, _unsaid)
        if unsaid:
            zh, en = ranges(unsaid)
            yield (
                owner,
                Text(
                    zh=f"{where.zh}{zh}没有带班次时长的排班表：实习生的工时和夜班无法核对",
                    en=f"no rota says the shifts and their length at {where.en}{en}: hours and nights of interns are not checked",
                ),
            )


def _stations(known: Known) -> dict[UUID, list[UUID]]:
    """The stations of the plan, by their enterprise."""
    modules = known.plan.modules if known.plan else []
    found: dict[UUID, list[UUID]] = {}
    for station in sorted({one for module in modules for one in module.practised_at}):
        if offered := known.floor.known(station):
            found.setdefault(offered.enterprise_id, []).append(station)
    return found


def _told(known: Known, stations: list[UUID], weeks_of: WeeksOf) -> tuple[list[int], Text]:
    """The weeks of which it is to be said, and the stations at which it is so."""
    weeks = {station: found for station in stations if (found := weeks_of(known, station))}
    titles = [offered.station.title for station in weeks if (offered := known.floor.known(station))]
    where = Text(
        zh="、".join(f"“{one.zh}”" for one in titles) or "-",
        en=", ".join(f"“{one.en}”" for one in titles) or "-",
    )
    return sorted(set().union(*weeks.values())), where


def _too_long(known: Known, station: UUID) -> set[int]:
    return {week for week in _weeks(known) if known.floor.too_long(station, known.monday(week))}


def _unsaid(known: Known, station: UUID) -> set[int]:
    mondays = {row.monday for row in known.stints if row.station_id == station and row.monday >= known.today}
    return {known.week(monday) for monday in mondays if known.floor.hours_unsaid(station, monday)}


def _weeks(known: Known) -> Iterable[int]:
    last = max((phase.last_week for phase in known.plan.phases), default=0) if known.plan else 0
    return range(max(1, known.week(known.today)), last + 1)
