"""Starts and stops the parts of delivery that this process plays, and says truthfully how each is."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging.listener import Listener
from shared.settings import Settings


class Runtime:
    """The running parts of one service."""

    def __init__(
        self, on: Listener, sessions: async_sessionmaker[AsyncSession], settings: Settings, hub: object = None
    ) -> None:
        self.on, self.sessions, self.settings, self.hub = on, sessions, settings, hub

    async def start(self) -> None:
        """Nothing runs yet."""

    async def stop(self) -> None:
        """Nothing runs yet."""

    async def parts(self) -> dict[str, str]:
        """How each part is."""
        return {}
