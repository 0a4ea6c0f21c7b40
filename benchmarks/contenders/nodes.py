"""Three nodes of the installed RabbitMQ, each in a network namespace of its own, joined by a bridge in a fourth."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tailored.broker import FRUGAL, PATIENCE, SERVER

NET = "10.213.77"
TICK_TIME = 8
"""Seconds until nodes know that one of them is away."""
CONF = """listeners.tcp.1 = 0.0.0.0:5672
loopback_users = none
log.console = false
vm_memory_high_watermark.absolute = 1GB
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = rabbit_peer_discovery_classic_config
cluster_formation.classic_config.nodes.1 = rabbit@{net}.11
cluster_formation.classic_config.nodes.2 = rabbit@{net}.12
cluster_formation.classic_config.nodes.3 = rabbit@{net}.13
"""


def ip(*words: str) -> str:
    """One command of iproute2."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class Node:
    """One node: a namespace, an address, a folder, and a cable that can be pulled."""

    def __init__(self, number: int, folder: Path, hub: str) -> None:
        self.number, self.address, self._hub = number, f"{NET}.{10 + number}", hub
        self.space, self._cable = f"{hub}-{number}", f"tlc{number}"
        self.folder = folder / str(number)
        self.folder.mkdir()
        (self.folder / "rabbitmq.conf").write_text(CONF.format(net=NET))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text("TAILORED")
        cookie.chmod(0o400)
        plug(self._cable, self.space, self.address, hub)

    @property
    def name(self) -> str:
        """As the cluster calls it."""
        return f"rabbit@{self.address}"

    def start(self) -> None:
        """Start it; it joins the others, or comes back to them with what it kept."""
        here = {
            "HOME": self.folder,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "enabled_plugins",
            "RABBITMQ_MNESIA_BASE": self.folder / "data",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_PID_FILE": self.folder / "pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{FRUGAL} -kernel net_ticktime {TICK_TIME}",
        }
        with (self.folder / "out").open("ab") as out:
            self._shell = subprocess.Popen(
                ["ip", "netns", "exec", self.space, str(SERVER)],
                env=os.environ | {name: str(value) for name, value in here.items()},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def cut_off(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        ip("-n", self._hub, "link", "set", self._cable, "down")

    def heal(self) -> None:
        """The cable is back."""
        ip("-n", self._hub, "link", "set", self._cable, "up")

    def kill(self) -> None:
        """SIGKILL to every process of the node, and of no other."""
        for process in ip("netns", "pids", self.space).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        self._shell.wait()

    def ask(self, path: str) -> Any:
        """What the management API of this node says."""
        login = b64encode(b"guest:guest").decode()
        request = urllib.request.Request(
            f"http://{self.address}:15672/api/{path}", headers={"Authorization": f"Basic {login}"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return json.load(answer)


def plug(cable: str, space: str, address: str, hub: str) -> None:
    """A namespace with one cable to the bridge."""
    ip("netns", "add", space)
    ip("link", "add", cable, "netns", hub, "type", "veth", "peer", "name", "eth0", "netns", space)
    ip("-n", hub, "link", "set", cable, "master", "bridge", "up")
    ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        ip("-n", space, "link", "set", device, "up")


class Cluster:
    """The three of them; this machine has a cable to the bridge as well. All of it goes at the end."""

    def __enter__(self) -> Self:
        """Returns when all three are one cluster; who is terminated leaves as one who is interrupted."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self._hub, self._ours = f"tlc{os.getpid()}", "tlc0"
        self._folder = Path(tempfile.mkdtemp(prefix="tailored-cluster-"))
        self.nodes: list[Node] = []
        try:
            ip("netns", "add", self._hub)
            ip("-n", self._hub, "link", "add", "bridge", "type", "bridge")
            ip("-n", self._hub, "link", "set", "bridge", "up")
            ip("link", "add", self._ours, "type", "veth", "peer", "name", "host", "netns", self._hub)
            ip("-n", self._hub, "link", "set", "host", "master", "bridge", "up")
            ip("address", "add", f"{NET}.1/24", "dev", self._ours)
            ip("link", "set", self._ours, "up")
            for number in (1, 2, 3):
                self.nodes.append(Node(number, self._folder, self._hub))
            for count, node in enumerate(self.nodes, 1):
                node.start()
                self.until_running(count)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Processes, namespaces and files."""
        for node in self.nodes:
            node.kill()
            ip("netns", "delete", node.space)
        ip("netns", "delete", self._hub)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def urls(self) -> str:
        """All addresses, as RABBITMQ_URL takes them."""
        return ",".join(f"amqp://guest:guest@{node.address}/" for node in self.nodes)

    def until_running(self, count: int) -> None:
        """Wait until the first that answers knows so many running nodes."""
        deadline = time.monotonic() + PATIENCE
        while self.running() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the cluster has not {count} running nodes: see {self._folder}")
            time.sleep(0.5)

    def running(self) -> int:
        """How many nodes run, as the one knows that is best off."""
        most = 0
        for node in self.nodes:
            with suppress(OSError, ValueError):
                most = max(most, sum(bool(one["running"]) for one in node.ask("nodes")))
        return most

    def leader_of(self, queue: str) -> Node:
        """The node that leads a quorum queue."""
        for node in self.nodes:
            with suppress(OSError, ValueError):
                found = node.ask(f"queues/%2F/{queue}")
                assert len(found["members"]) == 3, found["members"]
                return next(one for one in self.nodes if one.name == found["leader"])
        raise TimeoutError("no node answers")
