"""A process that plays only some parts wakes those that others play when it commits, not when they look next."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker

from shared.database import listen
from shared.messaging import Listener, Work, emit, relay
from shared.messaging.bell import CHANNEL, Bell
from shared.messaging.jobs import Job
from tests.shared.small import Told, hearing, note

LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture(autouse=True)
def nobody_looks_by_himself(monkeypatch):
    monkeypatch.setattr(relay, "POLL", 600.0)


async def follow(told: Told, session) -> None:
    await note(session, told.thing, told.number)


def in_another_process(sessions):
    """Sessions on the same database that know no part of the other process."""
    return async_sessionmaker(sessions.kw["bind"], expire_on_commit=False)


async def say(sessions, number: int) -> None:
    async with sessions.begin() as session:
        emit(session, Told(thing="k", number=number))


async def test_a_relay_elsewhere_sends_what_is_committed_here(place, until, effects):
    sessions = await place.sessions()
    door = in_another_process(sessions)
    async with (
        place.running(hearing(follow, order="commutes"), sessions, "consumer,relay"),
        place.running(Listener("teller"), door, "http"),
    ):
        for number in range(3):
            await say(door, number)
            await until(lambda: effects(sessions, "number"), list(range(number + 1)))


async def test_a_relay_whose_connection_was_lost_hears_again(place, until, effects, rows):
    sessions = await place.sessions()
    door = in_another_process(sessions)
    async with (
        place.running(hearing(follow, order="commutes"), sessions, "consumer,relay"),
        place.running(Listener("teller"), door, "http"),
    ):
        await until(lambda: rows(sessions, LISTENERS), [(True,)])
        for number in range(3):
            await say(door, number)  # the first of them while nobody hears
            await until(lambda: effects(sessions, "number"), list(range(number + 1)))


async def test_a_worker_elsewhere_begins_what_is_asked_for_here(place, until, rows):
    on, done = Listener("teller"), asyncio.Event()

    @on.job
    async def compute(work: Work) -> None:
        async with work.finish():
            done.set()

    sessions = await place.sessions()
    door = in_another_process(sessions)
    async with (
        place.running(on, sessions, "worker") as there,
        place.running(Listener("teller"), door, "http"),
    ):
        (loop,) = (one for one in there.loops if one.name == "worker")
        loop._pause = 600.0
        loop.wake()
        await asyncio.sleep(0.2)
        async with door.begin() as session:
            session.add(Job.to(compute))
        async with asyncio.timeout(20):
            await done.wait()


async def test_many_commits_ring_together(place_for, until):
    sessions = await place_for()
    bell, heard, listening = Bell(sessions, here={"worker"}), [], asyncio.Event()
    told = listen(sessions.kw["bind"].url, CHANNEL, heard.append, listening.set)
    tasks = [asyncio.create_task(one) for one in (told, bell.ringing())]
    await listening.wait()
    for _ in range(1000):
        bell.ring({"relay", "worker", "scheduler"})
    bell.ring({"retrying"})

    async def last() -> bool:
        return "retrying" in "".join(heard)

    await until(last, True)
    assert len(heard) <= 2
    assert {part for one in heard for part in one.split()} == {"relay", "retrying"}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_bell_that_cannot_ring_says_so_and_rings_later(place_for, until, rows, caplog):
    sessions = await place_for()
    bell, heard = Bell(sessions, here=set()), []
    async with sessions.begin() as session:
        await session.execute(text("SELECT 1"))
    broken = sessions.kw["bind"]
    sessions.kw["bind"] = None
    ringing = asyncio.create_task(bell.ringing())
    with caplog.at_level("INFO"):
        bell.ring({"relay"})

        async def said() -> bool:
            return "not_rung" in caplog.text

        await until(said, True)
    sessions.kw["bind"] = broken
    listening = asyncio.Event()
    told = asyncio.create_task(listen(broken.url, CHANNEL, heard.append, listening.set))
    await listening.wait()
    bell.ring({"relay"})

    async def all_heard() -> list[str]:
        return heard

    await until(all_heard, ["relay"])
    for task in (ringing, told):
        task.cancel()
    await asyncio.gather(ringing, told, return_exceptions=True)
