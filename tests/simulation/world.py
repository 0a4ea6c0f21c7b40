"""One run: processes that live, die and live again over a broker or a hub, until everything is quiet; then the judgement."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import async_sessionmaker

from shared.messaging import retrying
from shared.messaging.batch import Batcher
from shared.messaging.ending import end
from shared.messaging.inprocess import Hub, HubConsumer
from shared.messaging.listener import Listener
from shared.messaging.rabbit import Acknowledgements
from shared.messaging.relay import Relay
from shared.messaging.runtime import Loop
from tests.simulation.broker import Broker, Receiving, Sending
from tests.simulation.clockwork import Gate, Stuck
from tests.simulation.database import Monitor, Slot
from tests.simulation.system import KEYS, Plan, hearer_of, say, teller_of

NUMBERS = 6
LONGEST = 1500.0
LOOK = 9.0
LEFT = """
SELECT (SELECT count(*) FROM teller.outbox) + (SELECT count(*) FROM hearer.outbox)
  + (SELECT count(*) FROM teller.arrival) + (SELECT count(*) FROM hearer.arrival)
  + (SELECT count(*) FROM hearer.failed_message WHERE state <> 'dead') + (SELECT count(*) FROM teller.failed_message)
"""


class Process:
    """One process of the system: what it runs, and the slot that its connections belong to."""

    def __init__(self, world: "World", slot: Slot, services: tuple[str, ...], *, speaks: bool) -> None:
        self.world, self.slot, self.services, self.speaks = world, slot, services, speaks
        self.tasks: list[asyncio.Task[None]] = []
        self.receiving: list[Receiving] = []
        self.sending: list[Sending] = []

    def start(self) -> None:
        """All its parts."""
        self.slot.dead = False
        self.tasks, self.receiving, self.sending, self._wakes = [], [], [], {}
        hub = None if self.world.broker else Hub()
        if hub:
            hub.expected = set(self.services)
        for name in self.services:
            on = self.world.listeners[name]
            sessions: Any = async_sessionmaker(self.slot.engine(name), expire_on_commit=False)
            wakes: dict[str, Callable[[], None]] = {}
            relay = Relay(name, sessions, self._listen(on, sessions, hub))
            sessions.configure(
                info={
                    "wake": lambda parts, wakes=wakes: [wakes[part]() for part in parts & wakes.keys()],
                    "hand": relay.hand,
                }
            )
            retries = Loop(
                "retrying", lambda on=on, sessions=sessions: retrying.retry_due(on, sessions), LOOK
            )
            wakes |= {"relay": relay.wake, "retrying": retries.wake}
            self._run(f"{name} relay", relay.run())
            self._run(f"{name} retrying", retries.run())
            for number, sayings in enumerate(self.world.sayings if self.speaks and name == "teller" else ()):
                self._run(f"speaker {number}", self._speak(sessions, sayings))

    def _listen(self, on: Listener, sessions: Any, hub: Hub | None) -> Any:
        """Hear by the real consumer's parts; what it gives back is where the relay sends."""
        if hub:
            consumer = HubConsumer(hub.join(on, sessions), 3)
            self._run(f"{on.service} consumer", consumer.run())
            self.world.later.append((self, consumer))
            return hub.transport_for(on.service)
        free = asyncio.Semaphore(3)
        broker = self.world.broker
        assert broker
        for handler in on.handlers.values():
            batcher = Batcher(handler, sessions, Acknowledgements(), free)
            batcher.start()
            for number, worker in enumerate(batcher._workers):
                worker.set_name(f"{handler.name} {number}")
            self.tasks += batcher._workers
            self.receiving.append(Receiving(broker.queues[handler.name], batcher, self.slot))
            self._run(f"{handler.name} channel", self.receiving[-1].run())
        self.sending.append(Sending(broker, self.slot))
        return self.sending[-1]

    def _run(self, name: str, part: Any) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(part, name=name))

    async def _speak(self, sessions: Any, sayings: list[tuple[int, str]]) -> None:
        for number, keys in sayings:
            while True:
                try:
                    await say(sessions, number, keys)
                    break
                except Exception:  # noqa: BLE001 - killed or reset: said again
                    await asyncio.sleep(1)

    def reset(self) -> None:
        """Every connection to the broker or, where there is none, to the database."""
        for one in self.receiving:
            one.channel.close()
        for sending in self.sending:
            sending.cut = True

    async def end(self) -> None:
        """As SIGKILL: nothing that it still does has an effect; the server rolls back what it had not committed."""
        self.slot.dead = True
        self.slot.give_up_waiting(self.world.monitor)
        self.slot.gate.expel(self.slot.name)
        for _ in range(4):
            await self.slot.gate.step(0)
        for process, consumer in self.world.later:
            if process is self:
                self.tasks += consumer._tasks
        self.world.later = [one for one in self.world.later if one[0] is not self]
        await end(self.tasks)
        for one in self.receiving:
            one.channel.close()


