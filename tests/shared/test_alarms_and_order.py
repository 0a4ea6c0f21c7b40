"""A broker short of memory stops publishers, not the system; one key said by two processes keeps its order."""

import asyncio

import pytest
from sqlalchemy import text

from shared.database import sessions_of
from shared.messaging import Listener, emit
from shared.messaging.lines import SILENT
from shared.messaging.relay import Relay
from shared.messaging.runtime import Runtime
from tests.shared.small import Told, hearing, note
from tests.shared.test_outages import OUTBOX, answering, say

NEXT = text("UPDATE aggregate SET number = number + 1 WHERE key = 'k' RETURNING number")
OVERTAKEN = "SELECT count(*) FROM (SELECT number < lag(number) OVER (ORDER BY id) AS older FROM effect) AS e WHERE older"
COUNTS = "SELECT count(*), count(DISTINCT number) FROM effect"


async def watermark(server, share: str) -> None:
    """The memory alarm of the tests' own broker: a share of nothing raises it."""
    await asyncio.to_thread(server.control, "set_vm_memory_high_watermark", *share.split())


async def through_an_alarm(
    rabbit, rabbit_server, place_with, until, rows, seconds: float, filler: str = ""
) -> None:
    if rabbit_server.control is None:
        pytest.fail(
            "unset TAILORED_TEST_RABBITMQ_URL: only a broker of the tests' own may be short of memory"
        )
    place = place_with(rabbit)
    sessions = await place.sessions()
    async with place.running(answering(), sessions):
        await say(sessions, range(20))
        await until(lambda: rows(sessions, COUNTS), [(20, 20)])
        await watermark(rabbit_server, "0.0000001")
        try:
            await say(sessions, range(20, 60), filler)
            await asyncio.sleep(seconds)
            [(waiting,)] = await rows(sessions, OUTBOX)
        finally:
            await watermark(rabbit_server, "absolute 2GB")
        await until(lambda: rows(sessions, COUNTS), [(60, 60)], 60)
        await until(lambda: rows(sessions, OUTBOX), [(0,)], 30)

    assert waiting > 0
    assert await rows(sessions, "SELECT count(*) FROM outbox_rejected") == [(0,)]


async def test_a_short_memory_alarm_loses_nothing(rabbit, rabbit_server, place_with, until, rows):
    await through_an_alarm(rabbit, rabbit_server, place_with, until, rows, 3)


@pytest.mark.long
async def test_an_alarm_that_outlasts_a_silent_line_loses_nothing(
    rabbit, rabbit_server, place_with, until, rows
):
    several = f"{rabbit},{rabbit}"
    await through_an_alarm(several, rabbit_server, place_with, until, rows, SILENT * 3, "x" * 200_000)


@pytest.mark.long
async def test_a_memory_alarm_of_a_minute_loses_nothing(rabbit, rabbit_server, place_with, until, rows):
    await through_an_alarm(rabbit, rabbit_server, place_with, until, rows, 60)


class Pausing(Relay):
    """Breathes between commit and publish, as a busy process does."""

    async def relay_once(self) -> int:
        await asyncio.sleep(0.003 * (id(self) % 3))
        return await super().relay_once()


async def one_key_of_two(place, until, rows, events: int) -> None:
    async def follow(told: Told, session) -> None:
        await note(session, told.thing, told.number)

    teller_db, sessions = await place.sessions(), await place.sessions()
    async with teller_db.begin() as session:
        await session.execute(text("INSERT INTO aggregate VALUES ('k', 0)"))
    url = teller_db.kw["bind"].url.render_as_string(hide_password=False)

    async def speak(own) -> None:
        for _ in range(events // 40):
            async with own.begin() as session:
                for _ in range(20):
                    emit(session, Told(thing="k", number=await session.scalar(NEXT)))

    async with place.running(hearing(follow, order="in_order"), sessions, "consumer"):
        settings = [place.settings("relay", database_url=url) for _ in range(2)]
        both = [sessions_of(one) for one in settings]
        hub = None if place.rabbit else place._hub
        runtimes = [
            Runtime(Listener("teller"), own, one, hub) for own, one in zip(both, settings, strict=True)
        ]
        for runtime in runtimes:
            await runtime.start()
            runtime.relay.__class__ = Pausing
        await asyncio.gather(*(speak(own) for own in both))
        await until(lambda: rows(sessions, COUNTS), [(events, events)], 60 + events / 100)
        for runtime, own in zip(runtimes, both, strict=True):
            await runtime.stop()
            await own.kw["bind"].dispose()

    assert await rows(sessions, OVERTAKEN) == [(0,)]


async def test_one_key_said_by_two_processes_keeps_its_order(place, until, rows):
    await one_key_of_two(place, until, rows, 1_000)


@pytest.mark.long
async def test_one_key_said_by_two_processes_a_hundred_thousand_times_keeps_its_order(place, until, rows):
    await one_key_of_two(place, until, rows, 100_000)
