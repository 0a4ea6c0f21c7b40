"""One origin for all services, as the ingress has it (deploy/ingress/nginx.conf): by the first part of the path.

Replicas of a service take turns; one that does not take connections is passed over. Answers are streamed, so that live
pages work.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from itertools import count
from typing import Any

import httpx
import uvicorn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

BY_PREFIX = ("recruitment", "curriculum", "placement", "feedback")
LARGEST = 8 * 1024 * 1024
HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"upgrade", b"content-length"}
PATIENCE, ON_A_STREAM = httpx.Timeout(60, connect=5), httpx.Timeout(60, connect=5, read=3600)
log = logging.getLogger("tailored.front")


class Front:
    """An ASGI application that hands each request to a process of the service that owns its path."""

    def __init__(self, upstreams: dict[str, list[int]]) -> None:
        """`upstreams` are the ports of each service's replicas; whoever changes the lists is heard at once."""
        self.upstreams = upstreams
        self._turn = count()
        self._client = httpx.AsyncClient(
            timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_connections=200)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._client.aclose()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/metrics":
            await _short(send, 404, b"not found")
        elif (body := await _body(receive)) is None:
            await _short(send, 413, b"at most 8 MiB")
        else:
            await self._hand_over(scope, body, receive, send)

    def ports_for(self, path: str) -> list[int]:
        """The replicas that may answer, the one whose turn it is first."""
        name = path.split("/", 2)[1] if path.startswith("/") else ""
        ports = self.upstreams.get(name if name in BY_PREFIX else "gateway", [])
        first = next(self._turn) % len(ports) if ports else 0
        return ports[first:] + ports[:first]

    async def _hand_over(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        answer = await self._ask(scope, body)
        if answer is None:
            await _short(send, 502, b"the service does not answer")
            return
        passing, leaving = asyncio.create_task(_pass_on(answer, send)), asyncio.create_task(_left(receive))
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (passing, leaving):
            if not task.done():
                task.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await answer.aclose()
        await asyncio.gather(passing, return_exceptions=passing.cancelled() or leaving.done())

    async def _ask(self, scope: Scope, body: bytes) -> httpx.Response | None:
        """The head of the answer; none where no replica takes connections, or one broke off in the middle."""
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        path = (scope.get("raw_path") or scope["path"].encode()) + query
        headers: list[Header] = [(name, value) for name, value in scope["headers"] if name not in HOP_BY_HOP]
        headers += [(b"x-forwarded-for", str(scope["client"][0]).encode()), (b"x-forwarded-proto", b"http")]
        live = ON_A_STREAM if scope["path"] == "/live" else PATIENCE
        for port in self.ports_for(scope["path"]):
            request = self._client.build_request(
                scope["method"],
                f"http://127.0.0.1:{port}{path.decode('ascii')}",
                headers=headers,
                content=body,
                timeout=live,
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.TransportError as broken:
                log.info("broken_off %s %r", scope["path"], broken)
                return None
        return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body, so that another replica can be asked; none where it is too large."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


async def _left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pass_on(answer: httpx.Response, send: Send) -> None:
    kept = [
        (name, value)
        for name, value in answer.headers.raw
        if name.lower() not in HOP_BY_HOP - {b"content-length"}
    ]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
    parts: AsyncIterator[bytes] = answer.aiter_raw()
    async with aclosing(parts):  # type: ignore[type-var]
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _short(send: Send, status: int, words: bytes) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]}
    )
    await send({"type": "http.response.body", "body": words})


class Running:
    """The front on its port, in a thread of its own."""

    def __init__(self, upstreams: dict[str, list[int]], port: int) -> None:
        """It listens when this returns."""
        config = uvicorn.Config(
            Front(upstreams),
            "127.0.0.1",
            port,
            log_level="warning",
            timeout_graceful_shutdown=1,
            log_config=None,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="front", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError(f"port {port} is taken: give another with --port")
            time.sleep(0.02)

    def stop(self) -> None:
        """Streams that are open end too."""
        self._server.should_exit = True
        self._thread.join(5)
