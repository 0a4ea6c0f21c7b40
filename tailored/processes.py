"""The whole system as processes over RabbitMQ: `python -m tailored.processes --home .tailored --port 8000`.

One uvicorn for each service (or several: replicas), a database for each on an embedded PostgreSQL or a server that is
given, and a front on one port. Each process logs to a file in the home, and all end when whoever started them ends.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError

from shared.messaging import topology
from tailored import broker, postgres
from tailored.broker import Broker, free_ports
from tailored.front import Running as Front
from tailored.parent import end_with_parent
from tailored.postgres import DATABASES, Given
from tailored.single import databases, keys
from tailored.topology import hold

PATIENCE = 240.0
SMALL = {"POOL_SIZE": "4", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class NotReady(RuntimeError):  # noqa: N818 - it reads as what it is
    """A service did not come up; the message says which, with the end of its log."""


@dataclass
class Replica:
    """One process of a service."""

    service: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def lives(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def parts(self) -> dict[str, str] | None:
        """Each part and how it is, as the process says; none where it does not answer."""
        try:
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                told = json.loads(answer.read())
        except urllib.error.HTTPError as unready:
            told = json.loads(unready.read())
        except (URLError, OSError):
            return None
        return dict(told["parts"])

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end of the process."""
        if self.lives:
            self.process.send_signal(by)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        self.process.stdin.close()


class System:
    """Five services, each in processes of its own, behind one front."""

    def __init__(self, home: Path, port: int, rabbit: Broker, urls: Mapping[str, str]) -> None:
        """`urls` are the addresses of the services' databases, which are migrated."""
        self.home, self.port, self.rabbit, self.urls = home, port, rabbit, urls
        self.url = f"http://127.0.0.1:{port}"
        self.running: list[Replica] = []
        self.upstreams: dict[str, list[int]] = {name: [] for name in DATABASES}
        self._front: Front | None = None
        home.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """The broker's shape first, so that no relay speaks to nobody; then every service, then the front."""
        asyncio.run(topology.apply(self.rabbit.url, topology.whole_map()))
        if self.rabbit.management:
            hold(self.rabbit.url, self.rabbit.management)
        for name in DATABASES:
            self._start(name)
        self._front = Front(self.upstreams, self.port)

    def stop(self) -> None:
        """All at once, in order; the front last."""
        for replica in self.running:
            if replica.lives:
                replica.process.terminate()
        for replica in self.running:
            replica.end()
        self.running = []
        self._tell()
        if self._front:
            self._front.stop()

    def kill(self, service: str, by: signal.Signals = signal.SIGKILL) -> list[int]:
        """Every process of a service; their process ids."""
        gone = self.of(service)
        for replica in gone:
            replica.end(by)
        return [replica.process.pid for replica in gone]

    def restart(self, service: str) -> list[int]:
        """As many processes of a service as it had; those that still run end in order first. The new process ids."""
        before = self.of(service)
        for replica in before:
            replica.end()
        self.running = [replica for replica in self.running if replica.service != service]
        return [self._start(service).process.pid for _ in range(max(1, len(before)))]

    def replicas(self, service: str, number: int) -> list[int]:
        """So many processes of a service; their process ids."""
        for replica in self.of(service)[number:]:
            replica.end()
            self.running.remove(replica)
        while len(self.of(service)) < number:
            self._start(service)
        self._tell()
        return [replica.process.pid for replica in self.of(service)]

    def of(self, service: str) -> list[Replica]:
        """The processes of a service, the dead ones too."""
        return [replica for replica in self.running if replica.service == service]

    def ready(self, patience: float = PATIENCE) -> float:
        """Wait until every process says that all its parts work; the seconds that took."""
        began = time.monotonic()
        for replica in list(self.running):
            while (parts := replica.parts()) is None or set(parts.values()) != {"ok"}:
                if not replica.lives or time.monotonic() - began > patience:
                    end = replica.log.read_text(errors="replace")[-1500:]
                    raise NotReady(
                        f"{replica.service} (pid {replica.process.pid}) is not ready: {parts}\n{end}"
                    )
                time.sleep(0.1)
        return time.monotonic() - began

    def revive(self) -> list[Replica]:
        """Start again what has died by itself; what was started."""
        dead = [replica for replica in self.running if not replica.lives]
        self.running = [replica for replica in self.running if replica not in dead]
        for replica in dead:
            replica.end()
        return [self._start(replica.service) for replica in dead]

    def _start(self, service: str) -> Replica:
        port, number = free_ports(1)[0], len(self.of(service)) + 1
        log = self.home / f"{service}{'' if number == 1 else f'-{number}'}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "tailored.child", service, str(port)],
                env=_inherited() | self._environment(service),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )
        self.running.append(Replica(service, port, log, process))
        self._tell()
        return self.running[-1]

    def _environment(self, service: str) -> dict[str, str]:
        private, public = keys(self.home)
        management = {"RABBITMQ_MANAGEMENT_URL": self.rabbit.management} if self.rabbit.management else {}
        return {
            **SMALL,
            **management,
            **({"SIGNING_KEY": private} if service == "gateway" else {}),
            "DATABASE_URL": self.urls[service],
            "RABBITMQ_URL": self.rabbit.url,
            "ENVIRONMENT": "demo",
            "VERIFY_KEY": public,
            "SERVICES_URL": self.url,
        }

    def _tell(self) -> None:
        """The front and whoever reads `processes.txt` learn who runs where."""
        for name in DATABASES:
            self.upstreams[name] = [replica.port for replica in self.of(name)]
        lines = [f"{replica.service} {replica.process.pid}\n" for replica in self.running]
        (self.home / "processes.txt").write_text("".join(lines))


def _inherited() -> dict[str, str]:
    """Our own environment, but what Python compiles is kept: a service that was killed is back the sooner."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def keep(system: System) -> None:
    """Until we are told to stop, what dies is started again."""
    while True:
        time.sleep(0.3)
        for replica in system.revive():
            print(
                f"{replica.service} had ended and was started again (pid {replica.process.pid})", flush=True
            )


def main() -> None:
    """Run until told to stop."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--home", type=Path, default=Path(".tailored"))
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--postgres", help="postgresql://... of a server where databases may be made")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        end_with_parent()
    with ExitStack() as ends, suppress(KeyboardInterrupt):
        given.home.mkdir(parents=True, exist_ok=True)
        server = Given(given.postgres, given.home) if given.postgres else postgres.start(given.home)
        ends.callback(server.stop)
        rabbit = broker.find(given.home)
        ends.callback(rabbit.stop)
        system = ends.enter_context(System(given.home, given.port, rabbit, databases(server)))
        print(f"{system.url}: {len(system.running)} processes over {rabbit.how}", flush=True)
        print(f"ready after {system.ready():.1f} s", flush=True)
        keep(system)


if __name__ == "__main__":
    main()
