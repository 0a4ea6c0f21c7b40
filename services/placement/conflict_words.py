"""Rules in conflict, in words that a coordinator can act on."""

from uuid import UUID

from services.placement.floor import Floor
from services.placement.limits import by_share, whose
from services.placement.situation import GroupNeed, Situation, Visit
from services.placement.timetable import Outcome
from services.placement.wording import NOT_PROVEN, ranges
from shared.events.base import Text
from shared.events.placement import Conflict

WORDS = {
    "precedence": Text(
        zh="模块先修关系使这些岗位实践无法安排", en="the order of the modules leaves no room for these visits"
    ),
    "min-gap": Text(zh="两次岗位实践之间的最小间隔无法满足", en="visits cannot be kept far enough apart"),
    "release": Text(
        zh="理论课结束太晚，其后的实践周席位不足",
        en="theory ends too late for the seats in the workshop weeks after it",
    ),
    "one-visit-a-block": Text(
        zh="每个周期的岗位实践周不够", en="there are too few workshop weeks for the visits"
    ),
    "whole-learners": Text(
        zh="小组须整组进入工位，席位无法整组容纳",
        en="groups move whole, and the seats do not take whole groups",
    ),
}

BY_TIME = {"enough", "not-proven-smallest"}
"""Said by what there was time for: the same situation may be told with or without them."""


def beforehand(situation: Situation, floor: Floor) -> list[Conflict]:
    """What is plainly impossible, found without searching."""
    found = [
        *_too_many_visits(situation),
        *_too_late(situation),
        *_too_large(situation, floor),
        *_too_many_of_a_limit(situation, floor),
    ]
    unique: dict[tuple[str, object], Conflict] = {}
    for conflict in found:
        unique.setdefault((conflict.rule, conflict.words.en), conflict)
    return list(unique.values())


def _ahead(situation: Situation, group: GroupNeed) -> list[Visit]:
    """The visits that may still change."""
    first, was = situation.change_from or 1, group.published
    return [visit for visit in group.visits if visit.module not in was or was[visit.module][1] >= first]


def _too_many_visits(situation: Situation) -> list[Conflict]:
    first = situation.change_from or 1
    left = (
        (group, sum(last >= first for _, last in situation.slots_of(group))) for group in situation.groups
    )
    return [
        Conflict(
            rule="one-visit-a-block", weeks=[], missing=len(ahead) - slots,
            words=Text(
                zh=f"方向需要 {len(ahead)} 次岗位实践，但只剩 {slots} 个实践周",
                en=f"{len(ahead)} visits are needed, but only {slots} workshop weeks are left",
            ),
        )
        for group, slots in left
        if len(ahead := _ahead(situation, group)) > slots
    ]  # fmt: skip


def _too_late(situation: Situation) -> list[Conflict]:
    return [
        Conflict(
            rule="release", weeks=[visit.earliest], missing=0,
            words=Text(
                zh=f"模块 {visit.module} 的理论课到第 {visit.earliest} 周才结束，最后的实践周是第 {last} 周",
                en=f"theory of {visit.module} ends in week {visit.earliest}, the last workshop week is {last}",
            ),
        )
        for group in situation.groups
        for last in [max((end for _, end in situation.slots_of(group)), default=0)]
        for visit in _ahead(situation, group)
        if visit.earliest > last and visit.kept is None
    ]  # fmt: skip


def _too_large(situation: Situation, floor: Floor) -> list[Conflict]:
    found, first = [], (situation.change_from or 1) - 1
    for group in situation.groups:
        for visit in _ahead(situation, group):
            most, station = max((max(situation.seats[one][first:], default=0), one) for one in visit.stations)
            if most < group.trainees:
                title = _title(floor, station)
                short = group.trainees - most
                words = Text(
                    zh=f"“{title.zh}”每周最多 {most} 个席位，容不下 {group.trainees} 人的小组，缺 {short} 个席位",
                    en=f"“{title.en}” has at most {most} seats a week, a group has {group.trainees}: {short} are missing",
                )
                found.append(
                    Conflict(rule="group-too-large", station_id=station, weeks=[], missing=short, words=words)
                )
    return found


