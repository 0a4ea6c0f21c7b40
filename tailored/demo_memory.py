"""How much memory the whole demo takes: this process, everything it started, its PostgreSQL; its RabbitMQ beside."""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 2.0


@dataclass
class Watch:
    """Looks every two seconds, from a thread, and remembers the most: PSS, where shared pages count once."""

    home: Path
    peak_mb: float = 0.0
    broker_mb: float = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(EVERY)

    def look(self) -> None:
        """What it takes now."""
        broker = _family_in(self.home / "rabbitmq" / "pid")
        self.broker_mb = max(self.broker_mb, sum(map(pss, broker)))
        self.peak_mb = max(self.peak_mb, sum(map(pss, (family(os.getpid()) | self._postgres()) - broker)))

    def _postgres(self) -> set[int]:
        """Our PostgreSQL, also where it was taken over from an earlier start."""
        places = (self.home / "postgres", *self._elsewhere())
        return next(filter(None, (_family_in(data / "postmaster.pid") for data in places)), set())

    def _elsewhere(self) -> list[Path]:
        marker = self.home / "postgres-is-at"
        return [Path(marker.read_text().strip())] if marker.exists() else []


def _family_in(file: Path) -> set[int]:
    """The process whose number stands in the first line of a file, and all that descend from it."""
    with suppress(OSError, ValueError, IndexError):
        return family(int(file.read_text().splitlines()[0]))
    return set()


def family(root: int) -> set[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir() if Path("/proc").exists() else ():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
    found, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        grew = bool(more)
        found |= more
    return found


def pss(pid: int) -> float:
    """Proportional set size in MB; the resident size where the kernel does not tell (another user's, in a container)."""
    with suppress(OSError, ValueError, IndexError):
        for line in (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return resident(pid)


def resident(pid: int) -> float:
    """Resident size in MB: what the process would take alone, shared pages counted in full."""
    with suppress(OSError, ValueError, IndexError):
        for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
