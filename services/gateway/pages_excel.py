"""The Excel door: take the workbook of an event type, fill it in, see every bad row, send."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response, UploadFile

from services.gateway import excel_door
from services.gateway.accepting import Answer
from services.gateway.overview import type_named
from services.gateway.refusals import NotAWorkbook, TooLarge
from services.gateway.vocabulary import PUBLIC_NAMES, meaning
from services.gateway.who import HANDS, sender_of
from services.gateway.wire import BATCH_BYTES
from shared.service import Transaction
from shared.web.identity import Person, SignedIn
from shared.web.page import render

router = APIRouter(include_in_schema=False)


@router.get("/excel")
async def excel_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Choose what to report, take the workbook, upload it."""
    chosen = request.query_params.get("type", "")
    return render(
        request, "excel.html", person=person, **await _choices(transaction, person, chosen), seen=None
    )


@router.post("/excel")
async def excel_upload(  # noqa: PLR0917 - the fields of the form
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    kind: Annotated[str, Form(alias="type")],
    workbook: UploadFile | None = None,
    again: Annotated[str, Form()] = "",
    enterprise: Annotated[str, Form()] = "",
    send: Annotated[str, Form()] = "",
) -> Response:
    """Without `send` only a look at every row; with it, all rows go, or none."""
    body = await workbook.read(BATCH_BYTES + 1) if workbook and workbook.filename else _decoded(again)
    if len(body) > BATCH_BYTES:
        raise TooLarge(detail=f"> {BATCH_BYTES} bytes", field="workbook")
    if not body:
        raise NotAWorkbook(field="workbook")
    event_type = type_named(kind)
    whose = UUID(enterprise) if enterprise else None
    sender = replace(await sender_of(request, whose), door="excel")
    sessions = request.app.state.sessions
    answers: Sequence[Answer] = []
    if send:
        seen, answers = await excel_door.send(sessions, sender, event_type, body)
    else:
        seen = await excel_door.look(sessions, sender, event_type, body)
    values = {
        **await _choices(transaction, person, event_type.__name__),
        "seen": seen,
        "sent": [answer for answer in answers if answer.event_id],
        "again": b64encode(body).decode(),
        "enterprise": enterprise,
    }
    fragment = "excel_seen.html" if "hx-request" in request.headers else "excel.html"
    return render(request, fragment, person=person, **values)


def _decoded(again: str) -> bytes:
    try:
        return b64decode(again, validate=True)
    except ValueError:
        return b""


async def _choices(transaction: Transaction, person: Person, chosen: str) -> dict[str, Any]:
    allowed = {name for role in person.roles for name in HANDS.get(role, ())}
    types = [
        {"name": name, "meaning": meaning(kind)}
        for name, kind in PUBLIC_NAMES.items()
        if "*" in allowed or name in allowed
    ]
    names = [one["name"] for one in types]
    enterprises = [] if person.enterprise_id else await enterprises_of(transaction)
    return {
        "types": types,
        "chosen": chosen if chosen in names else (names[0] if names else ""),
        "enterprises": enterprises,
        "enterprise": "",
        "again": "",
        "sent": [],
    }


async def enterprises_of(transaction: Transaction) -> list[UUID]:
    """The enterprises that the gateway has heard of, for an office that writes on their behalf."""
    from sqlalchemy import func, select  # noqa: PLC0415

    from services.gateway.model import Known  # noqa: PLC0415

    return sorted(set(await transaction.scalars(select(func.unnest(Known.enterprise_ids)))))
