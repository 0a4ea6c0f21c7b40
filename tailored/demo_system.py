"""Which shape the demo's system has: one process with an in-process hub, or a process per service over RabbitMQ."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from rich.console import Console

RABBITMQ_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
KILLED = "curriculum"
GUEST = "amqp://guest:guest@127.0.0.1:5672/"


@dataclass
class Running:
    """The system as a child process that ends with us."""

    url: str
    module: str
    arguments: list[str]
    log: Path
    child: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, if it does not run."""
        if self.child and self.child.poll() is None:
            return
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", self.module, *self.arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **self.environment},
            )

    def kill_one(self) -> str:
        """SIGKILL: a service where each has its process, else everything but PostgreSQL; says which."""
        assert self.child
        pids = self.log.with_name("processes.txt")
        if self.module.endswith("processes") and pids.exists():
            name, pid = next(line.split() for line in pids.read_text().splitlines() if line.startswith(KILLED))
            os.kill(int(pid), signal.SIGKILL)
            return f"{name} (pid {pid})"
        pid = str(self.child.pid)
        self.child.kill()
        self.child.wait()
        return f"tailored.single (pid {pid})"

    def stop(self) -> None:
        """An orderly end: its input closes, and it stops what it started."""
        if self.child is None or self.child.poll() is not None:
            return
        with suppress(OSError):
            assert self.child.stdin
            self.child.stdin.close()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()


def choose(  # noqa: PLR0913, PLR0917 - what the command line says
    transport: str, port: int, home: Path, lang: str, console: Console, replicas: str = ""
) -> Running:
    """The first line of the demo: which shape, and how to get the other."""
    free = _free(port)
    if free != port:
        console.print(f"端口 {port} 已被占用，改用 {free}" if lang == "zh" else f"Port {port} is taken: {free} instead")
    rabbit = rabbitmq_url() if transport != "in-process" else None
    if transport == "rabbitmq" and rabbit is None:
        raise ValueError("no RabbitMQ answers: set RABBITMQ_URL, or apt-get install rabbitmq-server and start it")
    where = ["--home", str(home), "--port", str(free)]
    log = home / "system.log"
    url = f"http://127.0.0.1:{free}"
    if rabbit:
        shown = urlsplit(rabbit).hostname
        console.print(
            f"五个服务各为一个进程，经 RabbitMQ（{shown}）通信。单进程运行：--transport in-process"
            if lang == "zh"
            else f"Five services, a process each, over RabbitMQ at {shown}. In one process: --transport in-process",
            soft_wrap=True,
        )
        where += ["--replicas", replicas] if replicas else []
        return Running(url, "tailored.processes", where, log, environment={"RABBITMQ_URL": own_vhost(rabbit, home)})
    console.print(
        "五个服务在一个进程内运行（内置 PostgreSQL，进程内传输）。要用 RabbitMQ：设置 RABBITMQ_URL，或启动本机 RabbitMQ"
        if lang == "zh"
        else "Five services in one process (embedded PostgreSQL, in-process transport). For RabbitMQ: set RABBITMQ_URL or start one here",
        soft_wrap=True,
    )
    return Running(url, "tailored.single", where, log)


def rabbitmq_url() -> str | None:
    """A RabbitMQ to use: the one named in the environment, or one that runs on this machine."""
    if named := os.environ.get("RABBITMQ_URL"):
        return named
    with suppress(OSError), socket.create_connection(("127.0.0.1", 5672), timeout=0.5):
        return GUEST
    return None


def own_vhost(url: str, home: Path) -> str:
    """A virtual host of this home alone, where the broker's management lets us make one; else the address as it is."""
    parts = urlsplit(url)
    if parts.path not in {"", "/"}:
        return url
    name = f"tailored-{sha256(str(home.resolve()).encode()).hexdigest()[:12]}"
    manager = f"http://{parts.hostname}:{(parts.port or 5672) + 10000}/api/vhosts/{name}"
    who = (unquote(parts.username or "guest"), unquote(parts.password or "guest"))
    fresh = not (home / "postgres").exists()
    with suppress(httpx.HTTPError):
        if fresh:  # a new story finds no queue with messages of an old one
            httpx.delete(manager, auth=who, timeout=10)
        if httpx.put(manager, auth=who, timeout=10).is_success:
            return f"{url.rstrip('/')}/{name}"
    return url


def _free(port: int) -> int:
    for candidate in range(port, port + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return candidate
    raise ValueError(f"no free port from {port} on")
