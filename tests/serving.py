"""An app behind a real port: in the test's own loop, or in a thread where the test waits for something else."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import uvicorn

from tailored.broker import free_ports

Build = Callable[[int], Any]
"""The app, from the port at which it will answer."""
Lifespan = Literal["on", "off"]
PATIENCE = 10.0


@asynccontextmanager
async def serving(build: Build, lifespan: Lifespan = "off") -> AsyncIterator[str]:
    """Its address, while the block runs; it does not start what belongs to its lifespan unless that is asked for."""
    server, url = _server(build, lifespan)
    running = asyncio.create_task(server._serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield url
    finally:
        server.should_exit = True
        await running


@contextmanager
def serving_in_a_thread(build: Build, lifespan: Lifespan = "off") -> Iterator[str]:
    """The same with a loop of its own."""
    server, url = _server(build, lifespan)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE * 3
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started, f"nothing answers at {url}"
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def _server(build: Build, lifespan: Lifespan) -> tuple[uvicorn.Server, str]:
    [port] = free_ports(1)
    config = uvicorn.Config(
        build(port), port=port, lifespan=lifespan, log_level="warning", ws="none", timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config), f"http://127.0.0.1:{port}"
