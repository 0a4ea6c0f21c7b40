"""Which time a search is given: wall time where a person waits, its own processor time where only the answer matters."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_clock: ContextVar[Callable[[], float]] = ContextVar("clock", default=time.monotonic)


def moment() -> float:
    """Seconds on the clock of this search; only differences mean anything."""
    return _clock.get()()


@contextmanager
def by_processor_time() -> Iterator[None]:
    """Count what this process computes, so that a busy machine makes an answer late and not worse."""
    before = _clock.set(time.process_time)
    try:
        yield
    finally:
        _clock.reset(before)
