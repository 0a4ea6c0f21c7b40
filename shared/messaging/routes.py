"""A relay opens only when every queue that the map binds to what it says is really there."""

from yarl import URL

from shared.messaging import topology
from shared.messaging.addresses import addresses
from shared.messaging.listener import EVERYTHING, Listener
from shared.messaging.publish import Publisher
from shared.messaging.relay import Messages
from shared.settings import Settings


class TopologyIncomplete(Exception):  # noqa: N818 - it says what is the matter
    """A queue or binding of the map is missing on the broker: `tailored topology apply`."""


class RoutedPublisher:
    """The publisher, and the check before each new connection."""

    def __init__(self, publisher: Publisher, on: Listener, settings: Settings) -> None:
        self._publisher, self._service = publisher, on.service
        self._urls, self._management = settings.rabbitmq_url or "", settings.rabbitmq_management_url
        known = {queue.name: queue for queue in topology.whole_map(settings.topology_map)}
        self._map = (known | {queue.name: queue for queue in topology.queues_of(on)}).values()

    async def connect(self) -> None:
        """Check the map, then connect; raises TopologyIncomplete while something is missing."""
        if not self._publisher.connected:
            missing = await self.missing()
            if missing:
                raise TopologyIncomplete(", ".join(missing))
        await self._publisher.connect()

    async def missing(self) -> list[str]:
        """What of the map is not there. Bindings only the management API shows; without it they are made here."""
        asked = [queue for queue in self._map if self._may_hear_us(queue)]
        if not asked:
            return []
        if self._management:
            vhost = URL(addresses(self._urls)[0]).path.lstrip("/") or "/"
            return [str(one) for one in (await topology.diff(self._management, vhost, asked)).missing]
        return await topology.bind_or_miss(self._urls, asked)

    def _may_hear_us(self, queue: topology.Queue) -> bool:
        return any(topic == EVERYTHING or topic.startswith(f"{self._service}.") for topic in queue.topics)

    async def publish(self, messages: Messages) -> None:
        """As the publisher does."""
        await self._publisher.publish(messages)

    async def unrouted(self) -> int:
        """As the publisher counts."""
        return await self._publisher.unrouted()

    async def drop(self) -> None:
        """As the publisher does."""
        await self._publisher.drop()
