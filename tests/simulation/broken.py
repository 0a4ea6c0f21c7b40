"""Bugs that may be put in on purpose, to see that the simulation finds them. Each is one that delivery might have had."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from shared.database import driver
from shared.messaging import order, outbox, relay, retrying, writes
from shared.messaging.batch import Batcher
from shared.messaging.inbox import FirstTime
from shared.messaging.order import Admitted
from shared.messaging.rabbit import Acknowledgements
from shared.messaging.relay import Relay
from shared.messaging.retrying import Again


def believe_what_nobody_confirmed(patch: pytest.MonkeyPatch) -> None:
    """The relay deletes rows although their publish failed."""
    begin = Relay.__init__

    def made(self, service, sessions, transport):
        sent = transport.publish

        async def publish(messages):
            with suppress(ConnectionError, relay.NotConfirmed):
                await sent(messages)

        transport.publish = publish
        begin(self, service, sessions, transport)

    patch.setattr(Relay, "__init__", made)


def acknowledge_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """What a killed process had in hand is not delivered again."""
    handled = Batcher._until_handled

    async def early(self, batch):
        await self._acknowledge(batch)
        await handled(self, batch)

    patch.setattr(Batcher, "_until_handled", early)


def trust_every_delivery_to_be_the_first(patch: pytest.MonkeyPatch) -> None:
    """No inbox."""

    async def take(self, session, handler, todo):
        return list(todo)

    patch.setattr(FirstTime, "take", take)


def commit_the_inbox_before_the_handler(patch: pytest.MonkeyPatch) -> None:
    """The claim in a transaction of its own: at most once."""
    claimed = FirstTime.take

    async def take(self, session, handler, todo):
        found = await claimed(self, session, handler, todo)
        await session.commit()
        return found

    patch.setattr(FirstTime, "take", take)


def let_the_newer_overtake(patch: pytest.MonkeyPatch) -> None:
    """Where order matters, nothing is parked behind an older message that failed."""
    patch.setattr(order, "_after_those", lambda _, claimed: Admitted(list(claimed)))


def take_stale_snapshots(patch: pytest.MonkeyPatch) -> None:
    """An older state overwrites a newer one."""
    patch.setattr(order, "_newer_than", lambda _, claimed: Admitted(list(claimed)))


def free_nobody_who_was_parked(patch: pytest.MonkeyPatch) -> None:
    """What was parked stays parked."""

    async def release(session, handler, keys):
        """Nothing."""

    patch.setattr(retrying, "release", release)
    patch.setattr(retrying, "FREE", "SELECT 1")


def retry_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A retried message keeps its row."""

    async def settle(self, session, handler, done):
        """Nothing."""

    patch.setattr(Again, "settle", settle)


def call_a_late_refusal_calm(patch: pytest.MonkeyPatch) -> None:
    """A refusal after a write is kept without taking the write back."""

    for one in (writes.Writes, writes.PlainWrites):
        patch.setattr(one, "happened", lambda _: False)


def put_back_behind_what_has_come_since(patch: pytest.MonkeyPatch) -> None:
    """A batch that could not be handled comes after younger messages of its keys."""

    def _put_back(self, batch):
        for one in batch:
            self.put(one)

    patch.setattr(Batcher, "_put_back", _put_back)


def acknowledge_up_to_the_highest(patch: pytest.MonkeyPatch) -> None:
    """What another worker of the same channel still has in hand is acknowledged with it."""

    async def acknowledge(self, batch):
        channel = batch[0].token[0]
        if not channel.is_closed:
            await channel.basic_ack(max(tag for _, tag in (one.token for one in batch)), multiple=True)

    patch.setattr(Acknowledgements, "__call__", acknowledge)


def hand_over_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """The relay gets what may still be rolled back."""
    written = outbox.written

    def early(info, handed):
        if handed:
            info["hand"](handed)
        written(info, [])

    patch.setattr(outbox, "written", early)


def hand_over_what_others_stand_before(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks what of the same keys still waits in the outbox."""
    first = outbox._first_of_their_keys
    patch.setattr(
        outbox, "_first_of_their_keys", lambda rows, said: first(rows, [(*one[:2], True) for one in said])
    )


def delete_what_was_handed_before_it_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    """What the broker then refuses, or a killed process had in hand, is nowhere."""
    send = Relay.send_handed

    async def early(self):
        async with driver(self._sessions) as connection:
            await connection.fetchval(relay.SENT_OF_HANDED, list(self._handed._waiting))
        return await send(self)

    patch.setattr(Relay, "send_handed", early)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    bug.__name__: bug
    for bug in (
        believe_what_nobody_confirmed, acknowledge_before_the_commit, trust_every_delivery_to_be_the_first,
        commit_the_inbox_before_the_handler, let_the_newer_overtake, take_stale_snapshots, free_nobody_who_was_parked,
        retry_for_ever, call_a_late_refusal_calm, acknowledge_up_to_the_highest, hand_over_before_the_commit,
        hand_over_what_others_stand_before, delete_what_was_handed_before_it_is_confirmed,
    )
}  # fmt: skip

OF_A_BATCHER: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    put_back_behind_what_has_come_since.__name__: put_back_behind_what_has_come_since
}
"""In the simulation no commit fails so often that a batch is put back."""
