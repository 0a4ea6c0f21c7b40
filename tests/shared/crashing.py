"""A service in a process of its own, which kills itself at a chosen point: `crashing.py POINT`.

The points: before-commit, after-commit (before the acknowledgement), after-publish (before the delete), never.
"""

import asyncio
import logging
import os
import signal
import sys

from shared.messaging import Listener, batch, inbox, relay
from shared.messaging.inprocess import Hub, HubConsumer
from shared.messaging.runtime import Runtime
from shared.service import sessions_of
from shared.settings import Settings
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


def arm(point: str) -> None:  # noqa: C901 - three points, one after the other
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


async def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    arm(sys.argv[1])
    settings = Settings(database_url=os.environ["DATABASE_URL"], rabbitmq_url=os.environ.get("RABBITMQ_URL"))
    hub = None if settings.rabbitmq_url else Hub()
    if hub:
        hub.expected = {"teller"}
    sessions = sessions_of(settings)
    batch.AT_MOST = 20
    relay.AT_MOST = 20
    runtime = Runtime(on, sessions, settings, hub)
    await runtime.start()
    await asyncio.Event().wait()


asyncio.run(main())
