"""What sources and people can ask of the gateway over HTTP: events in, what became of them out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.gateway import queries, reading, wire
from services.gateway.accepting import Answer, Sender, accept
from services.gateway.refusals import BadEnvelope, NotAll, TooLarge
from services.gateway.who import sender_of
from services.gateway.words import DoorRefused
from shared.problems import MEDIA_TYPE
from shared.service import Transaction
from shared.web.language import language_of

router = APIRouter(prefix="/v1", tags=["events"])
Limit = Annotated[int, Query(ge=1, le=500)]
Short = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.post("/events", status_code=202)
async def take_events(request: Request, *, atomic: bool = False) -> JSONResponse:
    """Size, key, enterprise, quota, schema, known ids, duplicate: in this order, cheapest first."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    media = wire.media_of(headers.get("content-type", ""))
    body = await body_within(request, wire.limit_for(media))
    sender = await sender_of(request)
    try:
        parcels: Sequence[wire.Parcel] = wire.read(headers, body)
    except DoorRefused as refusal:
        parcels = [wire.Unreadable(refusal)]
        media = ""
    answers = await accept(request.app.state.sessions, sender, parcels, atomic=atomic)
    return (
        answer_batch(answers, language_of(request), atomic=atomic)
        if media == wire.BATCH
        else answer_one(answers[0], language_of(request))
    )


async def body_within(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(detail=f"{declared} > {limit} bytes")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise TooLarge(detail=f"> {limit} bytes")
    return bytes(body)


def result_of(answer: Answer, language: str) -> dict[str, Any]:
    """One answer as JSON."""
    if answer.refusal:
        return {"status": answer.status, "problem": answer.refusal.problem(language)}
    if answer.event_id is None:
        return {"status": answer.status}
    return {
        "status": answer.status,
        "id": str(answer.event_id),
        "duplicate": answer.duplicate,
        "trace": f"/v1/events/{answer.event_id}/trace",
    }


def answer_one(answer: Answer, language: str) -> JSONResponse:
    """202, 200 for a duplicate, or the problem."""
    if answer.refusal:
        return problem_of(answer.refusal, language)
    body = result_of(answer, language)
    del body["status"]
    return JSONResponse(
        body, status_code=answer.status, headers={"Location": f"/v1/events/{answer.event_id}"}
    )


def problem_of(refusal: DoorRefused, language: str, **more: Any) -> JSONResponse:
    """A refusal of the door, with every fault."""
    headers = {"Retry-After": "60"} if refusal.status == 429 else {}
    headers |= {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    body = {**refusal.problem(language), **more}
    return JSONResponse(body, status_code=refusal.status, media_type=MEDIA_TYPE, headers=headers)


def answer_batch(answers: Sequence[Answer], language: str, *, atomic: bool) -> JSONResponse:
    """207 with one result an event, in order; an atomic batch with a refusal is one problem."""
    results = [{"index": place, **result_of(answer, language)} for place, answer in enumerate(answers)]
    refused = [answer.refusal for answer in answers if answer.refusal]
    if atomic and refused:
        return problem_of(NotAll(detail=f"{len(refused)} / {len(answers)}"), language, results=results)
    return JSONResponse({"results": results}, status_code=207)


async def door_refused(request: Request, error: Exception) -> JSONResponse:
    """A refusal raised before an event could be read."""
    assert isinstance(error, DoorRefused)
    return problem_of(error, language_of(request))


@router.get("/refusals")
async def list_refusals(
    request: Request, transaction: Transaction, limit: Limit = 50, before: UUID | None = None
) -> dict[str, Any]:
    """What was refused of this source."""
    sender = await sender_of(request)
    rows = await queries.refusals_of(transaction, sender.source_id, limit, before)
    return {"refusals": [reading.refusal(row) for row in rows]}


@router.get("/events")
async def list_events(  # noqa: PLR0917
    request: Request,
    transaction: Transaction,
    correlation: UUID | None = None,
    causation: UUID | None = None,
    event_type: Annotated[str | None, Query(alias="type", max_length=200, pattern=r"^[^\x00]*$")] = None,
    key: Short = None,
    limit: Limit = 50,
    before: UUID | None = None,
) -> dict[str, Any]:
    """The event log, newest first, as far as the asker may see it."""
    reader = await reading.reader_of(request)
    found = await queries.events_where(
        transaction,
        {"correlation_id": correlation, "causation_id": causation, "key": key},
        event_type,
        reader.source_ids,
        limit,
        before,
    )
    return {"events": [reading.event(row, reader) for row in found]}


@router.get("/events/by-source")
async def show_event_of_source(
    request: Request, transaction: Transaction, source: Short = None, external_id: Short = None
) -> dict[str, Any]:
    """An event by its publisher's own id."""
    reader = await reading.reader_of(request)
    return reading.event(await reading.find_external(transaction, reader, source, external_id), reader)


@router.get("/events/{event_id}")
async def show_event(event_id: UUID, request: Request, transaction: Transaction) -> dict[str, Any]:
    """An event by our id."""
    reader = await reading.reader_of(request)
    return reading.event(await reading.find(transaction, reader, event_id), reader)


@router.get("/events/{event_id}/trace")
async def trace_event(event_id: UUID, request: Request, transaction: Transaction) -> dict[str, Any]:
    """The path of one event through all services."""
    reader = await reading.reader_of(request)
    return await reading.trace(
        transaction, request, reader, await reading.find(transaction, reader, event_id)
    )


@router.get("/trace")
async def trace_event_of_source(
    request: Request, transaction: Transaction, source: Short = None, external_id: Short = None
) -> dict[str, Any]:
    """The same by the publisher's own id."""
    reader = await reading.reader_of(request)
    if source is None and external_id is None:
        raise BadEnvelope(detail="state `source` and `external_id`", field="external_id")
    found = await reading.find_external(transaction, reader, source, external_id)
    return await reading.trace(transaction, request, reader, found)


def as_hand(sender: Sender, door: str) -> Sender:
    """The same sender at another door."""
    return replace(sender, door=door)
