"""How many people may be at stations in a week, beside seats: learners of a crew (四班三倒), interns among the staff. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from services.placement import shares
from services.placement.floor import Floor
from services.placement.groups import GroupOf
from services.placement.known import Known
from services.placement.situation import GroupNeed, Place, Situation
from services.placement.staff import Crew
from shared.events.base import Text


@dataclass(frozen=True)
class TooManyAway:
    """In one week more of these people are at stations than may be."""

    limit: UUID
    """A crew, or an enterprise for its interns."""
    week: int
    away: int
    allowed: int

    def words(self, floor: Floor) -> Text:
        """Who, in which week, how many too many."""
        who, over = whose(floor, self.limit), self.away - self.allowed
        figures = f"{self.away}/{self.allowed}"
        return Text(
            zh=f"{who.zh}第 {self.week} 周在工位的超出 {over} 人（{figures}）",
            en=f"{who.en}: {over} too many at stations in week {self.week} ({figures})",
        )


def whose(floor: Floor, limit: UUID) -> Text:
    """Whom a limit is about, as people say it."""
    crew = floor.crews.get(limit)
    if crew:
        title = Text.model_validate(crew.title)
        return Text(zh=f"班组“{title.zh}”", en=f"crew “{title.en}”")
    staff = floor.staff_of(limit)
    return Text(zh=f"实习生（企业在岗 {staff} 人）", en=f"the enterprise's interns ({staff} staff)")


def of_groups(
    known: Known, needs: Iterable[GroupNeed], weeks: int
) -> tuple[tuple[GroupNeed, ...], dict[UUID, tuple[int, ...]]]:
    """The groups with the limits that decide something; of each, how many more may be at a station in each teaching week.

    What all of them together would keep in any week is no limit.
    """
    needs = tuple(needs)
    people = Counter[UUID]()
    for need in needs:
        people.update(dict(need.limited))
    found: dict[UUID, tuple[int, ...]] = {}
    for limit in sorted(people):
        crew = known.floor.crews.get(limit)
        left = _of_crew(known, crew, weeks) if crew else shares.of_staff(known, limit, weeks)
        if left is not None and people[limit] > min(left, default=0):
            found[limit] = left
    decided = (tuple(one for one in need.limited if one[0] in found) for need in needs)
    return tuple(replace(need, limited=of) for need, of in zip(needs, decided, strict=True)), found


def of_group(known: Known, group: GroupOf) -> tuple[tuple[UUID, int], ...]:
    """How many of a group work in each crew, and how many are interns where their enterprise has counted its staff.

    A group of interns counts at its own enterprise, since it goes there where that has a station for it.
    """
    crews = ((crew.crew_id, len(_here(crew, group.trainee_ids))) for crew in known.floor.crews.values())
    found = tuple((crew, people) for crew, people in crews if people)
    interns = known.bound.get((known.cohort.cohort_id, group.group), 0)
    counted = interns and shares.of_staff(known, group.enterprise_id, 0) is not None
    return (*found, (group.enterprise_id, interns)) if counted else found


def _here(crew: Crew, trainees: Iterable[UUID]) -> set[str]:
    return {str(trainee) for trainee in trainees}.intersection(crew.learners)


def _of_crew(known: Known, crew: Crew, weeks: int) -> tuple[int, ...]:
    """After those of the crew whom other cohorts have away."""
    gone = Counter(monday for learner in crew.learners for monday in known.elsewhere.get(UUID(learner), ()))
    return tuple(max(0, crew.release_limit - gone[known.monday(week)]) for week in range(1, weeks + 1))


def too_many_away(
    situation: Situation, places: Mapping[tuple[str, str], Place], from_week: int
) -> Iterator[TooManyAway]:
    """Where these places exceed a limit, from this week on."""
    limited = {group.group: group.limited for group in situation.groups}
    away: Counter[tuple[UUID, int]] = Counter()
    for group, week in {(group, week) for (group, _), (_, week) in places.items()}:
        for limit, people in limited.get(group, ()):
            away[limit, week] += people
    for (limit, week), people in sorted(away.items()):
        most = situation.limits[limit][week - 1] if week <= situation.weeks else people
        if week >= from_week and people > most:
            yield TooManyAway(limit, week, people, most)


def by_share(situation: Situation, station: UUID, weeks: Iterable[int]) -> bool:
    """Whether the share of interns at the post, not mentors or the bench, limits a station in one of these weeks."""
    left, seats = situation.posts.get(station), situation.seats.get(station, ())
    return left is not None and any(left[week - 1] <= seats[week - 1] for week in weeks)
