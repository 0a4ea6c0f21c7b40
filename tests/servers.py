"""Finds the servers that tests need: a URL in the environment, then Docker, then servers started here."""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import httpx

from tailored import postgres as embedded
from tailored.broker import SERVER, LocalRabbit

Found = TypeVar("Found")
POSTGRES = "TAILORED_TEST_POSTGRES_URL"
RABBITMQ = "TAILORED_TEST_RABBITMQ_URL"
MANAGEMENT = "TAILORED_TEST_RABBITMQ_MANAGEMENT_URL"


class ServerMissing(Exception):
    """The tests need a server that is nowhere to be found; the message says the one command to run."""


@cache
def docker_runs() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


def in_docker(start: Callable[[], Found]) -> Found | None:
    """What a container offers; none, and a word why, where there is no Docker or it cannot get its images."""
    if not docker_runs():
        return None
    from docker.errors import DockerException

    try:
        return start()
    except DockerException as failed:
        warned = f"Docker runs, but not for the tests, which start servers of their own: {failed}"
        print(warned, file=sys.stderr)
        return None


def postgres() -> str:
    """A URL of a superuser on a server where databases may come and go."""
    given = os.environ.get(POSTGRES)
    if given:
        return given.replace("postgresql://", "postgresql+asyncpg://")
    return in_docker(postgres_in_docker) or postgres_from_the_wheel()


def postgres_in_docker() -> str:
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer("postgres:17", driver="asyncpg")
    container.with_command("postgres -c fsync=off -c synchronous_commit=off -c max_connections=200").start()
    atexit.register(container.stop)
    return str(container.get_connection_url())


def postgres_from_the_wheel() -> str:
    """Started as a user of its own where we are root; it ends with the tests. Nothing here must survive the machine."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="tailored-tests-"))
        folder.chmod(0o755)
        server = embedded.start(folder, fsync="off", synchronous_commit="off", max_connections="200")
    except embedded.NoPostgres as missing:
        raise ServerMissing(str(missing)) from missing
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server.url("postgres")


@dataclass(frozen=True)
class Rabbit:
    """A broker: its URL, its management URL, and `rabbitmqctl` with these arguments where it is ours alone."""

    url: str
    management: str | None = None
    control: Callable[..., None] | None = None


def rabbitmq() -> Rabbit:
    given = os.environ.get(RABBITMQ)
    if given:
        return Rabbit(given if given.endswith("/") else f"{given}/", os.environ.get(MANAGEMENT))
    return in_docker(rabbitmq_in_docker) or rabbitmq_of_our_own()


def rabbitmq_of_our_own() -> Rabbit:
    """The installed package, started with a node name, ports and folders of its own; it ends with the tests."""
    node = LocalRabbit(Path(tempfile.mkdtemp(prefix="tailored-rabbit-")))
    atexit.register(node.remove)

    def control(*arguments: str) -> None:
        command = [str(SERVER.with_name("rabbitmqctl")), "-n", node.node, *arguments]
        subprocess.run(command, env=node.environment(), capture_output=True, check=True)

    return Rabbit(node.url.rstrip("/") + "/", node.management_url, control)


def rabbitmq_in_docker() -> Rabbit:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container = (
        DockerContainer("rabbitmq:4-management")
        .with_exposed_ports(5672, 15672)
        .with_env("RABBITMQ_DEFAULT_USER", "guest")
        .with_env("RABBITMQ_DEFAULT_PASS", "guest")
        .waiting_for(LogMessageWaitStrategy("Server startup complete").with_startup_timeout(120))
        .start()
    )
    atexit.register(container.stop)
    host, port, management = (
        container.get_container_host_ip(), container.get_exposed_port(5672), container.get_exposed_port(15672)
    )  # fmt: skip

    def control(*arguments: str) -> None:
        code, said = container.exec(["rabbitmqctl", *arguments])
        assert code == 0, said

    return Rabbit(f"amqp://guest:guest@{host}:{port}/", f"http://guest:guest@{host}:{management}/", control)


@contextmanager
def virtual_host(rabbit: Rabbit) -> Iterator[str]:
    """The AMQP URL of a virtual host that is gone afterwards."""
    assert rabbit.management, f"set {MANAGEMENT} beside {RABBITMQ}"
    name = f"test-{secrets.token_hex(6)}"
    with httpx.Client(
        base_url=rabbit.management, timeout=30, transport=httpx.HTTPTransport(retries=5)
    ) as management:
        management.put(f"/api/vhosts/{name}").raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        management.put(f"/api/permissions/{name}/guest", json=everything).raise_for_status()
        yield rabbit.url + name
        management.delete(f"/api/vhosts/{name}")
