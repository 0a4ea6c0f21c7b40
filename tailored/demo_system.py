"""Which shape the demo's system has: one process with an in-process hub, or a process per service over RabbitMQ."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from tailored import broker

KILLED = "curriculum"


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
        """Start it, if it does not run and is ours."""
        if not self.module or (self.child and self.child.poll() is None):
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

    async def ready(self, answers: Awaitable[None]) -> None:
        """Until it answers; where it ends before, the last line of its log says why."""
        waiting = asyncio.ensure_future(answers)
        while not (await asyncio.wait({waiting}, timeout=0.2))[0]:
            if self.child and self.child.poll() is not None:
                waiting.cancel()
                last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
                raise ValueError(f"the system ended before it was ready: {' '.join(last)}  (log: {self.log})")
        waiting.result()

    def kill_one(self) -> str:
        """SIGKILL: a service where each has its process, else everything but PostgreSQL; says which."""
        assert self.child
        pids = self.log.with_name("processes.txt")
        if self.module.endswith("processes") and pids.exists():
            name, pid = next(
                line.split() for line in pids.read_text().splitlines() if line.startswith(KILLED)
            )
            os.kill(int(pid), signal.SIGKILL)
            return f"{name} (pid {pid})"
        pid = str(self.child.pid)
        self.child.kill()
        self.child.wait()
        return f"tailored.single (pid {pid})"

    def stop(self) -> None:
        """An orderly end: its input closes, and it stops what it started."""
        if self.child is None:
            return
        with suppress(OSError):
            assert self.child.stdin
            self.child.stdin.close()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()


def elsewhere(url: str, home: Path, lang: str, console: Console) -> Running:
    """A system that runs already, in containers for example, is played from outside; nothing is started or stopped."""
    console.print(
        f"在已运行的系统上演示：{url}" if lang == "zh" else f"On the system that runs at {url}",
        soft_wrap=True,
    )
    return Running(url.rstrip("/"), "", [], home / "system.log")


def choose(transport: str, port: int, home: Path, lang: str, console: Console) -> Running:
    """The first line of the demo: which shape, and how to get the other."""
    free = _free(port)
    if free != port:
        console.print(
            f"端口 {port} 已被占用，改用 {free}" if lang == "zh" else f"Port {port} is taken: {free} instead"
        )
    rabbit = rabbitmq() if transport != "in-process" else None
    if transport == "rabbitmq" and rabbit is None:
        raise ValueError("there is no RabbitMQ: apt-get install rabbitmq-server, or set RABBITMQ_URL")
    where = ["--home", str(home), "--port", str(free)]
    log = home / "system.log"
    url = f"http://127.0.0.1:{free}"
    if rabbit:
        console.print(
            f"五个服务各为一个进程，经 {rabbit} 通信。单进程运行：--transport in-process"
            if lang == "zh"
            else f"Five services, a process each, over {rabbit}. In one process: --transport in-process",
            soft_wrap=True,
        )
        return Running(url, "tailored.processes", where, log)
    console.print(
        "五个服务在一个进程内运行（内置 PostgreSQL，进程内传输）。要用 RabbitMQ：apt-get install rabbitmq-server，或设置 RABBITMQ_URL"
        if lang == "zh"
        else "Five services in one process (embedded PostgreSQL, in-process transport). For RabbitMQ: apt-get install rabbitmq-server, or set RABBITMQ_URL",
        soft_wrap=True,
    )
    return Running(url, "tailored.single", where, log)


def rabbitmq() -> str | None:
    """Which RabbitMQ there is, in words: the one named in the environment, one that runs here, one to start."""
    if named := os.environ.get("RABBITMQ_URL"):
        return f"RabbitMQ @ {urlsplit(broker.first(named)).hostname}"
    if broker.runs_here():
        return "RabbitMQ @ 127.0.0.1"
    return str(broker.SERVER) if broker.SERVER.exists() else None


def _free(port: int) -> int:
    for candidate in range(port, port + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return candidate
    raise ValueError(f"no free port from {port} on")
