"""Whether the published timetable still keeps every rule. Pure."""

from services.placement.limits import too_many_away
from services.placement.situation import GroupNeed, Place, Situation, Visit


def holds(situation: Situation) -> bool:
    """Whether the published timetable still keeps every rule, so that nothing has to move."""
    used: dict[Place, int] = {}
    start = situation.change_from or 1
    for group in situation.groups:
        for visit in group.visits:
            place = group.published.get(visit.module)
            if place is None:
                return False
            used[place] = used.get(place, 0) + group.trainees
            if place[1] >= start and not _allowed(group, visit, place, situation):
                return False
    places = {
        (group.group, name): place for group in situation.groups for name, place in group.published.items()
    }
    return not any(too_many_away(situation, places, start)) and all(
        week < start or seats <= situation.seats.get(station, (0,) * situation.weeks)[week - 1]
        for (station, week), seats in used.items()
        if week <= situation.weeks
    )


def _allowed(group: GroupNeed, visit: Visit, place: Place, situation: Situation) -> bool:
    station, week = place
    if visit.kept != place and (week < visit.earliest or station not in visit.stations):
        return False
    if week in group.busy or not any(first <= week <= last for first, last in situation.slots_of(group)):
        return False
    before = [group.published[other][1] for other in visit.after if other in group.published]
    return all(earlier < week for earlier in before)
