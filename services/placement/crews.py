"""Crews of employees (四班三倒): how many of each may be away in a week, and whether a timetable keeps to it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.placement.floor import Floor
from services.placement.groups import GroupOf
from services.placement.known import Known
from services.placement.staff import Crew
from services.placement.timetable import Place, Situation
from shared.events.base import Text


@dataclass(frozen=True)
class TooManyAway:
    """In one week more learners of a crew are away than it lets go."""

    crew_id: UUID
    week: int
    away: int
    allowed: int

    def words(self, floor: Floor) -> Text:
        """Which crew, which week, how many too many."""
        title, over = title_of(floor, self.crew_id), self.away - self.allowed
        figures = f"{self.away}/{self.allowed}"
        return Text(
            zh=f"班组“{title.zh}”第 {self.week} 周离岗学习超出 {over} 人（{figures}）",
            en=f"crew “{title.en}” has {over} too many away in week {self.week} ({figures})",
        )


def title_of(floor: Floor, crew_id: UUID) -> Text:
    """What the enterprise calls the crew."""
    crew = floor.crews.get(crew_id)
    return Text.model_validate(crew.title) if crew else Text(zh=str(crew_id), en=str(crew_id))


def of_group(group: GroupOf, crews: Iterable[Crew]) -> tuple[tuple[UUID, int], ...]:
    """How many of a group work in each crew."""
    found = ((crew.crew_id, len(_here(crew, group.trainee_ids))) for crew in crews)
    return tuple((crew, people) for crew, people in found if people)


def _here(crew: Crew, trainees: Iterable[UUID]) -> set[str]:
    return {str(trainee) for trainee in trainees}.intersection(crew.learners)


def allowed(known: Known, crew: Crew, weeks: int) -> tuple[int, ...]:
    """How many more may be away in each teaching week, after those whom other cohorts have away."""
    gone = Counter(monday for learner in crew.learners for monday in known.elsewhere.get(UUID(learner), ()))
    return tuple(max(0, crew.release_limit - gone[known.monday(week)]) for week in range(1, weeks + 1))


def too_many_away(
    situation: Situation, places: Mapping[tuple[str, str], Place], from_week: int
) -> Iterator[TooManyAway]:
    """Where these places take more of a crew away than it lets go, from this week on."""
    crews = {group.group: group.crews for group in situation.groups}
    away: Counter[tuple[UUID, int]] = Counter()
    for group, week in {(group, week) for (group, _), (_, week) in places.items()}:
        for crew, people in crews.get(group, ()):
            away[crew, week] += people
    for (crew, week), people in sorted(away.items()):
        most = situation.crews[crew][week - 1] if week <= situation.weeks else people
        if week >= from_week and people > most:
            yield TooManyAway(crew, week, people, most)
