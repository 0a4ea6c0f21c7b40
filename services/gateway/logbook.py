"""Writing down what happened: the event log, what it teaches about ids, and the word to the live pages."""

import json
from collections.abc import Iterator, Sequence

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import knowing, ledger
from services.gateway.model import LoggedEvent, Seat
from services.gateway.vocabulary import EVENTS
from shared.events.base import Event
from shared.events.enterprise import PublicEvent
from shared.events.recruitment import CohortEnrolled, IntakeOpened, ProgrammeOpened
from shared.messaging import Heard, today

CHANNEL = "live"
NOTIFY_BYTES = 7000
MOST_OF_A_KIND = 40
TEACH = (PublicEvent, ProgrammeOpened, IntakeOpened, CohortEnrolled)


async def write(session: AsyncSession, heard: Sequence[Heard]) -> None:
    """Every event once; one that came in by our own door is there already."""
    day = await today(session)
    rows = [
        {
            "event_id": each.envelope.id,
            "name": name_of(each),
            "type": each.envelope.type,
            "publisher": each.envelope.topic.partition(".")[0],
            "key": each.envelope.key,
            "occurred_at": each.envelope.time,
            "business_day": day,
            "correlation_id": each.envelope.correlation,
            "causation_id": each.envelope.causation,
            "external_source": each.envelope.extensions.get("externalsource"),
            "external_id": each.envelope.extensions.get("externalid"),
            "data": each.data,
        }
        for each in heard
    ]
    if rows:
        await session.execute(insert(LoggedEvent).on_conflict_do_nothing(), rows)


def name_of(heard: Heard) -> str:
    """The class name of an event, also of one that this version does not know."""
    kind = EVENTS.get(heard.envelope.type)
    return kind.__name__ if kind else heard.envelope.topic.rpartition(".")[2].title().replace("_", "")


def fact_of(heard: Heard) -> Event | None:
    """The event itself, where it teaches something about ids."""
    kind = EVENTS.get(heard.envelope.type)
    if kind is None or not issubclass(kind, TEACH):
        return None
    try:
        return kind.model_validate_json(heard.body)
    except ValidationError:
        return None


async def learn(session: AsyncSession, facts: Sequence[Event]) -> None:
    """Which ids exist, whose they are, and who sits in which cohort."""
    own = [thing for fact in facts if not isinstance(fact, PublicEvent) for thing in knowing.told_by(fact)]
    said = [thing for fact in facts if isinstance(fact, PublicEvent) for thing in knowing.told_by(fact)]
    await ledger.keep_known(session, own, spread=True)
    await ledger.keep_known(session, said)
    seats = [
        {"trainee_id": trainee.trainee_id, "cohort_id": fact.cohort_id}
        for fact in facts
        if isinstance(fact, CohortEnrolled)
        for trainee in fact.trainees
    ]
    if seats:
        await session.execute(insert(Seat).on_conflict_do_nothing(), seats)


async def tell(session: AsyncSession, heard: Sequence[Heard]) -> None:
    """With the commit, every gateway process hears what changed: kind, id and type, never content."""
    for said in packed(changes(heard)):
        await session.execute(text("SELECT pg_notify(:channel, :said)"), {"channel": CHANNEL, "said": said})


def changes(heard: Sequence[Heard]) -> list[tuple[str, str, str]]:
    """What changed, each once; of many of one kind only that they did."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for each in heard:
        kind = EVENTS.get(each.envelope.type)
        thing = kind.key.removesuffix("_id") if kind else "event"
        found.setdefault((thing, name_of(each)), {})[each.envelope.key] = None
    return [
        (thing, key, name)
        for (thing, name), keys in found.items()
        for key in (keys if len(keys) <= MOST_OF_A_KIND else [""])
    ]


def packed(changed: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """In parts that a notification can carry."""
    part: list[tuple[str, str, str]] = []
    size = 0
    for change in changed:
        if size > NOTIFY_BYTES:
            yield json.dumps(part)
            part, size = [], 0
        part.append(change)
        size += sum(len(word) * 2 for word in change) + 12
    if part:
        yield json.dumps(part)
