"""Which message of a batch an event was said for: the one that shares with it the value fewest others have."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.events.base import Event
from shared.messaging.envelope import Envelope

NAMING = (UUID, str)


class Causes:
    """The ids and names in the messages of a batch, and who spoke them last."""

    def __init__(self, heard: Sequence[Any], envelopes: Sequence[Envelope]) -> None:
        self._envelopes = envelopes
        self._spoken: dict[UUID | str, tuple[int, int]] = {}
        for position, event in enumerate(heard):
            for value in _values(event):
                times, _ = self._spoken.get(value, (0, 0))
                self._spoken[value] = times + 1, position

    def of(self, said: Event) -> Envelope:
        """The message with the rarest value in common; the newest where nothing is."""
        shared = [self._spoken[value] for value in _values(said) if value in self._spoken]
        if not shared:
            return self._envelopes[-1]
        _, position = min(shared, key=lambda found: (found[0], -found[1]))
        return self._envelopes[position]


def _values(event: Any) -> set[UUID | str]:
    fields = getattr(event, "__dict__", {})  # asking whether it is an Event costs more than all the rest
    return {value for value in fields.values() if value and isinstance(value, NAMING)}
