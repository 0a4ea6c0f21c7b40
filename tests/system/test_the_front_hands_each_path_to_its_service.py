"""The front alone, before two small services: by prefix, in turns, streaming, and past those that do not answer."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from tailored.broker import free_ports
from tailored.front import Running
from tests.serving import serving_in_a_thread


def service(name: str, stack: ExitStack) -> int:
    """A service that says its name and the path, and streams for ever at /live."""

    async def say(request):
        return PlainTextResponse(f"{name} {request.url.path} {(await request.body()).decode()}")

    async def live(request):
        async def changes():
            for number in range(1000):
                yield f"event: {number}\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(changes(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/live", live), Route("/{path:path}", say, methods=["GET", "POST"])])
    url = stack.enter_context(serving_in_a_thread(lambda _: app))
    return int(url.rpartition(":")[2])


@pytest.fixture
def front():
    with ExitStack() as stack:
        dead = free_ports(1)[0]
        upstreams = {
            "gateway": [service("gateway", stack)], "recruitment": [dead], "curriculum": [],
            "placement": [service("placement", stack), dead],
            "feedback": [service("feedback one", stack), service("feedback two", stack)],
        }  # fmt: skip
        port = free_ports(1)[0]
        running = Running(upstreams, port)
        stack.callback(running.stop)
        yield httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)


def test_the_front_hands_each_path_to_its_service_as_the_ingress_does(front: httpx.Client):
    with front:
        assert front.get("/v1/events").text == "gateway /v1/events "
        assert front.get("/placementary").text == "gateway /placementary "
        assert front.post("/placement/v1/x", content=b"hello").text == "placement /placement/v1/x hello"
        assert {front.get("/placement").text for _ in range(4)} == {"placement /placement "}, (
            "a dead replica is passed over"
        )
        assert {front.get("/feedback/v1").text for _ in range(4)} == {
            "feedback one /feedback/v1 ",
            "feedback two /feedback/v1 ",
        }
        assert front.get("/recruitment/v1").status_code == front.get("/curriculum/v1").status_code == 502
        assert front.get("/metrics").status_code == 404
        assert front.post("/v1/events", content=b"x" * (8 * 1024 * 1024 + 1)).status_code == 413


def test_the_front_passes_live_events_on_as_they_come(front: httpx.Client):
    with front, front.stream("GET", "/live") as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()
        assert [next(lines) for _ in range(5)] == ["event: 0", "", "event: 1", "", "event: 2"]
