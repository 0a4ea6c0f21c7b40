"""The programs of `docs/connecting.md` do what the page says, run as an integrator would run them."""

import asyncio
import os
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from services.gateway import ingress
from services.gateway.app import create
from services.gateway.catalogue import PUBLIC_NAMES
from shared.events.enterprise import TraineeRated
from shared.messaging.ending import end
from tests.serving import serving

GUIDE = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text()
OVER_HTTP, OVER_AMQP = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
async def gateway(sessions, settings_for, rabbit, rabbit_server):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    app = create(
        settings_for(url, rabbitmq_url=rabbit, rabbitmq_management_url=rabbit_server.management, roles="http")
    )
    async with serving(lambda _: app) as door:
        yield app, door
    await app.state.sessions.kw["bind"].dispose()


@pytest.fixture
async def environment(gateway, token_for, enterprise, rabbit):
    """What the page tells to set, of a source with a key and a broker's user."""
    _, door = gateway
    async with httpx.AsyncClient(base_url=door, headers=token_for("admin")) as admin:
        wanted = {"name": "MES", "enterprise_id": str(enterprise), "broker": True}
        source = (await admin.post("/v1/sources", json=wanted)).json()
        scope = {"source_id": source["source_id"], "event_types": ["TraineeRated"]}
        key = (await admin.post("/v1/keys", json=scope)).json()["key"]
    user, at = source["broker"], urlsplit(rabbit)
    return {
        "TAILORED_URL": door,
        "TAILORED_KEY": key,
        "TAILORED_SOURCE": source["source_id"],
        "TAILORED_BROKER_USER": user["user"],
        "TAILORED_BROKER_URL": f"amqp://{user['user']}:{quote(user['password'])}@{at.hostname}:{at.port}{at.path}",
    }


async def run(program, environment):
    """Its lines, as a person would see them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()
    return said.decode().splitlines()


@asynccontextmanager
async def the_amqp_door(gateway, rabbit):
    app, _ = gateway
    door = asyncio.create_task(ingress.run(rabbit, app.state.sessions, pause=0.05))
    try:
        yield
    finally:
        await end([door])


async def test_the_program_over_http_is_taken_once_and_refused_with_a_reason(environment, said, sessions):
    first, again, refused = await run(OVER_HTTP, environment)

    assert "'duplicate': False" in first
    assert "'duplicate': True" in again
    assert refused == "E-GTW-SCHEMA"
    assert [type(event) for event in await said(sessions)] == [TraineeRated]


async def test_the_program_over_amqp_reads_why_it_was_refused(gateway, environment, rabbit):
    async with the_amqp_door(gateway, rabbit):
        assert await run(OVER_AMQP, environment) == ["E-GTW-SCHEMA"]


def test_the_guide_names_every_event_that_an_enterprise_can_say_and_no_other():
    table = GUIDE.split("## 1.")[0]

    assert set(re.findall(r"`([A-Z][A-Za-z]+)`", table)) - {"TYPE"} == set(PUBLIC_NAMES)
