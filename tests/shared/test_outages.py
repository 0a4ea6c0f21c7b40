"""Broker, database and connections go and come back in mid-flow: nothing is lost, nothing is done twice."""

import asyncio

import pytest
from sqlalchemy import make_url

from shared.messaging import Listener, emit
from tailored.broker import SERVER, LocalRabbit
from tests.shared.door import Door
from tests.shared.small import Answered, Told, note

COUNTS = "SELECT count(*), count(DISTINCT number) FROM effect"
OUTBOX = "SELECT count(*) FROM outbox"


def answering() -> Listener:
    on = Listener("teller")

    @on(Told, order="commutes")
    async def answer_it(told: Told, session) -> Answered:
        await note(session, told.thing, told.number)
        return Answered(thing=told.thing, number=told.number)

    return on


async def say(sessions, numbers) -> None:
    for number in numbers:
        async with sessions.begin() as session:
            emit(session, Told(thing=f"t{number % 7}", number=number))


async def test_every_connection_cut_again_and_again_loses_nothing(place_with, until, rows, rabbit):
    async with Door(make_url(rabbit).port) as door:
        place = place_with(str(make_url(rabbit).set(port=door.port).render_as_string(hide_password=False)))
        sessions = await place.sessions()
        async with place.running(answering(), sessions):
            for turn in range(3):
                await say(sessions, range(turn * 20, turn * 20 + 20))
                door.cut()
            await until(lambda: rows(sessions, COUNTS), [(60, 60)], 60)
            await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)


async def test_a_broker_that_is_away_for_a_while_loses_nothing(place_with, until, rows, rabbit):
    async with Door(make_url(rabbit).port) as door:
        place = place_with(str(make_url(rabbit).set(port=door.port).render_as_string(hide_password=False)))
        sessions = await place.sessions()
        async with place.running(answering(), sessions) as runtime:
            await say(sessions, range(30))
            door.shut = True
            door.cut()
            await say(sessions, range(30, 60))
            await until(lambda: _wrong(runtime), {"consumer", "relay"}, 30)
            door.shut = False
            await until(lambda: rows(sessions, COUNTS), [(60, 60)], 60)
            await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)
            await until(lambda: _wrong(runtime), set(), 30)


async def _wrong(runtime) -> set[str]:
    return {name for name, state in (await runtime.parts()).items() if state != "ok"}


@pytest.mark.long
@pytest.mark.skipif(not SERVER.exists(), reason="only a broker of the test's own may be stopped")
async def test_the_broker_stopped_and_started_in_mid_flow_loses_nothing(place_with, until, rows, tmp_path):
    broker = await asyncio.to_thread(LocalRabbit, tmp_path / "rabbitmq")
    place = place_with(broker.url)
    sessions = await place.sessions()
    async with place.running(answering(), sessions):
        await say(sessions, range(50))
        await asyncio.to_thread(broker.stop)
        await say(sessions, range(50, 100))
        await asyncio.to_thread(broker.start)
        await until(lambda: rows(sessions, COUNTS), [(100, 100)], 120)
        await until(lambda: rows(sessions, OUTBOX), [(0,)], 60)
    await asyncio.to_thread(broker.remove)
