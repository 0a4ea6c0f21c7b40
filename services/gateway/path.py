"""The path of an event: which events it caused, and what every handler made of each. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.gateway.catalogue import consumers_of
from services.gateway.model import LoggedEvent
from services.gateway.vocabulary import EVENTS

LONGEST = 500
BAD = ("failed", "waiting", "under way")


def below(rows: Sequence[LoggedEvent], root: UUID) -> list[LoggedEvent]:
    """The event and all that it caused, causes first."""
    wanted, found = {root}, []
    for row in sorted(rows, key=lambda row: (row.occurred_at, row.event_id)):
        if row.event_id == root or row.causation_id in wanted:
            wanted.add(row.event_id)
            found.append(row)
    return found[:LONGEST]


def trace(
    told: Mapping[UUID, Mapping[str, Any]],
    rows: Sequence[LoggedEvent],
    root: UUID,
    outcomes: Mapping[UUID, Sequence[Mapping[str, Any]]],
    missing: Sequence[str],
    *,
    reasons: bool,
) -> dict[str, Any]:
    """The tree, its state in one word, and which services did not answer."""
    nodes: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        handlers = [_outcome(each, reasons=reasons) for each in outcomes.get(row.event_id, ())]
        nodes[row.event_id] = {
            **told[row.event_id],
            "handlers": [*handlers, *_awaited(row, handlers, missing)],
            "then": [],
        }
        if row.event_id != root and row.causation_id in nodes:
            nodes[row.causation_id]["then"].append(nodes[row.event_id])
    said = {handler["outcome"] for node in nodes.values() for handler in node["handlers"]}
    moments = [row.occurred_at for row in rows] + _ends(nodes.values())
    return {
        "event": told.get(root),
        "state": next((word for word in BAD if word in said), "done"),
        "took_ms": round((max(moments) - moments[0]).total_seconds() * 1000) if moments else 0,
        "path": [nodes[root]] if root in nodes else [],
        "missing": list(missing),
        "truncated": len(rows) >= LONGEST,
    }


def _ends(nodes: Iterable[Mapping[str, Any]]) -> list[datetime]:
    """When each handler had done its part, or gave up."""
    said = (handler.get("at") for node in nodes for handler in node["handlers"])
    return [datetime.fromisoformat(at) if isinstance(at, str) else at for at in said if at]


def _outcome(found: Mapping[str, Any], *, reasons: bool) -> dict[str, Any]:
    """A reason may quote what another enterprise sent, so only staff read it; the code everyone may."""
    kept = (
        "service",
        "handler",
        "outcome",
        "at",
        "attempts",
        "code",
        *(("reason",) if reasons else ()),
    )
    return {name: found[name] for name in kept if found.get(name) is not None}


def _awaited(
    row: LoggedEvent, handlers: Sequence[Mapping[str, Any]], missing: Sequence[str]
) -> list[dict[str, Any]]:
    """Listeners of which nothing is known yet: the message is on its way to them."""
    kind = EVENTS.get(row.type)
    heard = {handler["handler"] for handler in handlers}
    return [
        {"service": service, "handler": name, "outcome": "under way"}
        for name in (consumers_of(kind) if kind else [])
        if name not in heard and (service := name.partition(".")[0]) not in missing and service != "gateway"
    ]
