"""A service in a process of its own, which kills itself at a chosen point.

The points: before-commit, after-commit (before the acknowledgement), after-publish (before the delete), never.
"""

import asyncio
import logging
import os
import signal

from shared.database import sessions_of
from shared.messaging import Listener, batch, inbox, inprocess, relay
from shared.messaging.inprocess import Hub, HubConsumer
from shared.messaging.rabbit import RabbitConsumer  # noqa: F401 - so that a fork has it already
from shared.messaging.runtime import Runtime
from shared.settings import Settings
from tests.shared.conftest import OWN_MAP
from tests.shared.small import Answered, Told, note

on = Listener("teller")


@on(Told, order="commutes")
async def answer_what_was_told(told: Told, session) -> Answered:
    await note(session, told.thing, told.number)
    return Answered(thing=told.thing, number=told.number)


@on(Answered, order="commutes")
async def note_answer(answered: Answered, session) -> None:
    await note(session, f"answer {answered.thing}", answered.number, handler="answer")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Put the end of the process at that point, after some work has been done."""
    calls = 0

    def due() -> bool:
        nonlocal calls
        calls += 1
        return calls >= 3

    if point == "before-commit":
        original = inbox._transaction

        async def transaction(*arguments):
            await original(*arguments)
            if due():
                die()

        inbox._transaction = transaction
    if point == "after-commit":
        handle = inbox.handle

        async def handled(*arguments):
            await handle(*arguments)
            if due():
                die()

        batch.handle = handled
        HubConsumer.__init__.__globals__["handle"] = handled
    if point == "after-publish":

        def wrap(transport):
            sent = transport.publish

            async def published(messages):
                await sent(messages)
                if due():
                    die()

            transport.publish = published
            return transport

        start = relay.Relay.__init__

        def init(self, service, sessions, transport):
            start(self, service, sessions, wrap(transport))

        relay.Relay.__init__ = init


async def live(database: str, rabbit: str | None) -> None:
    settings = Settings(database_url=database, rabbitmq_url=rabbit, topology_map=OWN_MAP)
    hub = None if rabbit else Hub()
    if hub:
        hub.expected = {"teller"}
    batch.AT_MOST = relay.AT_MOST = inprocess.AT_MOST = 20
    await Runtime(on, sessions_of(settings), settings, hub).start()
    await asyncio.Event().wait()


def run(point: str, database: str, rabbit: str | None) -> None:
    """The whole life of the process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    arm(point)
    asyncio.run(live(database, rabbit))
