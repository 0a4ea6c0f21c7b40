"""Which message of a batch an event was said for: the one that shares with it the value fewest others have."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.events.base import Event
from shared.messaging.envelope import Envelope

NAMING = (UUID, str)


class Causes:
    """The ids and names in the messages of a batch: how many speak each, and which did last."""

    def __init__(self, heard: Sequence[Any], envelopes: Sequence[Envelope]) -> None:
        self._envelopes = envelopes
        self._spoken: dict[UUID | str, list[int]] = {}
        for position, event in enumerate(heard):
            for value in _names(event):
                spoken = self._spoken.setdefault(value, [0, 0])
                if not spoken[0] or spoken[1] != -position:  # once an event, however often it speaks it
                    spoken[0] += 1
                    spoken[1] = -position

    def of(self, said: Event) -> Envelope:
        """The message with the rarest value in common; the newest where nothing is."""
        shared = [spoken for value in _names(said) if (spoken := self._spoken.get(value))]
        return self._envelopes[-min(shared)[1] if shared else -1]


def _names(event: Any) -> list[UUID | str]:
    fields = getattr(event, "__dict__", {})  # asking whether it is an Event costs more than all the rest
    return [value for value in fields.values() if isinstance(value, NAMING) and value]