def _too_many_of_a_limit(situation: Situation, floor: Floor) -> list[Conflict]:
    """A group moves whole, so all of it who come under one limit are away at once."""
    found, first = [], (situation.change_from or 1) - 1
    for group in situation.groups:
        for limit, people in group.limited if _ahead(situation, group) else ():
            most = max(situation.limits[limit][first:], default=0)
            if people > most:
                who, over = whose(floor, limit), people - most
                words = Text(
                    zh=f"{group.group}组有 {people} 人属于{who.zh}，每周最多 {most} 人可在工位，超出 {over} 人",
                    en=f"group {group.group} has {people} of {who.en}, of whom {most} may be at stations in a week: {over} too many",
                )
                found.append(_of_limit(floor, limit, (), over, words))
    return found


def _of_limit(
    floor: Floor, limit: UUID, weeks: tuple[int, ...], missing: int, words: Text | None = None
) -> Conflict:
    who, (zh, en), crew = whose(floor, limit), ranges(weeks), limit if limit in floor.crews else None
    raised = Text(zh="离岗限额", en="release limit") if crew else Text(zh="占比上限", en="share")
    said = words or Text(
        zh=f"{who.zh}{zh}每周在工位的超出 {missing} 人（{raised.zh}）",
        en=f"{who.en}: {missing} too many at stations a week{en} for the {raised.en}",
    )
    rule = "crew-release" if crew else "share-of-staff"
    return Conflict(rule=rule, crew_id=crew, weeks=list(weeks), missing=missing, words=said)


def after_search(outcome: Outcome, situation: Situation, floor: Floor) -> list[Conflict]:
    """The smallest set of rules that the search found to be in conflict."""
    found = []
    for rule, where, weeks, missing in outcome.clashes:
        words = WORDS.get(rule)
        if rule == "crew-release" and where:
            found.append(_of_limit(floor, where, weeks, missing))
        elif rule == "seats" and where:
            found.append(_seats(situation, floor, where, weeks, missing))
        elif words:
            found.append(Conflict(rule=rule, weeks=list(weeks), missing=missing, words=words))
    if not found:
        visits = ", ".join(f"{group}: {module}" for group, module in outcome.uncovered[:5])
        words = Text(
            zh=f"在限定时间内未能安排：{visits}", en=f"no place was found in the time allowed for {visits}"
        )
        found.append(
            Conflict(rule="not-found-in-time", weeks=[], missing=len(outcome.uncovered), words=words)
        )
    elif not outcome.smallest:
        found.append(Conflict(rule="not-proven-smallest", weeks=[], missing=0, words=NOT_PROVEN))
    return found


def _seats(
    situation: Situation, floor: Floor, station: UUID, weeks: tuple[int, ...], missing: int
) -> Conflict:
    title, (zh, en) = _title(floor, station), ranges(weeks)
    words = Text(
        zh=f"“{title.zh}”{zh}每周缺 {missing} 个席位（可增加师傅或工位）",
        en=f"“{title.en}” lacks {missing} seats a week{en}: more mentors or places are needed",
    )
    if by_share(situation, station, weeks):
        words = Text(
            zh=f"“{title.zh}”{zh}每周多出 {missing} 名实习生：受该岗位实习生占比限制",
            en=f"“{title.en}” would have {missing} interns too many a week{en} for the share of interns at its post",
        )
    return Conflict(rule="seats", station_id=station, weeks=list(weeks), missing=missing, words=words)


def _title(floor: Floor, station: object) -> Text:
    known = floor.known(station)  # type: ignore[arg-type]
    return known.station.title if known else Text(zh=str(station), en=str(station))
