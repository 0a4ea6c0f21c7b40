"""Interns among an enterprise's staff: how many a rule pack allows, and where that cannot be known or is exceeded. Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from services.placement.known import Known
from services.placement.model import StintRow
from services.placement.rule_packs import Rule, pack_of
from shared.events.base import Text

STAFF, POST = "share_of_staff", "share_of_post"
ROUNDING = 1e-9


def rule_of(known: Known, name: str) -> Rule | None:
    """The rule of the cohort's own pack. Whom a pack with shares binds counts as an intern."""
    return known.pack.rule(name)


def share(rule: Rule, staff: int) -> int:
    """So many interns at most."""
    return int(float(rule.value or 0) * staff + ROUNDING)


def of_staff(known: Known, enterprise_id: UUID, weeks: int) -> tuple[int, ...] | None:
    """How many more interns may be at an enterprise's stations in each teaching week; none where nothing refuses any."""
    rule, staff = rule_of(known, STAFF), known.floor.staff_of(enterprise_id)
    if rule is None or rule.breach == "warn" or staff is None:
        return None
    rows = (row for row in _interns(known, STAFF) if _owner(known, row.station_id) == enterprise_id)
    here = _weekly(known, rows)
    return _left(known, share(rule, staff), here, weeks)


def of_post(known: Known, station_id: UUID, weeks: int) -> tuple[int, ...] | None:
    """How many more interns may be at a station in each teaching week; none where nothing refuses any."""
    rule, staff = rule_of(known, POST), known.floor.staff_at(station_id)
    if rule is None or rule.breach == "warn" or staff is None:
        return None
    here = _weekly(known, (row for row in _interns(known, POST) if row.station_id == station_id))
    return _left(known, share(rule, staff), here, weeks)


def _left(known: Known, most: int, here: Counter[date], weeks: int) -> tuple[int, ...]:
    return tuple(max(0, most - here[known.monday(week)]) for week in range(1, weeks + 1))


def _weekly(known: Known, rows: Iterator[StintRow]) -> Counter[date]:
    found: Counter[date] = Counter()
    for row in rows:
        found[row.monday] += _people(known, row)
    return found


def _people(known: Known, row: StintRow) -> int:
    """Of a group at a station, those who count as interns."""
    return known.bound.get((row.cohort_id, row.group), 0)


def _interns(known: Known, name: str) -> Iterator[StintRow]:
    """Stints of other cohorts whose pack has this share too."""
    return (row for row in known.others if pack_of(known.packs.get(row.cohort_id, "none")).rule(name))


def _owner(known: Known, station_id: UUID) -> UUID | None:
    station = known.floor.known(station_id)
    return station.enterprise_id if station else None


def warnings(known: Known) -> list[tuple[UUID, Text]]:
    """What is to be said of the published timetable, with the enterprise that it concerns."""
    return [*_unknown(known), *_exceeded(known, STAFF), *_exceeded(known, POST)]


def _stations(known: Known) -> list[tuple[UUID, UUID]]:
    """Each station of the timetable ahead, with its enterprise."""
    ahead = {row.station_id for row in known.stints if row.monday >= known.today}
    found = ((_owner(known, station), station) for station in sorted(ahead))
    return [(owner, station) for owner, station in found if owner]


def _unknown(known: Known) -> Iterator[tuple[UUID, Text]]:
    """Nobody is told that a share is kept where the numbers are missing."""
    stations = _stations(known)
    for owner in sorted({owner for owner, _ in stations}) if rule_of(known, STAFF) else ():
        if known.floor.staff_of(owner) is None:
            yield (
                owner,
                Text(
                    zh="企业尚未报告在岗人数（StaffCounted），无法核对实习生占比",
                    en="the enterprise has not said how many work there (StaffCounted): shares of interns are not checked",
                ),
            )
    for owner, station in stations if rule_of(known, POST) else ():
        if known.floor.staff_of(owner) is not None and known.floor.staff_at(station) is None:
            title = _title(known, station)
            yield (
                owner,
                Text(
                    zh=f"“{title.zh}”所属岗位的人数未报告，无法核对其实习生占比",
                    en=f"how many work at the post of “{title.en}” was not said: its share of interns is not checked",
                ),
            )


def _exceeded(known: Known, name: str) -> Iterator[tuple[UUID, Text]]:
    """Where a rule that only warns, or one that came to be broken since, is exceeded."""
    rule = rule_of(known, name)
    if rule is None:
        return
    here: Counter[tuple[UUID, UUID | None, date]] = Counter()
    ahead = [row for row in known.stints if row.monday >= known.today]
    for row in [*ahead, *_interns(known, name)]:
        if owner := _owner(known, row.station_id):
            here[owner, row.station_id if name == POST else None, row.monday] += _people(known, row)
    mine = {(row.station_id, row.monday) for row in ahead}
    weeks = {monday for _, monday in mine}
    for (owner, station, monday), interns in sorted(here.items(), key=lambda one: (one[0][2], str(one[0]))):
        staff = known.floor.staff_at(station) if station else known.floor.staff_of(owner)
        concerned = (station, monday) in mine if station else monday in weeks
        if staff is not None and concerned and interns > share(rule, staff):
            title = _title(known, station) if station else None
            where = Text(zh=f"“{title.zh}”", en=f"at “{title.en}” ") if title else Text(zh="企业", en="")
            yield (
                owner,
                Text(
                    zh=f"第 {known.week(monday)} 周{where.zh}有实习生 {interns} 人，超出 {interns - share(rule, staff)} 人（在岗 {staff} 人；{rule.words.zh}）",
                    en=f"week {known.week(monday)} has {interns} interns {where.en}beside {staff} staff, {interns - share(rule, staff)} too many: {rule.words.en}",
                ),
            )


def _title(known: Known, station_id: UUID) -> Text:
    station = known.floor.known(station_id)
    return station.station.title if station else Text(zh=str(station_id), en=str(station_id))
