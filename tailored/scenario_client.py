"""The scenario's only way in: HTTP to the running system, with an API key for events and persona tokens for people.

A server that is away (killed, restarting) is waited for; what was sent and not answered is sent again, under the same
ids, so that it takes effect once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

import httpx

SPACE = UUID("5f0c4c1e-6d0a-5a53-9d0c-2b6f3f1f8a77")
AWAY = (httpx.TransportError,)
TOKEN_LASTS = 600
PATIENCE = 90.0
BATCH = 100
EVERY = 0.15
BUSY, BAD_GATEWAY = {502, 503, 504}, 500


class Refused(RuntimeError):  # noqa: N818 - it says what happened
    """The system said no, and says why; `code` is the system's."""

    def __init__(self, status: int, problem: dict[str, Any], what: str) -> None:
        """`what` names the call."""
        self.status, self.code = status, str(problem.get("code", ""))
        words = [str(problem.get(name)) for name in ("title", "detail", "remedy") if problem.get(name)]
        super().__init__(f"{what}: {status} {self.code} {' '.join(words)}".rstrip())


class NeverCame(RuntimeError):  # noqa: N818 - it says what happened
    """Something that should have happened did not."""


class Client:
    """One running system, from outside."""

    def __init__(self, base: str, seed: int, lang: str) -> None:
        """`seed` makes the ids; `lang` is the language of refusals."""
        self.seed = seed
        self.key = ""
        self.people: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._http = httpx.AsyncClient(base_url=base, timeout=60, headers={"Accept-Language": lang})

    def id(self, *parts: object) -> str:
        """The id of a thing of this run: the same in every start."""
        return str(uuid5(SPACE, ":".join(map(str, (self.seed, *parts)))))

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def ready(self) -> None:
        """Wait until the system answers that it is ready."""
        await self.until(lambda: self._ready(), "the system to be ready", patience=2 * PATIENCE)  # noqa: PLW0108

    async def _ready(self) -> bool:
        try:
            return (await self._http.get("/readyz", timeout=5)).status_code == httpx.codes.OK
        except AWAY:
            return False

    async def token(self, persona: str) -> str:
        """A token of a persona, renewed in time."""
        token, until = self._tokens.get(persona, ("", 0.0))
        if time.monotonic() > until:
            answer = await self._send("POST", "/v1/token", {}, json={"persona": persona})
            token, until = answer["token"], time.monotonic() + TOKEN_LASTS
            self._tokens[persona] = token, until
            self.people[persona] = answer["person"]
        return token

    async def call(self, persona: str, method: str, path: str, json: Any = None) -> Any:
        """A call in the name of a person."""
        headers = {"Authorization": f"Bearer {await self.token(persona)}"}
        return await self._send(method, path, headers, json=json)

    async def get(self, path: str, persona: str = "coordinator") -> Any:
        """What a person may read."""
        return await self.call(persona, "GET", path)

    async def find(self, path: str, persona: str = "coordinator") -> Any:
        """The same, or None where there is no such thing yet."""
        try:
            return await self.get(path, persona)
        except Refused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def make(self, where: str, made: str, body: Any, persona: str = "coordinator") -> Any:
        """Create a thing, or read it where an earlier start has created it; waits for what it builds upon."""
        there = await self.find(made, persona)
        if there is not None:
            return there

        async def once() -> Any:
            try:
                return await self.call(persona, "POST", where, body) or True
            except Refused as refused:
                if refused.status == httpx.codes.CONFLICT:
                    return await self.find(made, persona)
                if refused.status == httpx.codes.NOT_FOUND:
                    return None
                raise

        return await self.until(once, f"{where} to be possible")

    async def send(self, events: Sequence[tuple[str, str, dict[str, Any]]]) -> dict[str, int]:
        """Events (id, type name, data) through the one door, in batches; every refusal is an error here."""
        counts = {"accepted": 0, "duplicate": 0}
        limit = asyncio.Semaphore(2)

        async def one(part: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
            body = [
                {"specversion": "1.0", "id": name, "source": "urn:demo:jingye", "type": kind, "data": data}
                for name, kind, data in part
            ]
            async with limit:
                headers = {
                    "Authorization": f"Bearer {self.key}",
                    "Content-Type": "application/cloudevents-batch+json",
                }
                answer = await self._send("POST", "/v1/events", headers, json=body)
            for result in answer["results"]:
                if result["status"] not in {httpx.codes.ACCEPTED, httpx.codes.OK}:
                    raise Refused(result["status"], result.get("problem", {}), "an event")
                counts["duplicate" if result.get("duplicate") else "accepted"] += 1

        await asyncio.gather(*(one(events[at : at + BATCH]) for at in range(0, len(events), BATCH)))
        return counts

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
        """Ask again until there is an answer; `NeverCame` when patience ends."""
        deadline = time.monotonic() + patience
        while not (answer := await ask()):
            if time.monotonic() > deadline:
                raise NeverCame(f"waited {patience:.0f} s for {what}")
            await asyncio.sleep(EVERY)
        return answer

    async def _send(self, method: str, path: str, headers: dict[str, str], json: Any = None) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self._http.request(method, path, headers=headers, json=json)
            except AWAY as away:
                if time.monotonic() > deadline:
                    raise NeverCame(f"{path}: nobody answers ({type(away).__name__})") from away
                await asyncio.sleep(EVERY)
                continue
            if answer.status_code in BUSY and time.monotonic() < deadline:
                await asyncio.sleep(EVERY)
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            raise Refused(answer.status_code, _problem(answer), f"{method} {path}")


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {"detail": "" if "html" in answer.headers.get("content-type", "") else answer.text[:200]}
    return problem if isinstance(problem, dict) else {"detail": str(problem)[:200]}
