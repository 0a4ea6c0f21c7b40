"""Writing down what happened: the event log, what it teaches about ids, and the word to the live pages."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from services.gateway import knowing, ledger
from services.gateway.vocabulary import EVENTS
from shared.events.base import Event
from shared.events.enterprise import PublicEvent
from shared.events.recruitment import CohortEnrolled, IntakeOpened, ProgrammeOpened
from shared.messaging import Heard, Plain, today

CHANNEL = "live"
NOTIFY_BYTES = 7000
MOST_OF_A_KIND = 40
TEACH = (PublicEvent, ProgrammeOpened, IntakeOpened, CohortEnrolled)

LOG = """
INSERT INTO event_log (event_id, name, type, publisher, key, occurred_at, business_day, correlation_id, causation_id,
                       source_id, external_source, external_id, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::date[],
                     $8::uuid[], $9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[]::jsonb[])
ON CONFLICT DO NOTHING
"""
SEAT = "INSERT INTO seat (trainee_id, cohort_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
TELL = "SELECT pg_notify($1, $2)"


class Line(NamedTuple):
    """A line of the event log; `data` is JSON."""

    event_id: UUID
    name: str
    type: str
    publisher: str
    key: str
    occurred_at: datetime
    business_day: date
    correlation_id: UUID
    causation_id: UUID | None
    source_id: UUID | None
    external_source: str | None
    external_id: str | None
    data: str


async def log(statements: Plain, lines: Sequence[Line]) -> None:
    """Every event once."""
    if lines:
        await statements.fetch(LOG, *(list(column) for column in zip(*lines, strict=True)))


async def write(statements: Plain, heard: Sequence[Heard]) -> None:
    """What others have said; what came in by our own door is there already."""
    day = await today(statements)
    await log(
        statements,
        [
            Line(
                event_id=each.envelope.id,
                name=name_of(each),
                type=each.envelope.type,
                publisher=each.envelope.topic.partition(".")[0],
                key=each.envelope.key,
                occurred_at=each.envelope.time,
                business_day=day,
                correlation_id=each.envelope.correlation,
                causation_id=each.envelope.causation,
                source_id=None,
                external_source=each.envelope.extensions.get("externalsource"),
                external_id=each.envelope.extensions.get("externalid"),
                data=json.dumps(each.data),
            )
            for each in heard
        ],
    )


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


async def learn(statements: Plain, facts: Sequence[Event]) -> None:
    """Which ids exist, whose they are, and who sits in which cohort."""
    own = [thing for fact in facts if not isinstance(fact, PublicEvent) for thing in knowing.told_by(fact)]
    said = [thing for fact in facts if isinstance(fact, PublicEvent) for thing in knowing.told_by(fact)]
    await ledger.keep_known(statements, own, spread=True)
    await ledger.keep_known(statements, said)
    seats = [
        (trainee.trainee_id, fact.cohort_id)
        for fact in facts
        if isinstance(fact, CohortEnrolled)
        for trainee in fact.trainees
    ]
    if seats:
        await statements.each(SEAT, seats)


async def tell(statements: Plain, heard: Sequence[Heard]) -> None:
    """With the commit, every gateway process hears what changed: kind, id and type, never content."""
    for said in packed(changes(heard)):
        await statements.fetch(TELL, CHANNEL, said)


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
