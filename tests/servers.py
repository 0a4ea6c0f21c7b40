"""Finds the servers that tests need: a URL in the environment, then Docker, then servers started here."""

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tailored import postgres as embedded
from tailored.broker import SERVER, LocalRabbit

POSTGRES = "TAILORED_TEST_POSTGRES_URL"
RABBITMQ = "TAILORED_TEST_RABBITMQ_URL"
MANAGEMENT = "TAILORED_TEST_RABBITMQ_MANAGEMENT_URL"
DOCKER = "TAILORED_TEST_DOCKER"


class ServerMissing(Exception):
    """The tests need a server that is nowhere to be found; the message says the one command to run."""


def docker_runs() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


def docker_is_wanted() -> bool:
    """Only when asked for: our own servers are there in two seconds, images have to be pulled first."""
    if not os.environ.get(DOCKER):
        return False
    if not docker_runs():
        raise ServerMissing(f"{DOCKER} is set, but `docker info` fails: start Docker, or unset it")
    return True


def postgres() -> str:
    """A URL of a superuser on a server where databases may come and go."""
    given = os.environ.get(POSTGRES)
    if given:
        return given.replace("postgresql://", "postgresql+asyncpg://")
    if docker_is_wanted():
        return postgres_in_docker()
    return postgres_from_the_wheel()


def postgres_in_docker() -> str:
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer("postgres:17", driver="asyncpg").start()
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


class Rabbit:
    """A broker: its URL, its management URL, and how to stop it where it is ours."""

    def __init__(self, url: str, management: str | None = None, process: LocalRabbit | None = None) -> None:
        self.url = url if url.endswith("/") else url + "/"
        self.management = management
        self.process = process


def rabbitmq() -> Rabbit:
    given = os.environ.get(RABBITMQ)
    if given:
        return Rabbit(given, os.environ.get(MANAGEMENT))
    if docker_is_wanted() or (not SERVER.exists() and docker_runs()):
        return rabbitmq_in_docker()
    return rabbitmq_of_our_own()


def rabbitmq_of_our_own() -> Rabbit:
    """The installed package, started with a node name, ports and folders of its own; it ends with the tests."""
    node = LocalRabbit(Path(tempfile.mkdtemp(prefix="tailored-rabbit-")))
    atexit.register(node.remove)
    return Rabbit(node.url, node.management_url, node)


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
    return Rabbit(f"amqp://guest:guest@{host}:{port}/", f"http://guest:guest@{host}:{management}/")


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
