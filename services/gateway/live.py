"""`/live`: tells every open page what changed, in whichever process it was heard."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from services.gateway.logbook import CHANNEL
from shared.database import listen

KEPT = 500
BREATH = 15.0


@dataclass
class Live:
    """One LISTEN connection a process, open while anybody looks; each looker has a queue of its own."""

    database_url: str
    lookers: set["asyncio.Queue[str]"] = field(default_factory=set)
    ears: "asyncio.Task[None] | None" = None

    async def changes(self) -> AsyncIterator[str]:
        """Server-sent events, until the reader leaves."""
        queue: asyncio.Queue[str] = asyncio.Queue(KEPT)
        self.lookers.add(queue)
        if self.ears is None or self.ears.done():
            self.ears = asyncio.create_task(self._listen())
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), BREATH)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.lookers.discard(queue)
            if not self.lookers and self.ears:
                self.ears.cancel()
                self.ears = None

    async def _listen(self) -> None:
        await listen(self.database_url, CHANNEL, self._hear, lambda: self._say("everything", "", ""))

    def _hear(self, told: str) -> None:
        for kind, id_, name in json.loads(told):
            self._say(kind, id_, name)

    def _say(self, kind: str, id_: str, name: str) -> None:
        said = f"event: {kind}\ndata: {json.dumps({'kind': kind, 'id': id_, 'type': name})}\n\n"
        for queue in self.lookers:
            if queue.full():  # a reader that fell behind is told once that everything may have changed
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait("event: everything\ndata: {}\n\n")
            queue.put_nowait(said)
