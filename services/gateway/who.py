"""Who stands at the door: a source with its key, or a person with a token."""

from uuid import UUID, uuid5

from fastapi import Request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.gateway import queries, rules
from services.gateway.accepting import Sender
from services.gateway.model import Key, Source, at_once
from services.gateway.refusals import BadKey, TypeNotAllowed
from shared.errors import NotSignedIn
from shared.web.identity import Person, Role, signed_in

QUOTA = 6000
HANDS: dict[Role, tuple[str, ...]] = {
    Role.INTEGRATOR: ("*",),
    Role.COORDINATOR: ("*",),
    Role.ADMIN: ("*",),
    Role.MENTOR: ("TraineeRated", "AttendanceRecorded"),
}
FOR_ANY = frozenset({Role.COORDINATOR, Role.ADMIN})
STAFF = frozenset({Role.OPERATOR, Role.ADMIN, Role.COORDINATOR, Role.MANAGER})


def may_send(person: Person | None, name: str) -> bool:
    """Whether this person's roles are the hand of anybody for events of this name."""
    allowed = {one for role in (person.roles if person else ()) for one in HANDS.get(role, ())}
    return bool(allowed & {"*", name})


def presented_key(request: Request) -> str | None:
    """The API key of a request, if it has one."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    given = value.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    return given if given.startswith(f"{rules.KEY_PREFIX}_") else None


async def source_with(sessions: async_sessionmaker[AsyncSession], presented: str) -> tuple[Source, Key]:
    """The source whose key this is; one and the same refusal for everything that is wrong with a key."""
    parts = rules.split_key(presented)
    found = await queries.source_of_key(sessions, parts[0]) if parts else None
    secret = parts[1] if parts else ""
    if (
        not rules.proves(secret, found[1] if found else None)
        or found is None
        or not found[1].usable(at_once())
    ):
        raise BadKey(field="Authorization")
    return found


async def sender_of(request: Request, enterprise_id: UUID | None = None) -> Sender:
    """Who sends events with this request, over HTTP or as a workbook."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    if presented := presented_key(request):
        source, key = await source_with(sessions, presented)
        return Sender(
            source.source_id, source.enterprise_id, tuple(key.event_types), source.quota_per_minute, "http"
        )
    try:
        person = signed_in(request)
    except NotSignedIn:
        raise BadKey(field="Authorization") from None
    return await hand_of(sessions, person, enterprise_id)


async def hand_of(
    sessions: async_sessionmaker[AsyncSession], person: Person, enterprise_id: UUID | None = None
) -> Sender:
    """A signed-in person sends as the hand of an enterprise: their own, or, for the college's office, the one named."""
    allowed = tuple(dict.fromkeys(one for role in person.roles for one in HANDS.get(role, ())))
    enterprise = person.enterprise_id or (enterprise_id if person.roles & FOR_ANY else None)
    if not allowed or enterprise is None:
        raise TypeNotAllowed(detail=", ".join(sorted(person.roles)), field="enterprise_id")
    source_id = uuid5(enterprise, "hand")
    row = {
        "source_id": source_id,
        "name": "hand",
        "enterprise_id": enterprise,
        "quota_per_minute": QUOTA,
        "hand": True,
        "created_at": at_once(),
    }
    async with sessions.begin() as session:
        await session.execute(insert(Source).values(row).on_conflict_do_nothing())
    return Sender(source_id, enterprise, allowed, QUOTA, "hand")
