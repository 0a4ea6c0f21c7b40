"""What happens at every door, HTTP, AMQP or Excel: the same checks in the same order, one answer an event."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.gateway import knowing, ledger, logbook, rules
from services.gateway.model import at_once
from services.gateway.refusals import NotYours
from services.gateway.vocabulary import PUBLIC
from services.gateway.wire import Incoming, Parcel, Unreadable
from services.gateway.words import DoorRefused
from shared.events.enterprise import PublicEvent
from shared.ids import uuid7
from shared.messaging import Plain, emit, plain, today

ACCEPTED, DUPLICATE, TRIES = 202, 200, 5


@dataclass(frozen=True)
class Sender:
    """Who sends, by key, broker user or signed-in hand: one source of one enterprise, and what it may say."""

    source_id: UUID
    enterprise_id: UUID
    event_types: tuple[str, ...]
    quota_per_minute: int
    door: str


@dataclass(frozen=True)
class Answer:
    """What became of one event at the door."""

    status: int
    event_id: UUID | None = None
    refusal: DoorRefused | None = None

    @property
    def duplicate(self) -> bool:
        return self.status == DUPLICATE


@dataclass(frozen=True)
class Believed:
    """An event that passed every check that needs no memory."""

    place: int
    parcel: Incoming
    event: PublicEvent
    content_hash: str
    event_id: UUID


class _Nothing(Exception):  # noqa: N818 - it only carries answers out of a transaction that must leave nothing
    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers


class _Again(Exception):  # noqa: N818
    """Another transaction brought the same thing into the world first: look again."""


async def accept(
    sessions: async_sessionmaker[AsyncSession],
    sender: Sender,
    parcels: Sequence[Parcel],
    *,
    atomic: bool = False,
    try_only: bool = False,
) -> list[Answer]:
    """One answer a parcel, in order. `atomic` takes all or none; `try_only` answers and leaves nothing at all."""
    sent = 0 if try_only else await _count(sessions, sender, len(parcels))
    answers, believed = _check(sender, parcels, sent)
    for _ in range(TRIES):
        try:
            async with plain(sessions) as statements:
                whole = await _remember(statements, sender, list(answers), believed)
                if try_only or (atomic and any(answer.refusal for answer in whole)):
                    raise _Nothing(whole)  # noqa: TRY301 - leaving the block is what rolls it back
                await _keep_refusals(statements, sender, parcels, whole)
        except _Again:
            continue
        except _Nothing as nothing:
            whole = nothing.answers
            if not try_only:
                async with plain(sessions) as statements:
                    await _keep_refusals(statements, sender, parcels, whole)
                whole = [answer if answer.refusal else Answer(424) for answer in whole]
        return whole
    raise RuntimeError("two sources keep bringing the same ids into the world at the same moment")


async def _count(sessions: async_sessionmaker[AsyncSession], sender: Sender, events: int) -> int:
    """Counted in a transaction of its own, so that senders of one source do not wait for one another."""
    async with plain(sessions) as statements:
        minute = at_once().replace(second=0, microsecond=0)
        return await ledger.count_sent(statements, sender.source_id, minute, events, nothing_else=True)


def _check(sender: Sender, parcels: Sequence[Parcel], sent: int) -> tuple[list[Answer], list[Believed]]:
    answers, believed = [], []
    before = max(0, sent - len(parcels))
    for place, parcel in enumerate(parcels):
        try:
            event = _believe(sender, parcel, before + place + 1 if sent else 0)
        except DoorRefused as refusal:
            answers.append(Answer(refusal.status, refusal=refusal))
        else:
            assert isinstance(parcel, Incoming)
            answers.append(Answer(ACCEPTED))
            believed.append(Believed(place, parcel, event, rules.content_hash(event), uuid7()))
    return answers, believed


def _believe(sender: Sender, parcel: Parcel, sent: int) -> PublicEvent:
    """The order of the checks: enterprise, scope, quota, schema."""
    if isinstance(parcel, Unreadable):
        rules.check_quota(sent, sender.quota_per_minute)
        raise parcel.refusal
    rules.check_enterprise(parcel.data, sender.enterprise_id)
    known = PUBLIC.get(parcel.type)
    if known:
        rules.check_scope(known, sender.event_types)
    rules.check_quota(sent, sender.quota_per_minute)
    return rules.believe(rules.public_type(PUBLIC, parcel.type), parcel.data, sender.enterprise_id)


async def _remember(
    statements: Plain, sender: Sender, answers: list[Answer], believed: list[Believed]
) -> list[Answer]:
    """The checks that need memory: known ids, then duplicates; what is new is said, in this transaction."""
    ours = await _check_ids(statements, sender, answers, believed)
    fresh = await ledger.claim_ids(
        statements,
        sender.source_id,
        [
            (each.parcel.source, each.parcel.id, each.content_hash, each.event_id)
            for each in _first_of_each(ours)
        ],
    )
    taken = await ledger.taken_ids(
        statements, sender.source_id, [(each.parcel.source, each.parcel.id) for each in ours]
    )
    new = []
    for each in ours:
        before_hash, event_id = taken[each.parcel.source, each.parcel.id]
        if event_id == each.event_id and event_id in fresh:
            answers[each.place] = Answer(ACCEPTED, event_id)
            new.append(each)
            continue
        try:
            rules.check_same(before_hash, each.content_hash)
            answers[each.place] = Answer(DUPLICATE, event_id)
        except DoorRefused as refusal:
            answers[each.place] = Answer(refusal.status, refusal=refusal)
    await _say(statements, sender, new)
    return answers


async def _check_ids(
    statements: Plain, sender: Sender, answers: list[Answer], believed: list[Believed]
) -> list[Believed]:
    named = {each.place: knowing.references(each.event) for each in believed}
    owners = await ledger.owners_of(statements, sorted({one for names in named.values() for one in names}))
    ours = []
    for each in believed:
        try:
            rules.check_ids(named[each.place], owners, sender.enterprise_id)
            ours.append(each)
        except NotYours as refusal:
            answers[each.place] = Answer(refusal.status, refusal=refusal)
    return ours


def _first_of_each(believed: list[Believed]) -> list[Believed]:
    """In the order of their ids, so that two batches never wait for one another in a circle."""
    first: dict[tuple[str, str], Believed] = {}
    for each in believed:
        first.setdefault((each.parcel.source, each.parcel.id), each)
    return [first[name] for name in sorted(first)]


async def _say(statements: Plain, sender: Sender, new: list[Believed]) -> None:
    things = [thing for each in new for thing in knowing.brought_by(each.event)]
    if not await ledger.bring(statements, things, sender.enterprise_id):
        raise _Again
    moment, day = at_once(), await today(statements)
    for each in new:
        external = {"externalsource": each.parcel.source, "externalid": each.parcel.id}
        emit(statements, each.event, message_id=each.event_id, extensions=external)
    await logbook.log(statements, [_logged(sender, each, moment, day) for each in new])


def _logged(sender: Sender, each: Believed, moment: datetime, day: date) -> logbook.Line:
    event = each.event
    return logbook.Line(
        event_id=each.event_id,
        name=type(event).__name__,
        type=event.type_name(),
        publisher=event.publisher,
        key=event.key_value(),
        occurred_at=moment,
        business_day=day,
        correlation_id=each.event_id,
        causation_id=None,
        source_id=sender.source_id,
        external_source=each.parcel.source,
        external_id=each.parcel.id,
        data=event.model_dump_json(),
    )


async def _keep_refusals(
    statements: Plain, sender: Sender, parcels: Sequence[Parcel], answers: Sequence[Answer]
) -> None:
    await ledger.keep_refusals(
        statements,
        sender.source_id,
        sender.door,
        [
            _line(parcel, answer.refusal)
            for parcel, answer in zip(parcels, answers, strict=True)
            if answer.refusal
        ],
    )


def _line(parcel: Parcel, refusal: DoorRefused) -> tuple[Any, ...]:
    return (
        uuid7(),
        refusal.code,
        refusal.status,
        refusal.field,
        parcel.type,
        parcel.source,
        parcel.id,
        json.dumps(refusal.in_both_languages()),
        at_once(),
    )
