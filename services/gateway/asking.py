"""Asking the other services what they made of some events. One that does not answer is named, never waited for long."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from shared.web.identity import Person, Role, issue

SERVICES = ("recruitment", "curriculum", "placement", "feedback")
SECONDS = 3.0
AT_ONCE = 50
NOBODY = UUID(int=0)

Outcomes = dict[UUID, list[dict[str, Any]]]


async def outcomes(app: FastAPI, event_ids: Sequence[UUID]) -> tuple[Outcomes, list[str]]:
    """What every service says of these events, and which services said nothing."""
    found: Outcomes = {}
    missing = []
    answers = await asyncio.gather(*(_of_service(app, service, event_ids) for service in SERVICES))
    for service, answer in zip(SERVICES, answers, strict=True):
        if answer is None:
            missing.append(service)
            continue
        for row in answer:
            event_id = UUID(str(row.pop("event_id")))
            found.setdefault(event_id, []).append({"service": service, **row})
    return found, missing


def client_of(app: FastAPI, service: str) -> httpx.AsyncClient:
    """Speaks to another service as the gateway; SERVICES_URL is one address for all, or has `{service}` in it."""
    settings = app.state.settings
    headers = {}
    if settings.signing_key:
        gateway = Person(person_id=NOBODY, name="gateway", roles=frozenset({Role.OPERATOR}))
        headers["Authorization"] = f"Bearer {issue(gateway, settings.signing_key)}"
    return httpx.AsyncClient(
        base_url=settings.services_url.replace("{service}", service),
        headers=headers,
        timeout=SECONDS,
        transport=getattr(app.state, "transport", None),
        trust_env=False,
    )


async def _of_service(app: FastAPI, service: str, event_ids: Sequence[UUID]) -> list[dict[str, Any]] | None:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    try:
        async with client_of(app, service) as client:
            for start in range(0, len(event_ids), AT_ONCE):
                asked = {"event_id": [str(each) for each in event_ids[start : start + AT_ONCE]]}
                for what in ("handled", "failed"):
                    answer = await client.get(f"/{service}/v1/{what}", params=asked)
                    answer.raise_for_status()
                    for found in _rows(answer.json()):
                        row = _row(found, what)
                        rows[row["event_id"], row["handler"]] = row
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return list(rows.values())


def _rows(body: Any) -> list[Mapping[str, Any]]:
    if isinstance(body, list):
        return body
    return next((value for value in body.values() if isinstance(value, list)), [])


def _row(found: Mapping[str, Any], what: str) -> dict[str, Any]:
    """A row of a service's inbox or of its failed messages, in the words of a trace."""
    state = str(found.get("outcome") or found.get("state") or "done")
    if what == "failed":
        state = "waiting" if state == "waiting" else "failed"
    return {
        "event_id": str(found.get("event_id") or found["message_id"]),
        "handler": str(found["handler"]),
        "outcome": state,
        "at": found.get("done_at") or found.get("last_failed_at"),
        "attempts": found.get("attempts"),
        "code": found.get("code"),
        "reason": found.get("reason"),
    }


async def failed(app: FastAPI) -> tuple[list[dict[str, Any]], list[str]]:
    """Every message that a service keeps because it could not handle it, and which services said nothing."""
    found: list[dict[str, Any]] = []
    missing = []
    for service in SERVICES:
        try:
            async with client_of(app, service) as client:
                answer = await client.get(f"/{service}/v1/failed")
            answer.raise_for_status()
            found += [{"service": service, **row} for row in _rows(answer.json())]
        except (httpx.HTTPError, ValueError, TypeError):
            missing.append(service)
    return found, missing
