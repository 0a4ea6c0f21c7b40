"""New ids: time-ordered, so that indexes stay dense and the newest comes last."""

import os
import time
from collections.abc import Callable
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as QUICK  # type: ignore[import-untyped]

VERSION_AND_VARIANT = 7 << 76 | 2 << 62
CHANCE = (1 << 62) - 1
IN_A_MILLISECOND = 1_000_000


class Ids:
    """UUIDv7 with 60 bits of time, in steps of a quarter of a microsecond; each is above the one before."""

    def __init__(self, nanoseconds: Callable[[], int] = time.time_ns) -> None:
        self._nanoseconds, self._newest = nanoseconds, -1

    def __call__(self) -> UUID:
        """A new id."""
        newest = self._newest = max(self._newest + 1, (self._nanoseconds() << 12) // IN_A_MILLISECOND)
        moment = (newest >> 12) << 80 | (newest & 0xFFF) << 64
        made = moment | VERSION_AND_VARIANT | int.from_bytes(os.urandom(8)) & CHANCE
        return quick(made.to_bytes(16))


uuid7 = Ids()


def quick(text: str | bytes) -> UUID:
    """An id by its hexadecimal digits or sixteen bytes, in the driver's own class of UUIDs: made eight times as quickly.

    Raises ValueError where it is none; braces and `urn:uuid:` are none.
    """
    made: UUID = QUICK(text)
    return made
