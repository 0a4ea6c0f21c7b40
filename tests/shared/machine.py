"""A machine whose every step is one that a real system may take next, with the promises held after each of them."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.messaging import emit, repairing, retrying, unsent
from shared.messaging.batch import Batcher
from shared.messaging.listener import Handler
from shared.messaging.rabbit import Acknowledgements
from shared.messaging.relay import Relay
from tests.shared.small import Told
from tests.shared.steps import EMPTY, NEVER, TOLD, Channel, Ground, Message, Troubles, Wire, listener

KEYS = "ab"
FATES = (
    "confirmed", "confirmed", "refused", "cut in the middle", "cut at the end", "killed before the delete",
)  # fmt: skip
TROUBLES = ("refused", "refused late", "shaky", "shaky", "early")
MOST_ROUNDS = 40
EFFECTS = "SELECT handler, what, number FROM effect ORDER BY id"
NUMBER = "(convert_from(body, 'UTF8')::jsonb->>'number')::int"
KEPT = f"SELECT split_part(handler, '.', 2), message_id, state, {NUMBER} FROM failed_message ORDER BY sequence, handler"
UNSENT = (
    f"SELECT topic, {NUMBER}, false FROM outbox UNION ALL SELECT topic, {NUMBER}, true FROM outbox_rejected"
)
DUE = "UPDATE failed_message SET due_at = clock_timestamp() WHERE state IN ('retrying', 'waiting')"
LEFT = "SELECT 1 FROM failed_message WHERE state <> 'archived' UNION ALL SELECT 1 FROM outbox UNION ALL SELECT 1 FROM outbox_rejected"
lives = st.sampled_from((NEVER, NEVER, NEVER, NEVER, 0, 1, 2))
fails = st.sampled_from((0, 0, 0, 1, 4, 5, 8))
dies = st.sampled_from((False, False, False, False, False, True))


class Machine(RuleBasedStateMachine):
    """Say, relay, deliver, crash, refuse, retry, replay, archive, in any order."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground, self.troubles = ground, Troubles()
        ground.run(EMPTY)
        self.on = listener(self.troubles)
        self.wire = Wire(self.on)
        self.relays = [self._relay(), self._relay()]
        self.said: dict[str, list[int]] = {key: [] for key in KEYS}
        self.archived: set[tuple[str, int]] = set()
        self.last = 0
        self.kept: list[tuple[str, UUID, str, int]] = []
        self.unsent: list[tuple[str, int, bool]] = []
        self.speaks = 0
        self.ground.sessions.kw["info"]["hand"] = lambda rows: self.relays[self.speaks].hand(rows)

    def _relay(self) -> Relay:
        made = Relay("hearer", self.ground.sessions, self.wire)
        made.state = "ok"
        return made

    @rule(
        which=st.integers(0, 1),
        keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=3),
        meets=st.none() | st.tuples(st.sampled_from((*TOLD, "noted")), st.sampled_from(TROUBLES)),
        dies=dies,
    )
    def say(self, keys: list[str], meets: tuple[str, str] | None, dies: bool, which: int = 0) -> None:
        """A transaction of one of two processes that says something of each key."""
        self.speaks = which
        numbers = [self.last + offset for offset in range(1, len(keys) + 1)]
        self.last += len(keys)

        async def saying() -> None:
            async with self.ground.sessions.begin() as session:
                for key, number in zip(keys, numbers, strict=True):
                    emit(session, Told(thing=key, number=number))

        if not self.ground.until_killed(saying(), 0 if dies else NEVER):
            return
        for key, number in zip(keys, numbers, strict=True):
            self.said[key].append(number)
        if meets and meets != ("collect", "early"):
            self.troubles.of[meets[0], numbers[0]] = meets[1]

    @precondition(lambda self: any(not refused for _, _, refused in self.unsent))
    @rule(which=st.integers(0, 1), fate=st.sampled_from(FATES), handed=st.booleans())
    def relay(self, which: int, fate: str, handed: bool = False) -> None:
        """One of two relays sends what was handed to it or what there is, as far as the connection and its process live."""
        self.wire.fate = fate
        send = "send_handed" if handed else "relay_once"
        self.ground.until_killed(getattr(self.relays[which], send)())
        if fate == "killed before the delete":
            self.relays[which] = self._relay()

    @precondition(lambda self: any(self.wire.queues.values()))
    @rule(
        which=st.integers(0, 4), first=st.integers(0, 2), count=st.integers(1, 4), later=st.integers(0, 2),
        again=st.booleans(), failing=fails, commits=lives, acknowledged=st.sampled_from((True, True, False)),
    )  # fmt: skip
    def deliver(
        self, which: int, first: int, count: int, later: int, again: bool, failing: int, commits: int, acknowledged: bool
    ) -> None:  # fmt: skip
        """Some to a process, also out of their turn where two may be; commits fail, more arrive, it ends; what is not acknowledged comes again."""
        busy = [name for name, queue in self.wire.queues.items() if queue]
        handler = self.on.handlers[busy[which % len(busy)]]
        queue = self.wire.queues[handler.name]
        first = 0 if handler.order == "in_order" else first % len(queue)
        taken, after = queue[first : first + count], queue[first + count :][:later]
        self._consumed(handler, taken * 2 if again else taken, after, failing, commits, acknowledged)

    def _consumed(
        self, handler: Handler, taken: Sequence[Message], after: Sequence[Message] = (),
        failing: int = 0, commits: int = NEVER, acknowledged: bool = True,
    ) -> None:  # fmt: skip
        """A process with one consumer, from its first message until nothing is left to do or it ends."""
        coming = list(after)

        async def consuming() -> None:
            batcher = Batcher(handler, self.ground.sessions, Acknowledgements(), asyncio.Semaphore(2))
            channel = Channel(self.wire.queues[handler.name], batcher)
            channel.is_closed = not acknowledged
            self.ground.life.failing = failing
            self.ground.life.meanwhile = lambda: channel.deliver([coming.pop(0)] if coming else [])
            channel.deliver(taken)
            batcher.start()
            await batcher.stop()

        self.ground.until_killed(consuming(), commits)

    @precondition(lambda self: any(state in ("retrying", "waiting") for _, _, state, _ in self.kept))
    @rule(commits=lives)
    def retry(self, commits: int) -> None:
        """The moment has come for all that waits."""
        self.ground.run(DUE)
        self.ground.until_killed(retrying.retry_due(self.on, self.ground.sessions), commits)

    @precondition(lambda self: any(state == "dead" for _, _, state, _ in self.kept))
    @rule(choose=st.integers(0, 5), how=st.sampled_from(("retry", "replay", "archive")), dies=dies)
    def attend(self, choose: int, how: str, dies: bool) -> None:
        """A person looks at one of the dead messages: its cause is gone and it runs again, or it is put aside."""
        dead = [row for row in self.kept if row[2] == "dead"]
        handler, message_id, _, number = dead[choose % len(dead)]
        lived = self.ground.until_killed(
            self._attended(handler, message_id, number, how), 0 if dies else NEVER
        )
        if lived and how == "archive":
            self.archived.add((handler, number))

    async def _attended(self, handler: str, message_id: UUID, number: int, how: str) -> None:
        name, key = f"hearer.{handler}", next(key for key in KEYS if number in self.said[key])
        async with self.ground.sessions.begin() as session:
            if how == "archive":
                await repairing.archive(session, name, message_id)
                return
            self.troubles.of.pop((handler, number), None)
            if how == "retry":
                await repairing.retry(session, name, message_id)
            else:
                await repairing.edit_and_replay(session, name, message_id, {"thing": key, "number": number})

    @precondition(lambda self: any(refused for _, _, refused in self.unsent))
    @rule()
    def send_again(self) -> None:
        """What the broker never confirmed goes back to the outbox."""

        async def sending() -> None:
            async with self.ground.sessions.begin() as session:
                for row in await unsent.unsent(session):
                    await unsent.send_again(session, row.id)

        self.ground.until_killed(sending())

    @invariant()
    def promises_are_kept(self) -> None:
        """Once, in order, and nothing lost on the way."""
        self.kept, self.unsent = self.ground.rows(KEPT), self.ground.rows(UNSENT)
        effects: dict[str, list[tuple[str, int]]] = {name: [] for name in (*TOLD, "noted")}
        for handler, key, number in self.ground.rows(EFFECTS):
            effects[handler].append((key, number))
        for handler, found in effects.items():
            assert len(set(found)) == len(found), f"{handler}: twice among {found}"
        for key in KEYS:
            self._ordered(key, effects)
        self._nothing_lost(effects)

    def _ordered(self, key: str, effects: dict[str, list[tuple[str, int]]]) -> None:
        sequences = [one.sequence for one in self.wire.published[key] if one.topic == Told.topic()]
        assert sequences == sorted(sequences), f"published {key} in the order {sequences}"
        followed = _of(key, effects["follow"])
        due = self._due("follow", key)
        assert followed == due[: len(followed)], f"followed {key}: {followed}, said {due}"
        kept = _of(key, effects["keep"])
        assert kept == sorted(kept), f"kept {key}: {kept}"

    def _nothing_lost(self, effects: dict[str, list[tuple[str, int]]]) -> None:
        waiting = {number for topic, number, _ in self.unsent if topic == Told.topic()}
        held = {(handler, number) for handler, _, _, number in self.kept}
        for handler in TOLD:
            queued = {
                Told.model_validate_json(body).number for _, body in self.wire.queues[f"hearer.{handler}"]
            }
            for key in KEYS:
                done = _of(key, effects[handler])
                stale = max(done, default=0) if handler == "keep" else 0
                for number in self.said[key]:
                    where = number in waiting or (handler, number) in held or number in queued
                    assert where or number in done or number < stale, f"{handler}: {number} is lost"

    def _due(self, handler: str, key: str) -> list[int]:
        return [number for number in self.said[key] if (handler, number) not in self.archived]

    def teardown(self) -> None:
        """Every cause goes away; when all is quiet, each thing said has taken effect once, or a person put it aside."""
        self.troubles.of.clear()
        for _ in range(MOST_ROUNDS):
            if not self.ground.rows(LEFT) and not any(self.wire.queues.values()):
                break
            self._go_on()
        self.promises_are_kept()
        effects = self.ground.rows(EFFECTS)
        for key in KEYS:
            for handler in TOLD:
                done = [number for by, of, number in effects if (by, of) == (handler, key)]
                due = self._due(handler, key)
                self._complete(handler, done, due)
            noted = [number for by, of, number in effects if (by, of) == ("noted", key)]
            answered = set(self._due("answer", key)) & set(self._due("noted", key))
            assert sorted(noted) == sorted(answered), f"noted: {noted}, answered {answered}"

    def _complete(self, handler: str, done: Sequence[int], due: Sequence[int]) -> None:
        if handler == "keep":
            assert done[-1:] == due[-1:], f"kept {done}, said {due}"
        else:
            assert sorted(done) == list(due), f"{handler}: {done}, said {due}"

    def _go_on(self) -> None:
        self.send_again()
        self.relay(0, "confirmed")
        for handler in self.on.handlers.values():
            self._consumed(handler, list(self.wire.queues[handler.name]))
        for handler, message_id, state, number in self.ground.rows(KEPT):
            if state == "dead":
                self.ground.do(self._attended(handler, message_id, number, "retry"))
        self.retry(NEVER)


def _of(key: str, effects: Sequence[tuple[str, int]]) -> list[int]:
    return [number for of, number in effects if of == key]
