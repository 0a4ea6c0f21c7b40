"""Broker, database and connections go and come back in mid-flow: nothing is lost, nothing is done twice."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from shared.messaging import Listener, emit
from tailored import postgres
from tailored.broker import LocalRabbit
from tests.empty_databases import template
from tests.shared.door import Door
from tests.shared.small import Answered, Told, hearing, note

COUNTS = "SELECT count(*), count(DISTINCT number) FROM effect"
OUTBOX = "SELECT count(*) FROM outbox"


class OwnPostgres:
    """A server that a test may stop and start."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.start()

    def start(self) -> None:
        self.server = postgres.start(self._home)

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
async def own_postgres(tmp_path):
    server = await asyncio.to_thread(OwnPostgres, tmp_path)
    yield server
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(postgres.stop_at, tmp_path)


def answering() -> Listener:
    on = Listener("teller")

    @on(Told, order="commutes")
    async def answer_it(told: Told, session) -> Answered:
        await note(session, told.thing, told.number)
        return Answered(thing=told.thing, number=told.number)

    return on


async def say(sessions, numbers, filler: str = "") -> None:
    for number in numbers:
        async with sessions.begin() as session:
            emit(session, Told(thing=f"t{number % 7}", number=number, filler=filler))


async def test_every_connection_cut_again_and_again_loses_nothing(place_with, until, rows, rabbit):
    async with Door(rabbit) as door:
        place = place_with(door.to_there(rabbit))
        sessions = await place.sessions()
        async with place.running(answering(), sessions):
            for turn in range(3):
                await say(sessions, range(turn * 20, turn * 20 + 20))
                door.cut()
            await until(lambda: rows(sessions, COUNTS), [(60, 60)], 60)
            await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)


async def test_a_broker_that_is_away_for_a_while_loses_nothing(place_with, until, rows, rabbit):
    async with Door(rabbit) as door:
        place = place_with(door.to_there(rabbit))
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


async def test_a_database_that_is_away_for_a_while_loses_nothing(place, until, rows, postgres_server):
    away = await place.sessions()
    async with Door(postgres_server) as door:
        direct = away.kw["bind"].url.render_as_string(hide_password=False)
        through = create_async_engine(door.to_there(direct))
        sessions = async_sessionmaker(through, expire_on_commit=False, info={})
        async with place.running(answering(), sessions) as runtime:
            await say(away, range(30))
            door.shut = True
            door.cut()
            await until(lambda: _says(runtime, "database"), False, 30)
            await say(away, range(30, 60))
            door.shut = False
            await until(lambda: rows(away, COUNTS), [(60, 60)], 60)
            await until(lambda: rows(away, OUTBOX), [(0,)], 30)
            await until(lambda: _wrong(runtime), set(), 30)
        await through.dispose()

    assert await rows(away, "SELECT count(*) FROM failed_message") == [(0,)]


async def test_a_database_stopped_and_started_in_mid_flow_loses_nothing(place, until, rows, own_postgres):
    server = own_postgres.server
    engine = create_async_engine(server.url(await template(server.url("postgres"), "shared")))
    sessions = await place.with_effects(async_sessionmaker(engine, expire_on_commit=False, info={}))
    async with place.running(answering(), sessions) as runtime:
        await say(sessions, range(30))
        await asyncio.to_thread(own_postgres.stop)
        await until(lambda: _says(runtime, "database"), False, 30)
        await asyncio.to_thread(own_postgres.start)
        await until(lambda: _says(runtime, "database"), True, 30)
        await say(sessions, range(30, 60))
        await until(lambda: rows(sessions, COUNTS), [(60, 60)], 60)
        await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)

    assert await rows(sessions, "SELECT count(*) FROM failed_message") == [(0,)]
    await engine.dispose()


async def test_consumers_restarted_over_a_backlog_lose_nothing_to_the_delivery_limit(
    place, until, rows, request
):
    await restarts(place, until, rows, request, 6, 300)


@pytest.mark.long
async def test_consumers_restarted_fifty_times_over_a_backlog_lose_nothing(place, until, rows, request):
    await restarts(place, until, rows, request, 50, 3000)


async def restarts(place, until, rows, request, times: int, messages: int) -> None:
    if place.rabbit:
        await request.getfixturevalue("delivery_limit")(times * 2 // 5)  # 20 for fifty, as in deploy/rabbitmq

    async def take(told: Told, session) -> None:
        await asyncio.sleep(0.002)
        await note(session, told.thing, told.number)

    sessions, teller_db = await place.sessions(), await place.sessions()
    async with teller_db.begin() as session:
        for number in range(messages):
            emit(session, Told(thing=f"t{number % 7}", number=number))
    async with place.running(Listener("teller"), teller_db, "relay"):
        for _ in range(times):
            async with place.running(hearing(take), sessions, "consumer", prefetch=40):
                await asyncio.sleep(0.05)
        async with place.running(hearing(take), sessions, "consumer"):
            await until(lambda: rows(sessions, COUNTS), [(messages, messages)], 60)

    assert await rows(sessions, "SELECT count(*) FROM failed_message") == [(0,)]


async def _says(runtime, part: str) -> bool:
    return (await runtime.parts())[part] == "ok"


async def _wrong(runtime) -> set[str]:
    return {name for name, state in (await runtime.parts()).items() if state != "ok"}


@pytest.mark.long
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
