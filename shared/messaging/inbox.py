"""Takes a batch through its handler: inbox, state and outbox in one transaction, and each failure on its own."""

import asyncio
import random
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.events.base import Event
from shared.messaging import order
from shared.messaging.causes import Causes
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import handling
from shared.messaging.failures import Failure, keep, mark
from shared.messaging.faults import DatabaseAway, Offence, is_away, is_repeatable, is_said_calmly
from shared.messaging.listener import Handler
from shared.messaging.outbox import emit, say
from shared.messaging.writes import Writes
from shared.observability import handled

Sessions = async_sessionmaker[AsyncSession]
AT_ONCE = 2
MOST_REPEATS = 10

CLAIM = """
INSERT INTO inbox (message_id, handler, type, outcome, correlation, causation)
SELECT id, $1, type, 'done', correlation, causation
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) AS m (id, type, correlation, causation) ORDER BY id
ON CONFLICT DO NOTHING RETURNING message_id
"""


class Claim(Protocol):
    """How a batch is made ours: by new inbox rows, or by the locked rows of `failed_message`."""

    async def take(self, session: AsyncSession, handler: Handler, todo: Sequence[Delivery]) -> list[Delivery]:
        """Those of the batch that nobody else has handled."""

    async def settle(self, session: AsyncSession, handler: Handler, done: Sequence[Delivery]) -> None:
        """They have taken effect."""


class FirstTime:
    """Messages from the transport: whoever inserts the inbox row handles the message."""

    async def take(self, session: AsyncSession, handler: Handler, todo: Sequence[Delivery]) -> list[Delivery]:
        """One set-based insert that returns the new ones, in sorted order so that two batches never deadlock."""
        rows = [(one.id, one.envelope.type, one.envelope.correlation, one.envelope.causation) for one in todo]
        columns = [list(column) for column in zip(*rows, strict=True)]
        found = await (await session.connection()).exec_driver_sql(CLAIM, (handler.name, *columns))
        new = {row[0] for row in found}
        return [one for one in todo if one.id in new]

    async def settle(self, session: AsyncSession, handler: Handler, done: Sequence[Delivery]) -> None:
        """The claim already says `done`."""


async def handle(
    handler: Handler, todo: Sequence[Delivery], sessions: Sessions, claim: Claim | None = None
) -> None:
    """Returns when every delivery has taken effect or is kept as failed; raises DatabaseAway."""
    once = list({one.id: one for one in todo}.values())
    await _settle(handler, once, sessions, claim or FirstTime())


async def _settle(handler: Handler, todo: list[Delivery], sessions: Sessions, claim: Claim) -> None:
    if not todo:
        return
    repeats = failed = 0
    while True:
        try:
            await _attempt(handler, todo, sessions, claim)
        except Offence as offence:
            error, position = offence.error, offence.position
            if is_repeatable(error) and repeats < MOST_REPEATS:
                repeats += 1
                await asyncio.sleep(random.uniform(0, 0.02) * repeats)  # noqa: S311
                continue
            if is_away(error, inside=offence.inside):
                raise DatabaseAway from error
            if len(todo) == 1:
                failed += 1
                if not is_said_calmly(error) and failed <= AT_ONCE:
                    continue
                await _keep_alone(handler, todo[0], error, sessions, claim)
                return
            for part in _parts(handler, todo, position):
                await _settle(handler, part, sessions, claim)
        return


def _parts(handler: Handler, todo: list[Delivery], position: int | None) -> list[list[Delivery]]:
    """The batch without its offender, then the offender alone; two halves where nobody knows who it was."""
    if position is None:
        middle = len(todo) // 2
        return [todo[:middle], todo[middle:]]
    offender = todo[position]
    if handler.order != "in_order":
        return [[one for one in todo if one is not offender], [offender]]
    same = [one for one in todo if one.envelope.key == offender.envelope.key]
    return [[one for one in todo if one.envelope.key != offender.envelope.key], *([one] for one in same)]


async def _attempt(handler: Handler, todo: list[Delivery], sessions: Sessions, claim: Claim) -> None:
    try:
        async with sessions.begin() as session:
            await _transaction(session, handler, todo, claim)
    except Offence:
        raise
    except Exception as error:
        raise Offence(error) from error


async def _transaction(session: AsyncSession, handler: Handler, todo: list[Delivery], claim: Claim) -> None:
    admitted = await order.admit(session, handler, await claim.take(session, handler, todo))
    failures = [Failure(one, None) for one in admitted.behind]
    if handler.in_batches:
        done = await _run_list(session, handler, admitted.run, failures)
    else:
        done = await _run_each(session, handler, admitted.run, failures, todo)
    await order.advance(session, handler, done)
    await mark(session, handler, admitted.stale, ["stale"] * len(admitted.stale))
    await claim.settle(session, handler, [*done, *admitted.stale])
    await keep(session, handler, failures)
    handled.labels(handler.name, "done").inc(len(done))
    if failures:
        handled.labels(handler.name, "kept").inc(len(failures))


async def _run_each(
    session: AsyncSession,
    handler: Handler,
    run: list[Delivery],
    failures: list[Failure],
    todo: list[Delivery],
) -> list[Delivery]:
    done: list[Delivery] = []
    stopped: set[str] = set()
    writes = Writes(session)
    for one in run:
        if one.envelope.key in stopped:
            failures.append(Failure(one, None))
            continue
        await writes.begin(session)
        try:
            with handling(one.envelope):
                say(session, await handler.function(handler.read(one.envelope, one.body), session))
        except Exception as error:
            if not is_said_calmly(error) or writes.happened():
                raise Offence(error, todo.index(one), inside=True) from error
            writes.unsay()
            failures.append(Failure(one, error))
            if handler.order == "in_order":
                stopped.add(one.envelope.key)
            continue
        done.append(one)
    return done


async def _run_list(
    session: AsyncSession, handler: Handler, run: list[Delivery], failures: list[Failure]
) -> list[Delivery]:
    events, done = [], []
    for one in run:
        try:
            events.append(handler.read(one.envelope, one.body))
            done.append(one)
        except Exception as error:  # noqa: BLE001 - a broken message is kept, whatever is wrong with it
            failures.append(Failure(one, error))
    if events:
        try:
            with handling(done[-1].envelope):
                result = await handler.function(events, session)
            if result is not None:
                _say_each(session, result, Causes(events, [one.envelope for one in done]))
        except Exception as error:
            raise Offence(error, inside=True) from error
    return done


def _say_each(session: AsyncSession, result: Event | list[Event], causes: Causes) -> None:
    for event in result if isinstance(result, list) else [result]:
        emit(session, event, because=causes.of(event))


async def _keep_alone(
    handler: Handler, one: Delivery, error: BaseException, sessions: Sessions, claim: Claim
) -> None:
    try:
        async with sessions.begin() as session:
            if await claim.take(session, handler, [one]):
                await keep(session, handler, [Failure(one, error)])
    except Exception as away:
        if is_away(away) or is_repeatable(away):
            raise DatabaseAway from away
        raise
    handled.labels(handler.name, "kept").inc()
