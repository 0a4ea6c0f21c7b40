"""The five services in processes of their own, behind one front; replicas come and go, what dies is started again."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tailored.broker import Broker, free_ports
from tailored.databases import keys
from tailored.front import Running as Front
from tailored.postgres import DATABASES
from tailored.processes import child
from tailored.processes.replica import Replica

PATIENCE = 240.0


class NotReady(RuntimeError):  # noqa: N818 - it reads as what it is
    """A service did not come up; the message says which, with the end of its log."""


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
        child.aside(shape, self.rabbit.url, self.rabbit.management)
        for name in DATABASES:
            self._start(name)
        self._front = Front(self.upstreams, self.port)

    def stop(self) -> None:
        """All at once, in order; the front last."""
        for replica in self.running:
            replica.tell(signal.SIGTERM)
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
        return [replica.pid for replica in gone]

    def restart(self, service: str) -> list[int]:
        """As many processes of a service as it had; those that still run end in order first. The new process ids."""
        before = self.of(service)
        for replica in before:
            replica.end()
        self.running = [replica for replica in self.running if replica.service != service]
        return [self._start(service).pid for _ in range(max(1, len(before)))]

    def replicas(self, service: str, number: int) -> list[int]:
        """So many processes of a service; their process ids."""
        for replica in self.of(service)[number:]:
            replica.end()
            self.running.remove(replica)
        while len(self.of(service)) < number:
            self._start(service)
        self._tell()
        return [replica.pid for replica in self.of(service)]

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
                    raise NotReady(f"{replica.service} (pid {replica.pid}) is not ready: {parts}\n{end}")
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
        process = child.start(service, port, log, self._environment(service))
        self.running.append(Replica(service, port, log, process))
        self._tell()
        return self.running[-1]

    def _environment(self, service: str) -> dict[str, str]:
        private, public = keys(self.home)
        management = {"RABBITMQ_MANAGEMENT_URL": self.rabbit.management} if self.rabbit.management else {}
        return {
            "POOL_SIZE": "1",
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
        lines = [f"{replica.service} {replica.pid}\n" for replica in self.running]
        (self.home / "processes.txt").write_text("".join(lines))


def shape(url: str, management: str | None) -> None:
    """Exchanges, queues, bindings and policies of the map are there."""
    import asyncio  # noqa: PLC0415 - in a process aside, so that ours stays small

    from shared.messaging import topology  # noqa: PLC0415
    from tailored.topology import hold  # noqa: PLC0415

    asyncio.run(topology.apply(url, topology.whole_map()))
    if management:
        asyncio.run(hold(url, management))
