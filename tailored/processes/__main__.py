"""Run the whole system until told to stop."""

import argparse
import logging
import os
import signal
import stat
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from tailored import broker, postgres
from tailored.databases import addresses, migrate
from tailored.demo_memory import resident
from tailored.parent import end_with_parent
from tailored.postgres import Given
from tailored.processes.child import FORKS, FRUGAL
from tailored.processes.system import System


def keep(system: System) -> None:
    """Until we are told to stop, what dies is started again."""
    while True:
        time.sleep(0.3)
        for replica in system.revive():
            print(f"{replica.service} had ended and was started again (pid {replica.pid})", flush=True)


def main() -> None:
    """Run until told to stop."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--home", type=Path, default=Path(".tailored"))
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--postgres", help="postgresql://... of a server where databases may be made")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    os.environ |= FRUGAL
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        end_with_parent()
    with ExitStack() as ends, suppress(KeyboardInterrupt):
        given.home.mkdir(parents=True, exist_ok=True)
        server = (
            Given(given.postgres, given.home)
            if given.postgres
            else postgres.start(given.home, shared_buffers="8MB")
        )
        ends.callback(server.stop)
        urls = addresses(server)
        with ProcessPoolExecutor(1, mp_context=FORKS) as aside:
            migrated = aside.submit(migrate, server.plain_url(), urls, server.data)
            rabbit = broker.find(given.home)
            ends.callback(rabbit.stop)
            migrated.result()
        system = ends.enter_context(System(given.home, given.port, rabbit, urls))
        print(f"{system.url}: {len(system.running)} processes over {rabbit.how}", flush=True)
        print(f"ready after {system.ready():.1f} s", flush=True)
        sizes = ", ".join(f"{each.service} {resident(each.pid):.0f}" for each in system.running)
        print(f"resident memory in MB: {sizes}", flush=True)
        keep(system)


if __name__ == "__main__":
    main()
