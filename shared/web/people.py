"""What a person is called on a page where only an id is known."""

from uuid import UUID

from shared.web.language import own_name
from shared.web.personas import PERSONAS

NAMES = {person.person_id: person.name for person in PERSONAS.values()}


def person_name(person_id: UUID | str | None) -> str:
    """The name of a person of the demo; of others the end of the id, since names stay where they belong."""
    if person_id is None:
        return ""
    name = NAMES.get(UUID(str(person_id)))
    return own_name(name) if name else f"…{str(person_id)[-6:]}"
