"""A process that plays only some parts wakes those that others play when it commits, not when they look next."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

from shared import database
from shared.database import listen
from shared.messaging import Listener, Work, emit, relay
from shared.messaging.bell import AT_MOST_EVERY, CHANNEL, Bell
from shared.messaging.jobs import Job
from tests.shared.small import Told, hearing, note

LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
# Only there: with the hub all parts are in one process.
rabbitmq = pytest.mark.parametrize("place", ["rabbitmq"], indirect=True)


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


@rabbitmq
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


@rabbitmq
async def test_a_relay_whose_connection_was_lost_hears_again(place, until, effects, rows):
    sessions = await place.sessions()
    door = in_another_process(sessions)
    async with (
        place.running(hearing(follow, order="commutes"), sessions, "consumer,relay"),
        place.running(Listener("teller"), door, "http"),
    ):
        await until(lambda: rows(sessions, f"SELECT pg_terminate_backend(pid) {LISTENERS}"), [(True,)])
        await until(lambda: rows(sessions, f"SELECT pid {LISTENERS}"), [])
        for number in range(3):
            await say(door, number)  # the first of them while nobody hears
            await until(lambda: effects(sessions, "number"), list(range(number + 1)))


async def let_it_rest(loop) -> None:
    """Returns when it has looked and found nothing; now only a wake-up makes it look again."""
    step, looked = loop._step, asyncio.Event()

    async def last() -> int:
        found = await step()
        looked.set()
        return found

    loop._pause, loop._step = 600.0, last
    loop.wake()
    async with asyncio.timeout(20):
        await looked.wait()


@rabbitmq
async def test_a_worker_elsewhere_begins_what_is_asked_for_here(place):
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
        await let_it_rest(loop)
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
    begun = asyncio.get_running_loop().time()
    for _ in range(1000):
        bell.ring({"relay", "worker", "scheduler"})
        await asyncio.sleep(0.0002)
    bell.ring({"retrying"})

    async def last() -> bool:
        return "retrying" in "".join(heard)

    await until(last, True)
    assert len(heard) <= (asyncio.get_running_loop().time() - begun) / AT_MOST_EVERY + 2
    assert {part for one in heard for part in one.split()} == {"relay", "retrying"}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_whatever_goes_wrong_while_it_listens_it_listens_again(place_for, until, monkeypatch, caplog):
    sessions = await place_for()
    bell, woken, real, tried = Bell(sessions, here={"relay"}), [], database.driver_at, []

    async def once_wrong(url):
        tried.append(url)
        if len(tried) == 1:
            raise RuntimeError("nobody expects this")
        return await real(url)

    monkeypatch.setattr(database, "driver_at", once_wrong)
    hearing_task = asyncio.create_task(bell.hearing(woken.append))

    async def parts() -> list[set[str]]:
        return woken

    await until(parts, [{"relay"}])
    assert "nobody expects this" in caplog.text
    hearing_task.cancel()
    await asyncio.gather(hearing_task, return_exceptions=True)


async def test_a_url_with_an_option_of_the_engines_own_is_listened_on(place_for):
    url = (await place_for()).kw["bind"].url.update_query_dict({"prepared_statement_cache_size": "0"})

    connection = await database.driver_at(url)

    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def test_a_commit_ends_a_rest_and_no_breath_and_what_is_handed_over_ends_both(place_for):
    one = relay.Relay("teller", await place_for(), None)
    one._look = False
    breath = asyncio.create_task(one._rest(599.0))
    await asyncio.sleep(0)
    one.wake()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not breath.done()
    one.hand([])
    await breath

    one._look = False
    one._woken.clear()
    rest = asyncio.create_task(one._rest(600.0))
    await asyncio.sleep(0)
    one.wake()
    await rest


async def test_a_bell_that_cannot_ring_says_so_and_rings_later(place_for, until, caplog):
    sessions = await place_for()
    bell, heard = Bell(sessions, here=set()), []
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
