"""Which things an event names, which it brings into the world, and whose they are: pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import BaseModel

from shared.events.base import Event
from shared.events.enterprise import (
    AgreementSigned,
    EmployeeHired,
    EmployeeNominated,
    MentorNamed,
    PositionPublished,
    PublicEvent,
    ReleaseLimited,
    SafetyIncidentReported,
    ShutdownPlanned,
    StationsOffered,
    TechnologyChanged,
    TraineeRated,
)
from shared.events.recruitment import CohortEnrolled, IntakeOpened, ProgrammeOpened

BRINGS: dict[type[Event], frozenset[str]] = {
    PositionPublished: frozenset({"position"}),
    AgreementSigned: frozenset({"agreement", "promise"}),
    StationsOffered: frozenset({"workshop", "station"}),
    MentorNamed: frozenset({"mentor"}),
    ShutdownPlanned: frozenset({"shutdown"}),
    ReleaseLimited: frozenset({"crew"}),
    TraineeRated: frozenset({"rating"}),
    TechnologyChanged: frozenset({"change"}),
    EmployeeNominated: frozenset({"employee"}),
    EmployeeHired: frozenset({"employee"}),
    SafetyIncidentReported: frozenset({"incident"}),
}
FREE = frozenset({"enterprise", "college"})


@dataclass(frozen=True)
class Thing:
    """Something the system knows, whose it is, and what people call it."""

    kind: str
    id: UUID
    enterprise_ids: frozenset[UUID] = frozenset()
    within: UUID | None = None
    title: dict[str, str] | None = None
    codes: tuple[tuple[UUID, str], ...] = field(default=())


def named(value: BaseModel) -> Iterator[tuple[str, UUID, dict[str, str] | None]]:
    """Every `<kind>_id` in an event and in its parts, with the title beside it."""
    title = getattr(value, "title", None)
    for name in type(value).model_fields:
        part = getattr(value, name)
        if isinstance(part, UUID) and name.endswith("_id") and (kind := name[:-3]) not in FREE:
            yield kind, part, title.model_dump() if isinstance(title, BaseModel) else None
        elif isinstance(part, list):
            for each in part:
                if isinstance(each, BaseModel):
                    yield from named(each)


def references(event: PublicEvent) -> list[tuple[str, UUID]]:
    """What an event names: checked against what is known."""
    return sorted({(kind, id_) for kind, id_, _ in named(event)})


def brought_by(event: PublicEvent) -> list[Thing]:
    """What an event of an enterprise brings into the world: from now on that enterprise's."""
    brings = BRINGS.get(type(event), frozenset())
    own = frozenset({event.enterprise_id})
    things = {
        (kind, id_): Thing(kind, id_, own, title=title) for kind, id_, title in named(event) if kind in brings
    }
    return [things[each] for each in sorted(things)]


def told_by(event: Event) -> list[Thing]:
    """What any event of the system tells the gateway about who owns what."""
    if isinstance(event, PublicEvent):
        return brought_by(event)
    if isinstance(event, ProgrammeOpened):
        owners = frozenset(event.enterprise_ids)
        return [
            Thing("programme", event.programme_id, owners, title=event.title.model_dump()),
            Thing("agreement", event.agreement_id, owners),
        ]
    if isinstance(event, IntakeOpened):
        return [Thing("intake", event.intake_id, within=event.programme_id)]
    if isinstance(event, CohortEnrolled):
        return list(_cohort(event))
    return []


def _cohort(event: CohortEnrolled) -> Iterator[Thing]:
    owners = frozenset(trainee.enterprise_id for trainee in event.trainees)
    yield Thing("cohort", event.cohort_id, owners, title=event.title.model_dump())
    for trainee in event.trainees:
        own = frozenset({trainee.enterprise_id})
        numbers = {trainee.college_number, trainee.enterprise_number or trainee.college_number}
        codes = tuple((trainee.enterprise_id, number) for number in sorted(numbers))
        yield Thing("trainee", trainee.trainee_id, own, codes=codes)
        if trainee.employee_id:
            yield Thing("employee", trainee.employee_id, own)
