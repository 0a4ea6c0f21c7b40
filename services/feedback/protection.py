"""Who may see what: figures only of enough people, an enterprise only its own."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic_settings import BaseSettings

from services.feedback.refusals import MentorUnknown
from shared.web.identity import Person, Role, require


class Protection(BaseSettings):
    """FEEDBACK_MINIMUM_N: figures of fewer trainees than this are not shown."""

    feedback_minimum_n: int = Field(default=5, ge=1)


OUR_STAFF = (
    Role.COORDINATOR, Role.TEACHER, Role.PANEL_COLLEGE, Role.MANAGER, Role.OPERATOR, Role.ADMIN,
)  # fmt: skip
Staff = Annotated[Person, require(*OUR_STAFF)]
Panels = Annotated[Person, require(*OUR_STAFF, Role.PANEL_ENTERPRISE)]
Rater = Annotated[Person, require(Role.MENTOR)]
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
Asker = Annotated[Person, require(Role.MENTOR, Role.COORDINATOR)]


def least() -> int:
    """Of how many people figures may be shown."""
    return Protection().feedback_minimum_n


def enough(trainees: int) -> bool:
    """Whether figures of so many people may be shown."""
    return trainees >= least()


def only_of(person: Person) -> UUID | None:
    """The one enterprise whose data the person may see; none: all of them."""
    return None if person.has(*OUR_STAFF) else person.enterprise_id or person.person_id


def must_be_self(person: Person, mentor_id: UUID) -> None:
    """A mentor's own page is for that mentor; the coordinator may help."""
    if not person.has(Role.COORDINATOR) and person.person_id != mentor_id:
        raise MentorUnknown
