"""The way of a message from its channel to its batcher.

The libraries open, restore and watch the channel. The first message of a channel comes their way and opens the short one
(`shared/messaging/reading.py`) for those that follow; where it is not open, messages come the libraries' way, only slower.
"""

from collections.abc import Mapping
from typing import Any

from shared.messaging.batch import Batcher
from shared.messaging.delivery import described
from shared.messaging.envelope import attributes
from shared.messaging.reading import Socket, Way


class Arrivals:
    """What arrives for one handler, in the order in which its channel delivers it."""

    def __init__(self, batcher: Batcher, socket: Socket) -> None:
        self._batcher, self._socket = batcher, socket
        self._way: Way | None = None

    async def consume(self, raw: Any) -> None:
        """A message as aio-pika hands it on."""
        channel, tag = raw.channel, raw.delivery_tag  # now: later, its channel may be lost
        if self._way is None or self._way.channel is not channel:
            self._way = self._socket.open(channel, self._put)
        try:
            self._put(channel, tag, raw.routing_key, attributes(raw.headers), raw.message_id, raw.body)
        finally:
            self._way.newest = tag

    def _put(
        self,
        channel: Any,
        tag: int,
        key: str | None,
        found: Mapping[str, str],
        message_id: str | None,
        body: bytes,
    ) -> None:
        handler = self._batcher.handler
        # A message that was dead-lettered and came back carries the queue's name, not the topic it was said under.
        topic = handler.topics[0] if key == handler.name else key or ""
        self._batcher.put(described(found, body, topic, message_id, (channel, tag)))
