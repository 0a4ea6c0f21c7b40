"""All that placement knows about one cohort, loaded at once, so that its rules stay pure."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.placement.floor import Floor
from services.placement.model import Cohort, Member, StintRow, Timetable
from services.placement.papers import Proof
from services.placement.rule_packs import PACKS, Pack, binds, pack_of
from shared.calendar import monday_of, week_of
from shared.events.curriculum import PlanPublished
from shared.programmes.grammar import Template


@dataclass
class Known:
    """A cohort with its template, plan, members, stints, and the shop floor that it shares."""

    cohort: Cohort
    template: Template | None
    plan: PlanPublished | None
    members: list[Member]
    floor: Floor
    stints: list[StintRow]
    others: list[StintRow]
    """Stints of other cohorts at the same stations."""
    elsewhere: dict[UUID, set[date]]
    """Mondays on which a trainee, or somebody of a trainee's crew, has a stint with another cohort."""
    proofs: list[Proof]
    holidays: frozenset[date]
    today: date
    packs: dict[UUID, str] = field(default_factory=dict)
    """The rule pack of each cohort."""
    bound: dict[tuple[UUID, str], int] = field(default_factory=dict)
    """How many of each group, of this cohort and of others, the rules of its cohort's pack are about."""
    last: Timetable | None = None
    plans: dict[tuple[UUID, int], PlanPublished] = field(default_factory=dict)
    """Each version that was in force for the cohort."""
    plan_template: Template | None = None
    """Of the programme that the plan belongs to: a class formed from running cohorts keeps the plan of theirs."""
    mondays: dict[int, date] = field(default_factory=dict)

    @property
    def pack(self) -> Pack:
        """The rule pack of the cohort; where it binds nobody of it, such as employees alone, one without further rules."""
        pack = pack_of(self.template.rule_pack if self.template else "none")
        here = [one.status for one in self.members if one.withdrew_on is None or one.withdrew_on > self.today]
        return pack if any(binds(pack.of, status) for status in here) else PACKS["none"]

    def monday(self, week: int) -> date:
        """The date of a teaching week."""
        if week not in self.mondays:
            self.mondays[week] = monday_of(self.cohort.first_monday, week, self.holidays)
        return self.mondays[week]

    def week(self, day: date) -> int:
        """The teaching week of a day; 0 before the first."""
        return week_of(self.cohort.first_monday, day, self.holidays) if day >= self.cohort.first_monday else 0
