"""What would be enough for everybody to have a place, in words that a coordinator can act on: mentors, places, limits."""

from uuid import UUID

from services.placement.known import Known
from services.placement.limits import by_share, whose
from services.placement.situation import Situation
from services.placement.timetable import Outcome
from services.placement.wording import ranges
from shared.events.base import Text
from shared.events.placement import Conflict


def enough_words(outcome: Outcome, situation: Situation, known: Known) -> list[Conflict]:
    """One for each station or limit; all of them together are enough. Where no such set is known, how many are missing at least."""
    if not outcome.enough and outcome.enough_least:
        return [_at_least(outcome.enough_least)]
    alone = len(outcome.enough) == 1
    zh, en = (
        ("只需：", "this would be enough: ")
        if alone
        else ("合起来即可：", "together these would be enough: ")
    )
    found = []
    for where, weeks, more in outcome.enough:
        station = where if where in situation.seats else None
        crew = where if where in known.floor.crews else None
        words = (
            _of_station(known, situation, where, weeks, more)
            if station
            else _of_limit(known, where, weeks, more)
        )
        words = Text(zh=zh + words.zh, en=en + words.en)
        found.append(
            Conflict(
                rule="enough", station_id=station, crew_id=crew, weeks=list(weeks), missing=more, words=words
            )
        )
    return found


def _at_least(least: int) -> Conflict:
    words = Text(
        zh=f"至少还需 {least} 个周席位；限定时间内未能找出足够的增加方案",
        en=f"at least {least} more seats, each for a week, are needed; what would be enough was not found in the time allowed",
    )
    return Conflict(rule="enough", weeks=[], missing=least, words=words)


def _of_limit(known: Known, limit: UUID, weeks: tuple[int, ...], more: int) -> Text:
    who, (zh, en) = whose(known.floor, limit), ranges(weeks)
    return Text(
        zh=f"{who.zh}{zh}每周多放 {more} 人到工位",
        en=f"{more} more of {who.en} at stations a week{en}",
    )


def _of_station(known: Known, situation: Situation, station: UUID, weeks: tuple[int, ...], more: int) -> Text:
    """In mentors and places at the bench; where the share of interns is what limits, in interns."""
    offered, (zh, en) = known.floor.known(station), ranges(weeks)
    title = offered.station.title if offered else Text(zh=str(station), en=str(station))
    if by_share(situation, station, weeks):
        return Text(
            zh=f"“{title.zh}”{zh}每周多容 {more} 名实习生（受岗位占比限制）",
            en=f"{more} more interns a week at “{title.en}”{en} (limited by their share at the post)",
        )
    needs = [known.floor.needed(station, known.monday(week), more) for week in weeks]
    mentors, places = max(one for one, _ in needs), max(one for _, one in needs)
    closed = any(known.floor.closed(station, known.monday(week)) for week in weeks)
    parts_zh = [f"增加 {mentors} 名师傅" if mentors else "", f"增加 {places} 个座位" if places else ""]
    parts_en = [_count(mentors, "mentor"), _count(places, "place")]
    parts_zh.append("在停产周开放" if closed else "")
    parts_en.append("open although a shutdown is planned" if closed else "")
    return Text(
        zh=f"“{title.zh}”{zh}{'、'.join(filter(None, parts_zh))}（每周多 {more} 个席位）",
        en=f"{', '.join(filter(None, parts_en))} at “{title.en}”{en} ({more} more seats a week)",
    )


def _count(number: int, what: str) -> str:
    return f"{number} more {what}{'s' if number != 1 else ''}" if number else ""
