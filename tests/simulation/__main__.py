"""Plays seeds: `python -m tests.simulation --seeds 1000 --processes 2`, or one again with its steps: `--seed 17 --trace`.

It ends with 1 and the command that plays it again where a promise was broken.
"""

import argparse
import sys
import time
from multiprocessing import get_context

from tests import servers
from tests.simulation.broken import BUGS
from tests.simulation.stage import play


def main() -> int:
    reading = argparse.ArgumentParser(description=__doc__, prog="python -m tests.simulation")
    reading.add_argument("--seed", type=int, help="this one alone")
    reading.add_argument("--seeds", type=int, default=1000, help="so many")
    reading.add_argument("--first", type=int, default=0, help="from this one on")
    reading.add_argument("--processes", type=int, default=1)
    reading.add_argument("--trace", action="store_true", help="print every step")
    reading.add_argument("--break", dest="bug", choices=sorted(BUGS), help="put a bug in: it must be found")
    asked = reading.parse_args()
    started, server = time.monotonic(), servers.postgres()
    if asked.seed is not None:
        done = [play(server, [asked.seed], asked.bug, trace=asked.trace)]
    else:
        last = asked.first + asked.seeds
        shares = [
            (server, range(asked.first + n, last, asked.processes), asked.bug) for n in range(asked.processes)
        ]
        with get_context("spawn").Pool(asked.processes) as pool:
            done = pool.starmap(play, shares)
    played, bad, steps = (sum(column) for column in zip(*done, strict=True))
    print(f"{played} seeds, {bad} failed, {steps} steps in {time.monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
