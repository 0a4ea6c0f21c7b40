"""One suite for both doors: what HTTP answers, AMQP does."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit
from uuid import uuid4

import aio_pika
import aiormq
import pytest
from httpx import ASGITransport, AsyncClient

from services.gateway import ingress
from services.gateway.app import create
from shared.messaging.ending import end
from tests.shared.door import Door


class Http:
    def __init__(self, client, key):
        self.client, self.key = client, key

    async def send(self, event):
        media = (
            "application/cloudevents-batch+json"
            if isinstance(event, list)
            else "application/cloudevents+json"
        )
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = await self.client.post(
            "/v1/events", content=body, headers={**self.key, "Content-Type": media}
        )
        assert answer.status_code < 500

    async def refusals(self):
        return (await self.client.get("/v1/refusals", headers=self.key)).json()["refusals"]


class Amqp(Http):
    def __init__(self, client, key, channel, broker):
        super().__init__(client, key)
        self.channel, self.broker = channel, broker

    async def send(self, event, **more):
        media = (
            "application/cloudevents-batch+json"
            if isinstance(event, list)
            else "application/cloudevents+json"
        )
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        exchange = await self.channel.get_exchange("ingress", ensure=False)
        said = {
            "user_id": self.broker["user"],
            "content_type": media,
            "reply_to": self.broker["reply_to"],
            **more,
        }
        await exchange.publish(aio_pika.Message(body, **said), routing_key=self.broker["routing_key"])


@pytest.fixture
async def first_node(rabbit):
    """The way to the first of two addresses of the broker; it can be shut."""
    async with Door(rabbit) as door:
        yield door


@pytest.fixture
async def gateway(sessions, settings_for, rabbit, rabbit_server):
    """The gateway's app; nobody listens at its AMQP door."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    app = create(
        settings_for(
            url,
            rabbitmq_url=rabbit,
            rabbitmq_management_url=f"http://127.0.0.1:1,{rabbit_server.management}",
            roles="http",
        )
    )
    yield app
    await app.state.sessions.kw["bind"].dispose()


class Failing:
    """Sessions that first fail with these errors, one after the other."""

    def __init__(self, sessions, errors, at_last=lambda: None):
        self._sessions, self._errors, self._at_last = sessions, list(errors), at_last

    def __call__(self):
        if self._errors:
            error = self._errors.pop()
            if not self._errors:
                self._at_last()
            raise error
        return self._sessions()

    def __getattr__(self, name):
        return getattr(self._sessions, name)


@asynccontextmanager
async def listening(app, urls, sessions=None):
    """The AMQP door, open; it does not rest long where it fails."""
    door = asyncio.create_task(ingress.run(urls, sessions or app.state.sessions, pause=0.05))
    try:
        yield
    finally:
        await end([door])


@pytest.fixture
async def source_writing(gateway, token_for, rabbit, enterprise):
    """A source with a broker user of its own, before anybody listens."""
    admin = token_for("admin")
    async with AsyncClient(transport=ASGITransport(gateway), base_url="http://tailored.test") as client:
        source = (
            await client.post(
                "/v1/sources",
                headers=admin,
                json={"name": "MES", "enterprise_id": str(enterprise), "broker": True},
            )
        ).json()
        key = (await client.post("/v1/keys", headers=admin, json={"source_id": source["source_id"]})).json()
        broker, at = source["broker"], urlsplit(rabbit)
        url = f"amqp://{broker['user']}:{quote(broker['password'])}@{at.hostname}:{at.port}{at.path}"
        async with await aio_pika.connect(url) as connection:
            yield Amqp(
                client,
                {"Authorization": f"Bearer {key['key']}"},
                await connection.channel(on_return_raises=True),
                broker,
            )


@pytest.fixture
async def amqp(gateway, source_writing, rabbit, first_node):
    """The same with the door open, by a broker of two addresses."""
    async with listening(gateway, f"{first_node.to_there(rabbit)},{rabbit}"):
        yield source_writing


async def until(what, wanted, seconds=20):
    for _ in range(seconds * 20):
        found = await what()
        if found == wanted:
            return
        await asyncio.sleep(0.05)
    assert found == wanted


async def takes_refuses_and_knows_duplicates(door, rated, said, sessions):
    event = rated()
    changed = {**event, "data": {**event["data"], "level": 5}}

    for each in (
        event, event, changed, rated("r-2", level=9), rated("r-3", enterprise_id=str(uuid4())), b"\x00{", [rated("r-4"), 5],
    ):  # fmt: skip
        await door.send(each)

    async def codes():
        return sorted(line["code"] for line in await door.refusals())

    async def heard():
        return len(await said(sessions))

    await until(
        codes, sorted(["E-GTW-CONFLICT", "E-GTW-SCHEMA", "E-GTW-ENTERPRISE", "E-GTW-JSON", "E-GTW-ENVELOPE"])
    )
    await until(heard, 2)
    return {line["door"] for line in await door.refusals()}


