"""CPU time and peak memory of a process and all its children, as Linux counts them."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            children.setdefault(int(_fields(int(folder.name))[1]), []).append(int(folder.name))
        except (OSError, IndexError):
            continue
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(root: int) -> float:
    """What they have used until now, with those that have ended."""
    ticks = 0
    for pid in tree(root):
        try:
            ticks += sum(int(value) for value in _fields(pid)[11:15])
        except OSError:
            continue
    return ticks / TICK


def peak_mb(root: int) -> float:
    """The sum of their peaks."""
    kilobytes = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return kilobytes / 1024
