"""New ids: time-ordered, so that indexes stay dense."""

from uuid import UUID

import uuid6


def uuid7() -> UUID:
    """A new UUIDv7."""
    return UUID(int=uuid6.uuid7().int)