async def test_the_http_door_takes_refuses_and_knows_duplicates(client, key, rated, said, sessions):
    assert await takes_refuses_and_knows_duplicates(Http(client, key), rated, said, sessions) == {"http"}


async def test_the_amqp_door_takes_refuses_and_knows_duplicates(amqp, rated, said, sessions):
    assert await takes_refuses_and_knows_duplicates(amqp, rated, said, sessions) == {"amqp"}


async def test_when_the_node_in_use_dies_the_amqp_door_opens_at_the_other(
    amqp, rated, said, sessions, first_node
):
    async def heard():
        return len(await said(sessions))

    await amqp.send(rated("r-1"))
    await until(heard, 1)
    first_node.shut = True
    first_node.cut()
    await amqp.send(rated("r-2"))
    await until(heard, 2)


async def test_what_a_source_writes_before_the_door_opens_waits_for_it(
    gateway, source_writing, rabbit, rated, said, sessions
):
    async def heard():
        return len(await said(sessions))

    await source_writing.send(rated("r-1"))  # raises where the broker has nowhere to keep it
    async with listening(gateway, rabbit):
        await until(heard, 1)


async def test_a_database_away_for_longer_than_the_delivery_limit_loses_nothing(
    gateway, source_writing, rabbit, rated, said, sessions, first_node, delivery_limit
):
    async def heard():
        return len(await said(sessions))

    await delivery_limit(2)
    await source_writing.send(rated("r-1"))
    away = Failing(gateway.state.sessions, [ConnectionRefusedError("no database")] * 6, first_node.cut)
    async with listening(gateway, f"{first_node.to_there(rabbit)},{rabbit}", away):
        await until(heard, 1)  # also where the broker was lost meanwhile
        await source_writing.send(rated("r-2"))
        await until(heard, 2)


async def test_a_message_at_which_the_door_fails_stays_and_holds_off_no_other(
    gateway, source_writing, rabbit, rated, said, sessions
):
    async def heard():
        return {str(event.rating_id) for event in await said(sessions)}

    first, second = rated("r-1"), rated("r-2")
    await source_writing.send(first)
    await source_writing.send(second)
    broken = Failing(gateway.state.sessions, [ZeroDivisionError("a mistake of ours")] * ingress.TRIES)
    async with listening(gateway, rabbit, broken):
        await until(heard, {second["data"]["rating_id"]})
    async with listening(gateway, rabbit):
        await until(heard, {first["data"]["rating_id"], second["data"]["rating_id"]})


@pytest.mark.parametrize(("wished", "title"), [("en-GB", "the form of this type"), (None, "数据不符合")])
async def test_a_refusal_comes_to_the_sources_own_reply_queue_in_its_language(amqp, rated, wished, title):
    queue = await amqp.channel.declare_queue(amqp.broker["reply_to"], exclusive=False, auto_delete=True)

    await amqp.send(
        rated(level=9), correlation_id="mine", headers={"accept-language": wished} if wished else {}
    )

    async with asyncio.timeout(20):
        async with queue.iterator() as replies:
            async for reply in replies:
                await reply.ack()
                break
    assert reply.correlation_id == "mine"
    problem = json.loads(reply.body)["results"][0]["problem"]
    assert problem["code"] == "E-GTW-SCHEMA"
    assert title in problem["title"]


@pytest.mark.parametrize(
    ("exchange", "key"),
    [
        ("events", "enterprise.trainee_rated"),
        ("ingress", "01a21f95-0f83-7dca-8daf-a912507ef7cc"),
        ("", "feedback.record_ratings"),
    ],
)
async def test_a_broker_user_can_write_nowhere_else(amqp, rabbit, exchange, key):
    ours = await aio_pika.connect(rabbit)
    async with ours:
        channel = await ours.channel()
        await channel.declare_exchange("events", "topic", durable=True)
        await channel.declare_queue("feedback.record_ratings", durable=True)
    target = (
        amqp.channel.default_exchange
        if exchange == ""
        else await amqp.channel.get_exchange(exchange, ensure=False)
    )

    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await target.publish(
            aio_pika.Message(b"{}", user_id=amqp.broker["user"]), routing_key=key, timeout=10
        )


async def test_without_user_id_or_a_key_in_force_nothing_enters(amqp, rated, said, sessions, token_for):
    await amqp.send(rated("r-1"), user_id=None)
    listed = await amqp.client.get("/v1/keys", headers=token_for("admin"))
    await amqp.client.delete(f"/v1/keys/{listed.json()['keys'][0]['key_id']}", headers=token_for("admin"))
    await amqp.send(rated("r-2"))
    await asyncio.sleep(1)

    assert await said(sessions) == []
