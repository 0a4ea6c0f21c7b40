"""An event that no handler's queue takes: kept, counted and told, and no reason to call a service unready."""

import logging

import aio_pika
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared import service
from shared.messaging import Heard, Listener, emit
from shared.messaging.topology import PUBLISHED, apply, queues_of
from tests.shared.small import Told, Unheard, hearing, note


async def test_what_nobody_hears_is_counted_and_told_once_while_the_service_stays_ready(
    place, until, rows, caplog
):
    log, log_db, teller_db = Listener("logger"), await place.sessions(), await place.sessions()
    caplog.set_level(logging.WARNING, logger="tailored.runtime")

    @log.everything
    async def write_down(heard: list[Heard], session) -> None:
        for each in heard:
            await note(session, each.envelope.topic)

    async def follow(told: Told, session) -> None:
        await note(session, told.thing)

    async with (
        place.running(log, log_db, "consumer"),
        place.running(hearing(follow), log_db, "consumer"),
        place.running(Listener("teller"), teller_db, "consumer,relay") as runtime,
        asking(runtime) as client,
    ):

        async def counted() -> float:
            runtime.wake({"unrouted"})
            lines = (await client.get("/metrics")).text.splitlines()
            prefix = 'tailored_unrouted{service="teller"} '
            return next((float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)), -1)

        await until(counted, 0)
        async with teller_db.begin() as session:
            emit(session, Told(thing="heard"))
            emit(session, Unheard(thing="a"))
            emit(session, Unheard(thing="b"))
        await until(counted, 2)
        await until(lambda: rows(log_db, "SELECT count(*) FROM effect"), [(4,)])
        ready = await client.get("/readyz")
        told = _told(caplog)
        await runtime._count_unrouted()

    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json()["parts"]["unrouted"] == "ok"
    assert told[-1] == "unrouted teller: nobody's queue took 2 messages"
    assert _told(caplog) == told


def _told(caplog) -> list[str]:
    return [line.getMessage() for line in caplog.records if "nobody's queue" in line.getMessage()]


def asking(runtime) -> AsyncClient:
    """Whoever asks the service how it is."""
    app = FastAPI()
    app.state.runtime = runtime
    service._tell_health(app)
    return AsyncClient(transport=ASGITransport(app), base_url="http://tailored.test")


async def test_without_the_exchange_of_relays_everything_waits_and_nothing_is_put_aside(
    rabbit, place_with, until, rows, caplog
):
    async def tried_often() -> bool:
        said = [line.getMessage() for line in caplog.records]
        return sum("relay_waits" in line and "no exchange 'published'" in line for line in said) > 5

    place = place_with(rabbit)
    teller_db = await place.sessions()
    outbox = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM outbox_rejected)"
    async with place.running(Listener("teller"), teller_db, "consumer,relay") as runtime:
        broker = await aio_pika.connect(rabbit)
        async with broker:
            channel = await broker.channel()
            await channel.exchange_delete(PUBLISHED)
            for number in range(3):
                async with teller_db.begin() as session:
                    emit(session, Told(thing="k", number=number))
            await until(tried_often, True)
            assert await rows(teller_db, outbox) == [(3, 0)]
            await apply(rabbit, queues_of(Listener("teller")))
            await until(lambda: rows(teller_db, outbox), [(0, 0)])
        await until(lambda: _says(runtime, "ok"), True)


async def _says(runtime, what: str) -> bool:
    return what in (await runtime.parts())["relay"]


async def test_an_operator_sees_at_the_broker_whose_each_connection_is(
    rabbit, rabbit_server, place_with, until
):
    place = place_with(rabbit)
    async with (
        place.running(Listener("teller"), await place.sessions()),
        AsyncClient(base_url=rabbit_server.management) as management,
    ):

        async def names() -> set[str]:
            path = f"/api/vhosts/{rabbit.rpartition('/')[2]}/connections"
            found = (await management.get(path)).json()
            return {one["client_properties"].get("connection_name") for one in found}

        await until(names, {"teller consumer", "teller relay"})
