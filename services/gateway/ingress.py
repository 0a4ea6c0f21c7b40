"""The AMQP door: the same checks as over HTTP, on what sources write to exchange `ingress`."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.gateway import queries, wire
from services.gateway.accepting import Answer, Sender, accept
from services.gateway.api import result_of
from services.gateway.broker import EVERYTHING, INGRESS, QUEUE, QUEUE_ARGUMENTS, reply_queue
from services.gateway.model import at_once
from services.gateway.refusals import TooLarge
from services.gateway.words import DoorRefused
from shared.messaging.addresses import first_that_answers
from shared.messaging.envelope import PREFIXES
from shared.messaging.faults import is_away
from shared.messaging.lines import opening
from shared.web.language import accepted

log = logging.getLogger("tailored.ingress")
PREFETCH, PAUSE, HEARTBEAT, TRIES = 50, 1.0, 10, 3
Sessions = async_sessionmaker[AsyncSession]


async def run(urls: str, sessions: Sessions, pause: float = PAUSE) -> None:
    """Listen for ever; a broker or database that is away is waited for."""
    while True:
        with suppress(AMQPError, ChannelInvalidStateError, OSError, TimeoutError):
            connection = await first_that_answers(urls, opening(urls, HEARTBEAT, QUEUE))
            async with connection:
                await _listen(connection, sessions, pause)
        await asyncio.sleep(pause)


async def _listen(connection: AbstractConnection, sessions: Sessions, pause: float) -> None:
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=PREFETCH)
    exchange = await channel.declare_exchange(INGRESS, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(QUEUE, durable=True, arguments=dict(QUEUE_ARGUMENTS))
    await queue.bind(exchange, EVERYTHING)
    async with queue.iterator() as messages:
        async for message in messages:
            await _take(message, channel, sessions, pause)


async def _take(
    message: AbstractIncomingMessage, channel: AbstractChannel, sessions: Sessions, pause: float
) -> None:
    """The ack comes after the commit: a crash between them makes a duplicate, and a duplicate is harmless."""
    answers = await _take_at_last(message, sessions, pause)
    if answers is None:
        return
    if any(answer.refusal for answer in answers):
        await _reply(message, channel, answers)
    await message.ack()


async def _take_at_last(
    message: AbstractIncomingMessage, sessions: Sessions, pause: float
) -> list[Answer] | None:
    """In hand until it is taken: given back again and again, the broker would give it up at its delivery limit.

    None where it fails although the database is there: it stays with its channel, others pass, and the next door tries.
    """
    tries = TRIES
    while tries:
        try:
            return await take(message, sessions)
        except Exception as error:
            away = is_away(error)
            tries -= not away
            log.warning("ingress_waits %s %s", message.routing_key, message.message_id, exc_info=not away)
        await asyncio.sleep(pause)
    log.error("ingress_keeps_back %s %s", message.routing_key, message.message_id)
    return None


async def take(message: AbstractIncomingMessage, sessions: Sessions) -> list[Answer]:
    """What became of the events of one message; nothing at all where its sender does not prove who it is."""
    sender = await sender_of(message.routing_key or "", message.user_id, sessions)
    if sender is None:
        log.warning("ingress_unknown_sender")
        return []
    headers = headers_of(message.headers, message.content_type)
    try:
        if len(message.body) > wire.limit_for(headers["content-type"]):
            raise TooLarge(detail=f"{len(message.body)} bytes")
        parcels: Sequence[wire.Parcel] = wire.read(headers, message.body)
    except DoorRefused as refusal:
        parcels = [wire.Unreadable(refusal)]
    return await accept(sessions, sender, parcels)


async def sender_of(routing_key: str, user: str | None, sessions: Sessions) -> Sender | None:
    """The broker has checked `user_id` against the connection; here it must be the user of the source named."""
    try:
        source_id = UUID(routing_key)
    except ValueError:
        return None
    async with sessions() as session:
        found = await queries.source_with_scope(session, source_id, at_once())
    if found is None or found[0].broker_user is None or found[0].broker_user != user:
        return None
    source, scope = found
    return Sender(source.source_id, source.enterprise_id, scope, source.quota_per_minute, "amqp")


def headers_of(headers: Mapping[str, Any], content_type: str | None) -> dict[str, str]:
    """All prefixes that CloudEvents allows on AMQP, as the HTTP door knows them."""
    found = {"content-type": content_type or ""}
    for name, value in headers.items():
        for prefix in PREFIXES:
            if name.startswith(prefix):
                found[f"ce-{name.removeprefix(prefix).lower()}"] = _text(value)
    return found


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


async def _reply(
    message: AbstractIncomingMessage, channel: AbstractChannel, answers: Sequence[Answer]
) -> None:
    """To the source's own reply queue and to no other, in the language of its header `accept-language`."""
    wanted = reply_queue(message.routing_key)
    if message.reply_to != wanted:
        return
    language = accepted(_text(message.headers.get("accept-language", "")))
    results = [{"index": place, **result_of(answer, language)} for place, answer in enumerate(answers)]
    reply = aio_pika.Message(
        json.dumps({"results": results}, ensure_ascii=False).encode(),
        content_type="application/json",
        correlation_id=message.correlation_id or message.message_id,
    )
    with suppress(AMQPError):  # a reply queue that is not there is nobody's loss
        await channel.default_exchange.publish(reply, routing_key=wanted, mandatory=False)
