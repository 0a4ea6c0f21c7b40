"""Where did my event go: the log, the path of one event with its failed branch, the catalogue."""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway import asking, catalogue, queries, reading
from services.gateway.overview import type_named
from services.gateway.visiting import our_address
from services.gateway.vocabulary import EVENTS, PUBLIC_NAMES
from services.gateway.who import may_send
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, person_of, require
from shared.web.page import render

router = APIRouter(include_in_schema=False)
SHOWN = 50
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "maxItems")
Operator = require(Role.OPERATOR, Role.ADMIN)


@router.get("/events")
async def events_page(
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    named: str | None = None,
    external_id: str | None = None,
    before: UUID | None = None,
) -> Response:
    """The log, newest first; or straight to one event by its publisher's own id."""
    reader = await reading.reader_of(request)
    if external_id:
        found = await reading.find_external(transaction, reader, None, external_id.strip())
        return RedirectResponse(f"/events/{found.event_id}", 303)
    rows = await queries.events_where(transaction, {}, named or None, reader.source_ids, SHOWN, before)
    events = [reading.event(row, reader) for row in rows]
    names = sorted(kind.__name__ for kind in EVENTS.values())
    more = events[-1]["id"] if len(events) == SHOWN else None
    return render(
        request, "events.html", person=person, events=events, names=names, named=named or "", more=more
    )


@router.get("/events/{event_id}")
async def trace_page(
    event_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """The path of one event."""
    values = await _trace(event_id, request, transaction)
    kind = EVENTS.get(values["event"]["type"])
    public = kind is not None and kind.__name__ in PUBLIC_NAMES
    return render(request, "trace.html", person=person, public=public, **values)


@router.get("/events/{event_id}/path")
async def trace_path(
    event_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """The same path again, while something is still under way."""
    return render(request, "trace_path.html", person=person, **await _trace(event_id, request, transaction))


async def _trace(event_id: UUID, request: Request, transaction: Transaction) -> dict[str, Any]:
    reader = await reading.reader_of(request)
    row = await reading.find(transaction, reader, event_id)
    trace = await reading.trace(transaction, request, reader, row)
    lines = list(_lines(trace["path"], 0))
    failed = sum(1 for line in lines for one in line["node"]["handlers"] if one["outcome"] == "failed")
    said = json.dumps(trace["event"].get("data"), ensure_ascii=False, indent=2)
    return {**trace, "lines": lines, "failed": failed, "said": said, "shown": "data" in trace["event"]}


def _lines(nodes: list[dict[str, Any]], depth: int) -> Any:
    """The tree as lines with their depth."""
    for node in nodes:
        yield {"node": node, "depth": min(depth, 4)}
        yield from _lines(node["then"], depth + 1)


@router.get("/failed")
async def failed_page(request: Request, person: Person = Operator) -> Response:
    """What could not be handled, in every service, grouped by handler and reason."""
    found, missing = await asking.failed(request.app)
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in found:
        groups.setdefault((one["service"], one["handler"], one["code"]), []).append(one)
    return render(request, "failed.html", person=person, groups=groups, missing=missing)


@router.get("/catalogue")
async def catalogue_page(request: Request) -> Response:
    """Every event that an enterprise can send; open to everyone."""
    shown = catalogue.catalogue()
    return render(request, "catalogue.html", person=await person_of(request), **shown)


@router.get("/catalogue/{name}")
async def type_page(name: str, request: Request) -> Response:
    """One event type with what an integrator needs to send it."""
    one = catalogue.detail(type_named(name), our_address(request))
    fields = [
        {"name": field, "required": field in one["schema"].get("required", []), **_form(part, one["schema"])}
        for field, part in one["schema"]["properties"].items()
    ]
    example = json.dumps(one["example"], ensure_ascii=False, indent=2)
    person = await person_of(request)
    values: dict[str, Any] = {
        "one": one,
        "fields": fields,
        "example": example,
        "sends": may_send(person, name),
    }
    return render(request, "catalogue_type.html", person=person, **values)


def _form(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Type, limits and meaning of one field in a line."""
    part = {**schema.get("$defs", {}).get(part.get("$ref", "").rpartition("/")[2], {}), **part}
    kinds = [one.get("format") or one.get("type") or "object" for one in part.get("anyOf", [part])]
    told = {name: value for one in [part, *part.get("anyOf", [])] for name, value in one.items()}
    limits = {name: told[name] for name in LIMITS if name in told}
    return {
        "form": " / ".join(kinds),
        "limits": ", ".join(f"{name} {value}" for name, value in limits.items()),
        "choices": told.get("enum", []),
        "says": part.get("description", ""),
    }
