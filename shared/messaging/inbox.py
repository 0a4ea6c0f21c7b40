"""Takes a batch through its handler: inbox, state and outbox in one transaction, and each failure on its own."""

import asyncio
import random
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging import order
from shared.messaging.delivery import Delivery
from shared.messaging.failures import Failure, keep, mark
from shared.messaging.faults import DatabaseAway, Offence, is_away, is_repeatable, is_said_calmly
from shared.messaging.listener import Handler
from shared.messaging.plain import opened
from shared.messaging.running import run_each, run_list
from shared.observability import handled
from shared.statements import Within, rows

Sessions = async_sessionmaker[AsyncSession]
AT_ONCE = 2
MOST_REPEATS = 10

CLAIM = """
INSERT INTO inbox (message_id, handler, type, outcome, correlation, causation)
SELECT id, $1, type, 'done', correlation, causation
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) AS m (id, type, correlation, causation) ORDER BY id
ON CONFLICT DO NOTHING RETURNING message_id
"""
CLAIM_ONE = """
INSERT INTO inbox (message_id, handler, type, outcome, correlation, causation)
VALUES ($2, $1, $3, 'done', $4, $5) ON CONFLICT DO NOTHING RETURNING message_id
"""


class Claim(Protocol):
    """How a batch is made ours: by new inbox rows, or by the locked rows of `failed_message`."""

    async def take(self, within: Within, handler: Handler, todo: Sequence[Delivery]) -> list[Delivery]:
        """Those of the batch that nobody else has handled."""

    async def settle(self, within: Within, handler: Handler, done: Sequence[Delivery]) -> None:
        """They have taken effect."""


class FirstTime:
    """Messages from the transport: whoever inserts the inbox row handles the message."""

    async def take(self, within: Within, handler: Handler, todo: Sequence[Delivery]) -> list[Delivery]:
        """One set-based insert that returns the new ones, in sorted order so that two batches never deadlock."""
        claims = [
            (one.id, one.envelope.type, one.envelope.correlation, one.envelope.causation) for one in todo
        ]
        if len(claims) == 1:  # of a quiet hour, and waited for: this is sooner done
            found = await rows(within, CLAIM_ONE, handler.name, *claims[0])
        else:
            found = await rows(within, CLAIM, handler.name, *map(list, zip(*claims, strict=True)))
        new = {row[0] for row in found}
        return [one for one in todo if one.id in new]

    async def settle(self, within: Within, handler: Handler, done: Sequence[Delivery]) -> None:
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
            error = offence.error
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
            for part in _parts(handler, todo, offence.offenders):
                await _settle(handler, part, sessions, claim)
        return


def _parts(handler: Handler, todo: list[Delivery], offenders: Sequence[Delivery]) -> list[list[Delivery]]:
    """The batch without its offenders, then each of them alone; two halves where nobody knows who it was."""
    if not offenders:
        middle = len(todo) // 2
        return [todo[:middle], todo[middle:]]
    by_key = handler.order == "in_order"
    named = {one.envelope.key if by_key else one.id for one in offenders}
    rest: list[Delivery] = []
    alone: list[Delivery] = []
    for one in todo:
        (alone if (one.envelope.key if by_key else one.id) in named else rest).append(one)
    return [rest, *([one] for one in alone)]


async def _attempt(handler: Handler, todo: list[Delivery], sessions: Sessions, claim: Claim) -> None:
    try:
        async with opened(handler, sessions) as within:
            await _transaction(within, handler, todo, claim)
    except Offence:
        raise
    except Exception as error:
        raise Offence(error) from error


async def _transaction(within: Within, handler: Handler, todo: list[Delivery], claim: Claim) -> None:
    admitted = await order.admit(within, handler, await claim.take(within, handler, todo))
    failures = [Failure(one, None) for one in admitted.behind]
    run = run_list if handler.in_batches else run_each
    done = await run(within, handler, admitted.run, failures)
    await order.advance(within, handler, done)
    await claim.settle(within, handler, [*done, *admitted.stale])
    await mark(within, handler, admitted.stale, ["stale"] * len(admitted.stale))
    await keep(within, handler, failures)
    handled.labels(handler.name, "done").inc(len(done))
    if failures:
        handled.labels(handler.name, "kept").inc(len(failures))


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
