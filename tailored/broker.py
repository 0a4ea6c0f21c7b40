"""Which RabbitMQ to speak over: one whose URL is given, one that runs on this machine, or one that we start ourselves.

On a broker that others use too, each home has a virtual host of its own.
"""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, unquote, urlsplit

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
HERE, MANAGEMENT_HERE = "amqp://guest:guest@127.0.0.1:5672/", "http://guest:guest@127.0.0.1:15672/"
PATIENCE = 90.0
FRUGAL = "+sbwt none +sbwtdcpu none +sbwtdio none +P 65536 +Q 16384 +MMmcs 0"
"""Erlang's schedulers sleep instead of spinning, and its tables have the size of one machine that everything else shares."""
SMALL = (
    " +S 1:1 +SDcpu 1:1 +SDio 2 +A 1 +Mea min"
    " -env ERL_FULLSWEEP_AFTER 10 -env MALLOC_ARENA_MAX 1 -env MALLOC_TRIM_THRESHOLD_ 65536"
)
SMALL_LOG = "raft.wal_max_size_bytes = 4194304\ncollect_statistics_interval = 60000\n"
"""For a demo: one scheduler, as each has memory of its own; memory from the C library, which gives back what is free,
instead of Erlang's own allocators; and a short write-ahead log, as it is held in memory.
"""
UNTIL_OUR_INPUT_CLOSES = '"$0" & server=$!; cat >/dev/null; kill "$server"; wait "$server"'


class NoRabbit(RuntimeError):  # noqa: N818 - it reads as what it is
    """There is no RabbitMQ to use; the message says the one command to run."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and whose it is."""

    url: str
    management: str | None
    how: str
    node: "LocalRabbit | None" = None

    def stop(self) -> None:
        """Ours ends; another's stays."""
        if self.node:
            self.node.stop()

    def version(self) -> str:
        """As the broker says it; empty where it has no management."""
        if not self.management:
            return ""
        return str(json.loads(_ask(self.management, "GET", "/api/overview"))["rabbitmq_version"])

    def queues(self) -> list[str]:
        """The names of the queues in our virtual host; none where it has no management."""
        if not self.management:
            return []
        name = quote(unquote(urlsplit(first(self.url)).path[1:]) or "/", safe="")
        return sorted(row["name"] for row in json.loads(_ask(self.management, "GET", f"/api/queues/{name}")))


def find(home: Path) -> Broker:
    """RABBITMQ_URL, else a broker on this machine, else the installed package started for this home."""
    given = os.environ.get("RABBITMQ_URL")
    if given:
        return Broker(
            given,
            os.environ.get("RABBITMQ_MANAGEMENT_URL"),
            f"RabbitMQ at {urlsplit(first(given)).hostname}",
        )
    if runs_here():
        return Broker(HERE + room(home), MANAGEMENT_HERE, "the RabbitMQ that runs on this machine")
    node = LocalRabbit(home / "rabbitmq", small=True)
    return Broker(
        node.url, node.management_url, f"a RabbitMQ of our own (node {node.node}, port {node.port})", node
    )


def first(given: str) -> str:
    """The first of the addresses of a cluster."""
    if "," not in given:
        return given
    from shared.messaging.addresses import addresses  # noqa: PLC0415 - brings SQLAlchemy

    return addresses(given)[0]


def runs_here() -> bool:
    """Whether a broker with management answers at the usual ports."""
    with suppress(URLError, OSError, ValueError):
        return bool(_ask(MANAGEMENT_HERE, "GET", "/api/overview"))
    return False


def room(home: Path) -> str:
    """The virtual host of this home, made where it is not; a new home gets a new one."""
    home.mkdir(parents=True, exist_ok=True)
    kept = home / "virtual-host"
    if not kept.exists():
        kept.write_text(f"tailored-{secrets.token_hex(5)}")
    name = kept.read_text().strip()
    _ask(MANAGEMENT_HERE, "PUT", f"/api/vhosts/{quote(name, safe='')}")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    _ask(MANAGEMENT_HERE, "PUT", f"/api/permissions/{quote(name, safe='')}/guest", everything)
    return name


def _ask(management: str, method: str, path: str, body: object = None) -> bytes:
    parts = urlsplit(first(management))
    login = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{parts.hostname}:{parts.port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=5) as answer:
        return bytes(answer.read())


class LocalRabbit:
    """The locally installed RabbitMQ with a node name, ports and folders of its own; it ends with whoever started it."""

    def __init__(self, folder: Path, *, small: bool = False, more: str = "") -> None:
        """Start it; what an earlier start kept in the folder is there again. Small, it takes less memory and is slower.

        `more` are lines of its configuration.
        """
        if not SERVER.exists():
            raise NoRabbit("RabbitMQ is missing: apt-get install rabbitmq-server")
        self.folder, self.erlang = folder.resolve(), FRUGAL + (SMALL if small else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o777)
        self.port, self.management, self.distribution = free_ports(3)
        self.node = f"tailored-{sha256(str(self.folder).encode()).hexdigest()[:10]}@localhost"
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nmanagement.tcp.port = {self.management}\n"
            "management.tcp.ip = 127.0.0.1\nloopback_users = none\nlog.console = false\nvm_memory_high_watermark.absolute = 2GB\n"
            + (SMALL_LOG if small else "")
            + more
        )
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        self.start()

    @property
    def url(self) -> str:
        """For AMQP."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        """For the management API."""
        return f"http://guest:guest@127.0.0.1:{self.management}/"

    def environment(self) -> dict[str, str]:
        """What sets this node apart from any other on the machine."""
        return {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": self.erlang,
        }

    def start(self) -> None:
        """Start the node and wait until it takes connections."""
        with (self.folder / "out").open("wb") as out:  # what an earlier start said is no word on this one
            self.running = subprocess.Popen(  # noqa: S603 - the installed server
                ["/bin/sh", "-c", UNTIL_OUR_INPUT_CLOSES, str(SERVER)],
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:  # also where somebody interrupts: nobody else knows of it
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _answers(self.port):
            said = (self.folder / "out").read_text(errors="replace")
            if time.monotonic() > deadline or self.running.poll() is not None or "BOOT FAILED" in said:
                raise NoRabbit(f"RabbitMQ did not start: {said[-1500:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the node and wait for its end; its data stay."""
        assert self.running.stdin
        self.running.stdin.close()
        if self.running.poll() is None:
            try:
                self.running.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.running.pid, 9)
                self.running.wait(10)

    def remove(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
