"""Trying an event on its catalogue page: checked by every rule of the door without a trace, or really sent."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from services.gateway import wire
from services.gateway.accepting import Answer, accept
from services.gateway.overview import type_named
from services.gateway.refusals import NotJson, TooLarge
from services.gateway.who import sender_of
from services.gateway.words import DoorRefused
from shared.ids import uuid7
from shared.web.identity import SignedIn
from shared.web.language import language_of
from shared.web.page import render

router = APIRouter(include_in_schema=False)
PAGE = "urn:tailored:catalogue-page"


@router.post("/catalogue/{name}/try")
async def try_event(
    name: str,
    request: Request,
    person: SignedIn,
    data: Annotated[str, Form()] = "",
    send: Annotated[str, Form()] = "",
) -> Response:
    """Without `send` nothing is kept, not even the refusal."""
    kind = type_named(name)
    try:
        content = _read(data)
        sender = replace(await sender_of(request, _enterprise_in(content)), door="catalogue")
        parcel = wire.Incoming(str(uuid7()), PAGE, kind.type_name(), content)
        answer = (await accept(request.app.state.sessions, sender, [parcel], try_only=not send))[0]
    except DoorRefused as refusal:
        answer = Answer(refusal.status, refusal=refusal)
    problem = answer.refusal and answer.refusal.problem(language_of(request))
    return render(
        request, "tried.html", person=person, name=name, answer=answer, problem=problem, sent=bool(send)
    )


def _read(data: str) -> dict[str, Any]:
    body = data.encode(errors="surrogatepass")
    if len(body) > wire.EVENT_BYTES:
        raise TooLarge(detail=f"{len(body)} bytes", field="data")
    content = wire.json_of(body)
    if not isinstance(content, dict):
        raise NotJson(detail="data is a JSON object", field="data")
    return content


def _enterprise_in(content: dict[str, Any]) -> UUID | None:
    """An office of the college writes for the enterprise that the event names."""
    try:
        return UUID(str(content.get("enterprise_id")))
    except ValueError:
        return None
