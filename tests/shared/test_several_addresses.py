"""A broker of several nodes has several addresses: one that is dead, or dies, is passed over."""

import asyncio

import pytest

from shared.messaging import emit
from shared.messaging.addresses import addresses
from tailored.broker import free_ports
from tests.shared.door import Door
from tests.shared.small import Told
from tests.shared.test_outages import COUNTS, OUTBOX, answering, say


def test_addresses_are_told_apart_at_commas_that_are_followed_by_an_address():
    assert addresses("amqp://u:a,b@one:1/v, amqps://u:a,b@two/v") == [
        "amqp://u:a,b@one:1/v",
        "amqps://u:a,b@two/v",
    ]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes a connection and says nothing, as a node does that hangs."""
    await reader.read(-1)
    writer.close()


@pytest.mark.parametrize("dead", ["refuses", "is silent"])
async def test_where_the_first_address_is_dead_the_second_is_used(
    place_with, until, rows, rabbit, monkeypatch, dead
):
    monkeypatch.setattr("shared.messaging.addresses.PATIENCE", 2.0)
    [port] = free_ports(1)
    server = await asyncio.start_server(silent, "127.0.0.1", port) if dead == "is silent" else None
    place = place_with(f"amqp://guest:guest@127.0.0.1:{port}/{rabbit.rpartition('/')[2]},{rabbit}")
    sessions = await place.sessions()
    async with place.running(answering(), sessions):
        await say(sessions, range(20))
        await until(lambda: rows(sessions, COUNTS), [(20, 20)], 30)
        await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)
    if server:
        server.close()


async def test_when_the_node_in_use_dies_relay_and_consumer_go_to_the_other(place_with, until, rows, rabbit):
    async with Door(rabbit) as door:
        place = place_with(f"{door.to_there(rabbit)},{rabbit}")
        sessions = await place.sessions()
        async with place.running(answering(), sessions):
            await say(sessions, range(20))
            door.shut = True
            door.cut()
            await say(sessions, range(20, 40))
            await until(lambda: rows(sessions, COUNTS), [(40, 40)], 40)
            await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)


async def test_what_is_said_while_no_node_answers_waits_in_the_outbox(place_with, until, rows, rabbit):
    async with Door(rabbit) as one, Door(rabbit) as other:
        place = place_with(f"{one.to_there(rabbit)},{other.to_there(rabbit)}")
        sessions = await place.sessions()
        async with place.running(answering(), sessions):
            for door in (one, other):
                door.shut = True
                door.cut()
            async with sessions.begin() as session:
                emit(session, Told(thing="waits", number=1))
            await until(lambda: rows(sessions, OUTBOX), [(1,)], 10)
            other.shut = False
            await until(lambda: rows(sessions, COUNTS), [(1, 1)], 40)
