"""The system from outside: HTTP with the keys of enterprises and the tokens of people; a clock that only goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import httpx

from shared.web.identity import Person, Role, Side, issue

SPACE = UUID("3d7c0c0a-6f0b-5d0e-9a53-6a1a5f3c9d11")
COLLEGE = uuid5(SPACE, "college")
PATIENCE = 120
SIDES = {"panel-college": Side.COLLEGE, "panel-enterprise": Side.ENTERPRISE}


def text(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


class Said(AssertionError):
    """The system refused; its problem is at hand."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
        )
        self.status, self.problem = answer.status_code, answer.json()


class System:
    """One running system, its people and its business day."""

    def __init__(self, client: httpx.AsyncClient, signing_key: str) -> None:
        self.client, self.key, self.day = client, signing_key, date(2021, 2, 1)

    def headers(self, role: str, **bound: Any) -> dict[str, str]:
        """A token: people of an enterprise are bound to it, all others to the college."""
        given = {
            "person_id": uuid5(SPACE, role),
            "college_id": None if "enterprise_id" in bound else COLLEGE,
            **bound,
        }
        person = Person(name=role, roles=frozenset({Role(role)}), side=SIDES.get(role), **given)
        return {"Authorization": f"Bearer {issue(person, self.key)}"}

    async def call(
        self, method: str, path: str, body: Any = None, role: str = "coordinator", **bound: Any
    ) -> Any:
        """What the system answers; `Said` where it refuses."""
        answer = await self.client.request(method, path, json=body, headers=self.headers(role, **bound))
        if not answer.is_success:
            raise Said(answer)
        return answer.json() if answer.content else None

    async def get(self, path: str, role: str = "coordinator", **bound: Any) -> Any:
        return await self.call("GET", path, role=role, **bound)

    async def to(self, day: date) -> None:
        """Business time moves forward, and the services have heard it."""
        if day <= self.day and self.day != date(2021, 2, 1):
            return
        self.day = day
        await self.call("POST", "/v1/demo/clock", {"today": day.isoformat()}, "operator")
        for path in ("/curriculum/v1/teachers/share", "/feedback/v1/indicators"):

            async def heard(path: str = path) -> bool:
                return bool((await self.get(path))["on"] == day.isoformat())

            await until(heard, f"{path} to be at {day}")


async def until(ask: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
    """Ask again until there is an answer; what is not there yet (404) counts as none."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if answer := await ask():
                return answer
        except Said as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        await asyncio.sleep(0.1)
