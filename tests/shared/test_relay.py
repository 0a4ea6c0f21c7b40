"""The relay: order for each key with three of them, one confirmation for a batch, and truth about the topology."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from aiormq import spec
from sqlalchemy import text

from shared.database import driver
from shared.messaging import Listener, emit, topology, unsent
from shared.messaging.delivery import delivered
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.heads import BEGIN, HEADS, LOCK
from shared.messaging.publish import Confirms, Publisher
from shared.messaging.relay import LONGEST_TRANSACTION, MOST_BYTES, Relay
from shared.messaging.routes import RoutedPublisher
from shared.messaging.schema import SHARDS
from shared.settings import Settings
from tests.shared.small import Told, note


class Recorder:
    """A transport that remembers, and refuses what it is told to refuse."""

    def __init__(self, seen: list, poison: str = "") -> None:
        self.seen, self.poison = seen, poison

    async def connect(self) -> None:
        """Always."""

    async def drop(self) -> None:
        """Nothing to drop."""

    async def publish(self, messages) -> None:
        await asyncio.sleep(0.002)
        if any(envelope.key == self.poison for envelope, _ in messages):
            raise NotConfirmed("poison")
        self.seen.extend(
            (envelope.key, envelope.sequence, Told.model_validate_json(body).number)
            for envelope, body in messages
        )


async def drain(*relays: Relay) -> None:
    async def one(relay: Relay) -> None:
        idle = 0
        while idle < 12:
            try:
                idle = 0 if await relay.relay_once() else idle + 1
            except NotConfirmed:
                idle = 0
            await asyncio.sleep(0.002)

    await asyncio.gather(*(one(relay) for relay in relays))


async def test_three_relays_keep_the_order_of_each_key(sessions):
    seen: list = []
    for number in range(300):
        async with sessions.begin() as session:
            emit(session, Told(thing=f"k{number % 7}", number=number))

    await drain(*(Relay("teller", sessions, Recorder(seen)) for _ in range(3)))

    by_key = defaultdict(list)
    for key, _, number in seen:
        by_key[key].append(number)
    assert len(seen) == 300
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_the_sequence_of_a_key_follows_its_commits(sessions):
    """Two transactions of one key: the one that commits later has the later sequence, whoever spoke first."""
    seen: list = []
    first, second = sessions(), sessions()
    emit(first, Told(thing="k", number=1))
    emit(second, Told(thing="k", number=2))
    await second.commit()
    await first.commit()
    await first.close()
    await second.close()

    await drain(Relay("teller", sessions, Recorder(seen)))

    assert [number for _, _, number in seen] == [2, 1]


async def test_a_message_that_is_never_confirmed_is_put_aside_and_its_key_waits(sessions, rows):
    seen: list = []
    async with sessions.begin() as session:
        for number in range(20):
            emit(session, Told(thing="bad" if number in (4, 9) else f"k{number}", number=number))

    await drain(Relay("teller", sessions, Recorder(seen, poison="bad")))

    assert sorted(number for _, _, number in seen) == [number for number in range(20) if number not in (4, 9)]
    assert await rows(sessions, "SELECT key, reason FROM outbox_rejected") == [("bad", "poison")]
    assert await rows(sessions, "SELECT key FROM outbox") == [("bad",)]


MANY = """INSERT INTO outbox (id, shard, key, topic, type, body, correlation)
SELECT gen_random_uuid(), n % 8, 'k' || n % 100, 't', 't', '{}', gen_random_uuid() FROM generate_series(1, 20000) AS n"""
EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE"


@pytest.mark.parametrize("planned", ["anew", "while it was empty"])
async def test_of_a_long_outbox_the_relay_reads_the_first_of_each_shard(sessions, planned):
    """After an outage of an hour; else each turn would read all of it, to send a little."""
    lock, heads = f"lock (0, {SHARDS}, {SHARDS})", f"heads ('{{0,1,2,3,4,5,6,7}}', 50, {MOST_BYTES})"
    mode = "force_generic_plan" if planned == "while it was empty" else "force_custom_plan"
    async with driver(sessions) as connection:
        await connection.execute("VACUUM outbox")  # from now on PostgreSQL knows that it is empty
        async with connection.transaction():
            await connection.execute(f"{BEGIN}; SET LOCAL plan_cache_mode = {mode}")
            await connection.execute(f"PREPARE lock (int, int, int) AS {LOCK}")
            await connection.execute(f"PREPARE heads (smallint[], bigint, bigint) AS {HEADS}")
            for statement in (lock, heads):
                await connection.execute(f"EXECUTE {statement}")
            await connection.execute(MANY)
            read = [read_of(await connection.fetch(f"{EXPLAIN} {statement}")) for statement in (lock, heads)]
            await connection.execute("DEALLOCATE lock; DEALLOCATE heads")

    assert read == [SHARDS, 50 * SHARDS]


def read_of(explained: list) -> int:
    """How many rows of the outbox a statement has looked at."""
    [[[plan]]] = explained
    each = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "outbox"]
    return sum(node["Actual Rows"] * node["Actual Loops"] for node in each)


def nodes(plan: dict) -> list[dict]:
    return [plan, *(below for each in plan.get("Plans", ()) for below in nodes(each))]


async def test_a_slow_broker_is_sent_less_at_once_until_it_keeps_up(sessions, monkeypatch):
    seen: list = []
    late = 0
    monkeypatch.setattr("shared.messaging.relay.LONGEST_TRANSACTION", 1.0)

    class Slow(Recorder):
        async def publish(self, messages) -> None:
            await asyncio.sleep(0.025 * len(messages))
            await super().publish(messages)

    async with sessions.begin() as session:
        for number in range(100):
            emit(session, Told(thing="k", number=number))
    relay = Relay("teller", sessions, Slow(seen))

    while len(seen) < 100 and late < 10:
        try:
            await relay.relay_once()
        except TimeoutError:
            late += 1

    assert [number for _, _, number in seen] == list(range(100))
    assert late == 2  # of 100, then of 50; no more than 25 are tried again


@pytest.mark.parametrize("room", [1, 200])
async def test_what_is_sent_at_once_has_a_weight_in_order_however_heavy_one_is(sessions, monkeypatch, room):
    seen: list = []
    monkeypatch.setattr("shared.messaging.relay.MOST_BYTES", room)
    async with sessions.begin() as session:
        for number in range(40):
            emit(session, Told(thing=f"k{number % 3}", number=number))
    relay = Relay("teller", sessions, Recorder(seen))

    first = await relay.relay_once()
    await drain(relay)

    assert 1 <= first < 40
    assert first == 1 or room > 1
    assert [number for _, _, number in seen] == list(range(40))


async def test_what_is_refused_is_found_among_heavy_ones_too(sessions, rows, monkeypatch):
    seen: list = []
    monkeypatch.setattr("shared.messaging.relay.MOST_BYTES", 200)
    async with sessions.begin() as session:
        for number in range(12):
            emit(session, Told(thing=f"k{number}", number=number))

    await drain(Relay("teller", sessions, Recorder(seen, poison="k5")))

    assert [number for _, _, number in seen] == [number for number in range(12) if number != 5]
    assert await rows(sessions, "SELECT key FROM outbox_rejected") == [("k5",)]


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_a_connection_that_the_server_has_closed_leaves_the_pool(sessions):
    relay = Relay("teller", sessions, Recorder([]))
    async with sessions.begin() as session:
        await session.execute(text("SELECT 1"))
        await relay.relay_once()  # on a connection of its own
        async with driver(sessions) as kept:
            pass
        await session.execute(text(CUT))
        async with asyncio.timeout(10):
            while not kept.is_closed():
                await asyncio.sleep(0.01)

    for _ in range(4):
        assert await relay.relay_once() == 0


async def test_the_outbox_stays_small_however_much_goes_through_it(sessions, rows):
    relay = Relay("teller", sessions, Recorder([]), sweep_every=1000)

    async def send(count: int) -> int:
        for start in range(0, count, 500):
            async with sessions.begin() as session:
                for number in range(start, start + 500):
                    emit(session, Told(thing=f"k{number}", number=number))
            while await relay.relay_once():
                pass
        return (await rows(sessions, "SELECT pg_total_relation_size('outbox')"))[0][0]

    early = await send(2000)
    late = await send(10_000)

    assert late < 1.5 * early
    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(0,)]


def confirms() -> Confirms:
    return Confirms(SimpleNamespace())  # type: ignore[arg-type]


async def test_confirms_may_come_out_of_order_and_in_bulk():
    counted = confirms()
    waiting = counted.expect(5)
    await counted.confirmed(spec.Basic.Ack(delivery_tag=4))
    await counted.confirmed(spec.Basic.Ack(delivery_tag=3, multiple=True))
    assert not waiting.done()
    await counted.confirmed(spec.Basic.Ack(delivery_tag=5))
    assert waiting.done()
    again = counted.expect(1)
    await counted.confirmed(spec.Basic.Ack(delivery_tag=6))
    assert again.done()


async def test_what_finds_no_connection_is_not_blamed_for_it():
    with pytest.raises(ConnectionError):
        await Publisher("amqp://nowhere/", "published", "teller").publish([(an_envelope(), b"{}")])


async def test_a_nack_fails_the_whole_batch():
    counted = confirms()
    waiting = counted.expect(2)
    await counted.confirmed(spec.Basic.Ack(delivery_tag=1))
    await counted.confirmed(spec.Basic.Nack(delivery_tag=2))
    with pytest.raises(NotConfirmed):
        await waiting


async def test_a_missing_binding_keeps_the_relay_from_being_ready(rabbit, rabbit_server):
    on = Listener("teller")

    @on(Told, order="commutes")
    async def take(told: Told, session) -> None:
        await note(session, told.thing)

    settings = Settings(
        database_url="postgresql+asyncpg://", rabbitmq_url=rabbit,
        rabbitmq_management_url=rabbit_server.management, topology_map="tests/shared/map.json",
    )  # fmt: skip
    routed = RoutedPublisher(None, on, settings)  # type: ignore[arg-type]
    vhost = rabbit.rpartition("/")[2]

    assert "events -teller.told-> teller.take" in await routed.missing()
    await topology.apply(rabbit, topology.queues_of(on))
    assert await routed.missing() == []

    import aio_pika

    connection = await aio_pika.connect(rabbit)
    async with connection:
        queue = await (await connection.channel()).declare_queue("teller.take", passive=True)
        await queue.unbind("events", routing_key="teller.told")
    assert await routed.missing() == ["events -teller.told-> teller.take"]
    found = await topology.diff(rabbit_server.management, vhost, topology.queues_of(on))
    assert [str(one) for one in found.missing] == ["events -teller.told-> teller.take"]


def an_envelope(**extensions: str) -> Envelope:
    made = uuid4()
    return Envelope(made, "t", "a.b", "/s", "k", 3, datetime.now(UTC), made, made, "00-x", extensions)


def test_all_three_spellings_of_cloudevents_headers_are_read():
    ours = an_envelope(externalid="e")
    for prefix in ("ce-", "cloudEvents:", "cloudEvents_"):
        headers = {name.replace("ce-", prefix, 1): value for name, value in ours.headers().items()}
        assert Envelope.from_headers(headers, "a.b") == ours


@pytest.mark.parametrize(
    "attribute", [{"ce-sequence": "9" * 30}, {"ce-sequence": "-1"}, {"ce-type": "a\x00b"}, {"ce-id": "x"}]
)
def test_attributes_that_no_database_keeps_make_a_message_broken_instead_of_stuck(attribute):
    broken = delivered(an_envelope().headers() | attribute, b"{}", "a.b", None, None)

    assert broken.envelope.type == "broken"


async def test_what_the_broker_would_not_take_is_sent_again_before_what_waited_or_dropped(sessions, rows):
    seen: list = []
    async with sessions.begin() as session:
        for number in range(3):
            emit(session, Told(thing="bad", number=number), extensions={"externalid": "7"})
    relay = Relay("teller", sessions, Recorder(seen, poison="bad"))
    await drain(relay)
    async with sessions.begin() as session:
        [first] = await unsent.unsent(session)
        await unsent.send_again(session, first.id)
    relay.transport = Recorder(seen)
    await drain(relay)

    assert [number for _, _, number in seen] == [0, 1, 2]
    relay.transport = Recorder(seen, poison="bad")
    async with sessions.begin() as session:
        emit(session, Told(thing="bad", number=3))
    await drain(relay)
    async with sessions.begin() as session:
        [again] = await unsent.unsent(session)
        assert (await unsent.drop(session, again.id)).reason == "poison"
        with pytest.raises(unsent.NoSuchUnsent):
            await unsent.send_again(session, again.id)
    assert await rows(sessions, "SELECT count(*) FROM outbox_rejected") == [(0,)]


async def test_one_that_makes_the_broker_hang_up_amid_much_else_is_refused_at_once(rabbit):
    """Its headers fit no frame; what is written by the megabyte would wait for a connection that is gone."""
    publisher = Publisher(rabbit, "amq.fanout", "test")
    await publisher.connect()
    poison, others = an_envelope(externalid="x" * 200_000), [(an_envelope(), b"y" * 200_000)] * 100

    with pytest.raises(NotConfirmed, match="too_large"):
        async with asyncio.timeout(LONGEST_TRANSACTION):
            await publisher.publish([(poison, b""), *others])
