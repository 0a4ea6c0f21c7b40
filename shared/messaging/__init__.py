"""Delivery: what is said in a committed transaction takes effect once in everyone who listens."""

from shared.messaging.clock import now, today
from shared.messaging.envelope import Envelope, envelope
from shared.messaging.jobs import Job, Work
from shared.messaging.listener import Heard, Listener
from shared.messaging.outbox import emit
from shared.messaging.plain import plain
from shared.messaging.schedule import Timer
from shared.messaging.waiting import known
from shared.statements import Plain

__all__ = [
    "Envelope",
    "Heard",
    "Job",
    "Listener",
    "Plain",
    "Timer",
    "Work",
    "emit",
    "envelope",
    "known",
    "now",
    "plain",
    "today",
]