class World:
    """Everything that one seed decides."""

    def __init__(self, seed: int, gate: Gate, slots: dict[str, Slot], monitor: Monitor) -> None:
        gate.begin(seed)
        random.seed(seed)
        self.gate, self.monitor, self.chance = gate, monitor, random.Random(seed)
        self.plan = Plan.of(self.chance, NUMBERS)
        self.listeners = {"teller": teller_of(self.plan), "hearer": hearer_of(self.plan)}
        self.later: list[tuple[Process, HubConsumer]] = []
        self.broker = Broker(self.chance) if self.chance.random() < 0.7 else None
        self.sayings = self._sayings()
        if self.broker:
            for on in self.listeners.values():
                for handler in on.handlers.values():
                    self.broker.add(handler)
            two = self.chance.random() < 0.5
            roles = [
                ("teller", ("teller",)),
                ("hearer", ("hearer",)),
                *([("other", ("hearer",))] if two else []),
            ]
        else:
            roles = [("single", ("teller", "hearer"))]
        self.processes = [
            Process(self, slots[name], services, speaks="teller" in services) for name, services in roles
        ]
        self.faults = sorted(
            self.chance.randrange(10, 400) for _ in range(self.chance.choice((0, 1, 1, 2, 3)))
        )

    def _sayings(self) -> list[list[tuple[int, str]]]:
        """Two speakers; a transaction says one number of one key, or three numbers of three."""
        numbers, halves = 0, ([], [])
        while numbers < NUMBERS:
            keys = KEYS if numbers + 3 <= NUMBERS and self.chance.random() < 0.2 else self.chance.choice(KEYS)
            self.chance.choice(halves).append((numbers, keys))
            numbers += len(keys)
        return list(halves)

    async def play(self) -> list[str]:
        """What is wrong at the end; nothing, where every promise was kept."""
        for process in self.processes:
            process.start()
        chaos = [asyncio.get_running_loop().create_task(self._fault(step)) for step in self.faults]
        try:
            await self._until_quiet()
            return self.judge()
        except Stuck as stuck:
            return [f"it never came to rest: {stuck}"]
        finally:
            await end(chaos)
            for process in self.processes:
                await process.end()

    async def _fault(self, step: int) -> None:
        await self.gate.step(step)
        process = self.chance.choice(self.processes)
        kind = self.chance.choice(("kill", "kill", "reset", "database"))
        self.gate.trace.append(f"-- {kind} {process.slot.name}")
        if kind == "kill":
            await process.end()
            await asyncio.sleep(self.chance.uniform(0, 3))
            process.start()
        elif kind == "reset":
            process.reset()
        else:
            process.slot.reset(self.monitor)

    async def _until_quiet(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._quiet():
            if loop.time() - began > LONGEST:
                raise Stuck(f"after 25 minutes something is left: {self._left()}")
            await asyncio.sleep(5)
            if self.broker and loop.time() - began > 120:
                self.broker.faulty = False

    def _quiet(self) -> bool:
        [(said,)] = self.monitor.fetch("SELECT count(*) FROM teller.said")
        return said == NUMBERS and not self._left() and (self.broker is None or self.broker.quiet())

    def _left(self) -> int:
        [(left,)] = self.monitor.fetch(LEFT)
        return int(left)

    def judge(self) -> list[str]:
        """Every promise, held against what stands in the databases."""
        wrong: list[str] = []
        effects: dict[str, list[tuple[str, int]]] = {
            name: [] for name in ("noted", "answer", "follow", "keep", "collect")
        }
        both = "SELECT handler, what, number FROM {}.effect ORDER BY id"
        for service in ("teller", "hearer"):
            for handler, key, number in self.monitor.fetch(both.format(service)):
                effects[handler].append((key, number))
        all_numbers = set(range(NUMBERS))
        refused = self.plan.refused | self.plan.refused_late
        for handler, expected in (
            ("collect", all_numbers), ("follow", all_numbers), ("answer", all_numbers - refused), ("noted", all_numbers - refused),
        ):  # fmt: skip
            found = sorted(number for _, number in effects[handler])
            if found != sorted(expected):
                wrong.append(f"{handler}: took effect {found}, expected {sorted(expected)}")
        wrong += self._out_of_order(effects)
        dead = self.monitor.fetch(
            "SELECT convert_from(body, 'UTF8')::jsonb->>'number', code FROM hearer.failed_message"
        )
        rejected = self.monitor.fetch(
            "SELECT id FROM teller.outbox_rejected UNION SELECT id FROM hearer.outbox_rejected"
        )
        if rejected:
            wrong.append(f"{len(rejected)} good messages were put aside by a relay")
        if {int(number) for number, _ in dead} != refused:
            wrong.append(f"kept as dead: {sorted(dead)}, expected {sorted(refused)}")
        return wrong

    def _out_of_order(self, effects: dict[str, list[tuple[str, int]]]) -> list[str]:
        wrong = []
        published = (
            [(one.key, one.sequence) for one in self.broker.published if one.topic == "teller.told"]
            if self.broker
            else []
        )
        said = self._said_in_order()
        for key in KEYS:
            followed = [number for of, number in effects["follow"] if of == key]
            if followed != said[key]:
                wrong.append(f"followed {key}: {followed}, said {said[key]}")
            kept = [number for of, number in effects["keep"] if of == key]
            if said[key] and (not kept or kept[-1] != said[key][-1] or len(set(kept)) != len(kept)):
                wrong.append(f"kept {key}: {kept}, said {said[key]}")
            sequences = [sequence for of, sequence in published if of == key]
            if sequences != sorted(sequences):
                wrong.append(f"published {key} in the order {sequences}")
        return wrong

    def _said_in_order(self) -> dict[str, list[int]]:
        """The order of each key's commits."""
        rows = self.monitor.fetch("SELECT key, number FROM teller.said ORDER BY version")
        return {key: [number for of, number in rows if of == key] for key in KEYS}
