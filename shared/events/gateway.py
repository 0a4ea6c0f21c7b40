"""What the gateway says of its own accord. What enterprises say through it is in `enterprise.py`."""

from datetime import date

from shared.events.base import Code, Event


class ClockAdvanced(Event):
    """In the demo environment only: business time has moved to this day, and timers that are due may fire."""

    key = "clock"
    clock: Code = "business"
    today: date
