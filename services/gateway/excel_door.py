"""The Excel door: workbooks out, rows in, through the same checks as HTTP."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.gateway import excel, queries, sheets
from services.gateway.accepting import Answer, Sender, accept
from services.gateway.api import answer_batch, body_within, problem_of
from services.gateway.overview import type_named
from services.gateway.refusals import BadRows
from services.gateway.sheets import Draft, Problem, Reading
from services.gateway.who import sender_of
from services.gateway.wire import BATCH_BYTES, Incoming
from services.gateway.words import Words
from shared.events.enterprise import PublicEvent
from shared.web.language import language_of

router = APIRouter(prefix="/v1/excel", tags=["excel"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Sessions = async_sessionmaker[AsyncSession]


@router.get("/{name}")
async def template(name: str, request: Request, enterprise_id: UUID | None = None) -> Response:
    """The workbook to fill in, with the numbers that the enterprise's things have."""
    kind = type_named(name)
    sender = await sender_of(request, enterprise_id)
    body = await template_for(request.app.state.sessions, sender, kind)
    disposition = f'attachment; filename="{kind.__name__}.xlsx"'
    return Response(body, media_type=XLSX, headers={"Content-Disposition": disposition})


async def template_for(sessions: Sessions, sender: Sender, kind: type[PublicEvent]) -> bytes:
    """The workbook of a type for one enterprise."""
    async with sessions() as session:
        return excel.workbook(kind, await queries.choices_of(session, sender.enterprise_id))


@router.post("/{name}")
async def upload(
    name: str, request: Request, *, preview: bool = False, enterprise_id: UUID | None = None
) -> JSONResponse:
    """Look at every row, or send them all."""
    kind = type_named(name)
    body = await body_within(request, BATCH_BYTES)
    sender = replace(await sender_of(request, enterprise_id), door="excel")
    if preview:
        return JSONResponse(await look(request.app.state.sessions, sender, kind, body))
    seen, answers = await send(request.app.state.sessions, sender, kind, body)
    if seen["problems"]:
        return problem_of(BadRows(detail=f"{len(seen['problems'])}"), language_of(request), **seen)
    return answer_batch(answers, language_of(request), atomic=False)


async def look(sessions: Sessions, sender: Sender, kind: type[PublicEvent], body: bytes) -> dict[str, Any]:
    """Every bad cell of a workbook at once; nothing is sent."""
    reading = await _read(sessions, sender, kind, body)
    answers = await accept(
        sessions, sender, _parcels(sender, kind, reading.drafts), atomic=True, try_only=True
    )
    bad = {problem.row for problem in reading.problems}
    for draft, answer in zip(reading.drafts, answers, strict=True):
        reading.problems += [problem for problem in _problems(draft, answer) if problem.row not in bad]
    reading.problems.sort(key=lambda problem: (problem.row, problem.column))
    wrong = {problem.row for problem in reading.problems}
    return {
        "type": kind.__name__,
        "rows": reading.rows,
        "events": len(reading.drafts),
        "good": sum(1 for draft in reading.drafts if not wrong & {draft.first_row, *draft.rows()}),
        "duplicates": sum(1 for answer in answers if answer.duplicate),
        "problems": [problem.as_json() for problem in reading.problems],
    }


async def send(
    sessions: Sessions, sender: Sender, kind: type[PublicEvent], body: bytes
) -> tuple[dict[str, Any], list[Answer]]:
    """All rows or none: what is bad is shown as in the preview, and then nothing was sent."""
    seen = await look(sessions, sender, kind, body)
    if seen["problems"]:
        return seen, []
    reading = await _read(sessions, sender, kind, body)
    return seen, await accept(sessions, sender, _parcels(sender, kind, reading.drafts), atomic=True)


async def _read(sessions: Sessions, sender: Sender, kind: type[PublicEvent], body: bytes) -> Reading:
    async with sessions() as session:
        codes = await queries.codes_of(session, sender.enterprise_id)
    return sheets.read(kind, body, sender.enterprise_id, lambda thing, code: codes.get((thing, code)))


def _parcels(sender: Sender, kind: type[PublicEvent], drafts: Sequence[Draft]) -> list[Incoming]:
    """The id of an event follows from its content: the same row uploaded twice is one event."""
    return [
        Incoming(
            hashlib.sha256(json.dumps([kind.__name__, draft.data], sort_keys=True).encode()).hexdigest()[:40],
            f"urn:tailored:excel:{sender.enterprise_id}",
            kind.type_name(),
            draft.data,
        )
        for draft in drafts
    ]


def _problems(draft: Draft, answer: Answer) -> list[Problem]:
    if answer.refusal is None:
        return []
    refusal = answer.refusal
    cls = type(refusal)
    if not refusal.faults:
        what, todo = Words(cls.title("zh"), cls.title()), Words(cls.what_to_do("zh"), cls.what_to_do())
        return [Problem(*draft.place(refusal.field or ""), cls.code, what, todo)]
    return [
        Problem(*draft.place(fault.field), cls.code, fault.what, fault.remedy) for fault in refusal.faults
    ]
