"""One service in a process of its own, forked from one that has imported what all services need.

So five services start in the time of two, and share the memory of what they have in common. A child ends in order when
whoever started it is gone, even where that was killed.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tailored.processes.preloaded"])
LOUD = ("httpx", "aio_pika", "aiormq", "alembic", "faststream")
ENDS_AT_THE_LATEST_AFTER = 25
FRUGAL = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_TOP_PAD_": "4096",
}
"""Read when a process begins, so set before the one that all are forked from: five services share one machine."""


def start(service: str, port: int, log: Path, environment: Mapping[str, str]) -> ForkServerProcess:
    """The running process of a service; what it says goes to the log."""
    os.environ |= FRUGAL
    process = FORKS.Process(target=serve, args=(service, port, str(log), dict(environment)), name=service)
    process.start()
    return process


def aside(function: Callable[..., Result], *arguments: object) -> Result:
    """What a function answers, from a process that is gone afterwards with all that it had to import."""
    os.environ |= FRUGAL
    with ProcessPoolExecutor(1, mp_context=FORKS) as once:
        return once.submit(function, *arguments).result()


def serve(service: str, port: int, log: str, environment: dict[str, str]) -> None:
    """In the child: serve until told to stop."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.close(out)
    os.environ.update(environment)
    with suppress(OSError):
        Path("/proc/self/comm").write_text(service, encoding="ascii")  # what `ps` and `top` show
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stdout
    )
    for loud in LOUD:
        logging.getLogger(loud).setLevel(logging.WARNING)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn  # noqa: PLC0415 - it is there already where we are forked

    uvicorn.run(
        f"services.{service}.app:create",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDS_AT_THE_LATEST_AFTER)
    os._exit(1)
