"""A broker of several nodes has several addresses: one that is dead, or dies, is passed over."""

import asyncio
import socket
import time

import pytest
from yarl import URL

from shared.messaging import Listener, emit
from shared.messaging.addresses import addresses, first_that_answers
from shared.messaging.lines import SILENT, Lines
from tailored.broker import free_ports
from tests.shared.door import Door
from tests.shared.small import Answered, Told, note
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
async def test_where_the_first_address_is_dead_the_second_is_used(place_with, until, rows, rabbit, dead):
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


async def test_a_node_that_is_cut_off_without_a_word_is_left_within_seconds(place_with, until, rows, rabbit):
    async with Door(rabbit) as door:
        place = place_with(f"{door.to_there(rabbit)},{rabbit}")
        sessions = await place.sessions()
        async with place.running(answering(), sessions):
            await say(sessions, range(20))
            await until(lambda: rows(sessions, COUNTS), [(20, 20)])
            door.cut_off()
            await say(sessions, range(20, 40))
            await until(lambda: rows(sessions, COUNTS), [(40, 40)], 12)
            await until(lambda: rows(sessions, OUTBOX), [(0,)], 12)


async def test_a_process_that_is_busy_for_seconds_keeps_its_connections(
    place_with, until, rows, rabbit, caplog
):
    place, on = place_with(f"{rabbit},{rabbit}"), Listener("teller")

    @on(Told, order="commutes")
    async def ponder_it(told: Told, session) -> Answered:
        time.sleep(SILENT + 2)  # the whole process stands still
        await note(session, told.thing, told.number)
        return Answered(thing=told.thing, number=told.number)

    sessions = await place.sessions()
    async with place.running(on, sessions):
        caplog.clear()
        await say(sessions, range(1))
        await until(lambda: rows(sessions, COUNTS), [(1, 1)])
        await until(lambda: rows(sessions, OUTBOX), [(0,)])
    assert [one for one in caplog.messages if "starts_anew" in one or "relay_waits" in one] == []


async def asked_of_the_kernel(urls: str) -> int:
    """How long what is sent on a connection to the first of these may remain unanswered, in ms; 0 is for ever."""
    _, writer = await Lines(urls).create(URL(addresses(urls)[0]))
    writer.close()
    return writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


async def test_who_has_one_address_only_waits_as_long_as_the_library_does(rabbit):
    assert await asked_of_the_kernel(rabbit) == 0
    assert await asked_of_the_kernel(f"{rabbit},{rabbit}") == SILENT * 1000


async def test_who_did_not_answer_is_asked_after_the_others():
    asked: list[str] = []

    async def ask(url: str) -> str:
        asked.append(url)
        if url == "amqp://one":
            raise ConnectionRefusedError
        return url

    for _ in range(2):
        assert await first_that_answers("amqp://one,amqp://two", ask) == "amqp://two"
    assert asked == ["amqp://one", "amqp://two", "amqp://two"]


async def test_the_last_that_may_answer_is_waited_for_and_one_that_did_not_is_not(monkeypatch):
    monkeypatch.setattr("shared.messaging.addresses.WITH_OTHERS", 0.02)
    monkeypatch.setattr("shared.messaging.addresses.away", {"amqp://one"})

    async def slow(url: str) -> str:
        await asyncio.sleep(0.2)
        return url

    assert await first_that_answers("amqp://one,amqp://two,amqp://three", slow) == "amqp://three"


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
