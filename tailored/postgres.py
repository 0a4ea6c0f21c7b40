"""The embedded PostgreSQL of the single process: a server from a wheel, its data under `.tailored/`, kept between runs."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tailored.postgres_place import NoPostgres, Owner, folders, programs_for

DATABASES = ("gateway", "recruitment", "curriculum", "placement", "feedback")
SMALL = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "80",
    "work_mem": "2MB",
    "maintenance_work_mem": "16MB",
    "max_wal_size": "256MB",
    "wal_compression": "on",
    "wal_level": "minimal",  # nobody follows this server: no process and no memory for that
    "max_wal_senders": "0",
    "max_replication_slots": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_worker_slots": "3",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "io_method": "sync",
    "fsync": "on",  # the demo is durable: it is killed and started again
    "synchronous_commit": "on",
    "timezone": "UTC",
}


@dataclass
class Postgres:
    """A running server of our own."""

    data: Path
    sockets: Path
    programs: Path
    owner: Owner
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """The address of one database, as SQLAlchemy takes it."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.sockets}"

    def plain_url(self, database: str = "postgres") -> str:
        """The same as the drivers take it."""
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def pid(self) -> int | None:
        """The process of the server that holds the data folder, if it lives.

        It was called with its data folder: neither one that was killed and still stands in the table of processes nor
        another process with its old number was. (Where a process works may be read by its owner alone, and in a
        container not even by root.)
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
            called = Path(f"/proc/{pid}/cmdline")
            if Path("/proc/self").exists() and os.fsencode(self.data) not in called.read_bytes().split(b"\0"):
                return None
        except (OSError, ValueError, IndexError):
            return None
        return pid

    def stop(self) -> None:
        """A fast, clean stop; what was committed stays."""
        pid = self.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        deadline = time.monotonic() + 20
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.05)


@dataclass(frozen=True)
class Given:
    """A server that is not ours, where we may make databases; `data` is where we remember what we did to them."""

    address: str
    data: Path

    def plain_url(self, database: str = "") -> str:
        """The address of one database, as the drivers take it; without a name the one that was given."""
        parts = urlsplit(self.address)
        return parts._replace(path=f"/{database}" if database else parts.path).geturl()

    def url(self, database: str) -> str:
        """The same as SQLAlchemy takes it."""
        return self.plain_url(database).replace("postgresql://", "postgresql+asyncpg://", 1)

    def stop(self) -> None:
        """Not ours to stop."""


def version() -> str:
    """Of the server in the wheel, as it says it itself."""
    owner = Owner.here()
    return owner.run(programs_for(owner) / "postgres", "--version").stdout.split()[-1]


def start(home: Path, **settings_too: str) -> Postgres:
    """The server on `home`/postgres, made where there is none, taken over where one still runs there."""
    owner = Owner.here()
    programs = programs_for(owner)
    data, sockets = folders(home, owner)
    postgres = Postgres(data, sockets, programs, owner)
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        owner.own(data)
        made = owner.run(
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        if made.returncode != 0:
            raise NoPostgres(f"initdb failed: {(made.stderr or made.stdout).strip().splitlines()[-1]}")
    if postgres.pid() is None:
        for lock in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)
        settings = [
            word for name, value in (SMALL | settings_too).items() for word in ("-c", f"{name}={value}")
        ]
        with (data / "server.log").open("ab") as log:
            postgres.process = subprocess.Popen(  # noqa: S603 - our own program and settings
                [str(programs / "postgres"), "-D", str(data), "-k", str(sockets), *settings],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=owner.uid,
                group=owner.gid,
                extra_groups=[] if owner.uid is not None else None,
                cwd="/",
                start_new_session=True,  # Ctrl-C is ours to handle: the server is stopped last
            )
    _wait(postgres)
    return postgres


def stop_at(home: Path) -> None:
    """Stop the server that runs on a home, if one does, and remove data that lie elsewhere."""
    if not home.exists():
        return
    server = _at(home)
    server.stop()
    if home.resolve() not in server.data.parents:
        shutil.rmtree(server.data, ignore_errors=True)


def runs_at(home: Path) -> bool:
    """Whether a server works on the data of a home."""
    return home.exists() and _at(home).pid() is not None


def _at(home: Path) -> Postgres:
    owner = Owner.here()
    data, sockets = folders(home, owner)
    return Postgres(data, sockets, data, owner)


def _wait(postgres: Postgres) -> None:
    """Until it answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = postgres.data / "postmaster.pid"
        with suppress(OSError, IndexError):
            if status.read_text().splitlines()[7].strip() == "ready":
                return
        if postgres.process and postgres.process.poll() is not None:
            break
        time.sleep(0.02)
    last = (postgres.data / "server.log").read_text(errors="replace").strip().splitlines()[-1:]
    raise NoPostgres(f"PostgreSQL did not start: {' '.join(last)}  (log: {postgres.data / 'server.log'})")
