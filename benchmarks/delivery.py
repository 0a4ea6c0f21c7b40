"""How fast delivery is beside others, in one run: `make bench`, or `python -m benchmarks.delivery --quick`.

Every contender does the work of `contenders/work.py`, in turn, several rounds, on the same RabbitMQ and PostgreSQL, and
its figure counts only after `contenders/effects.py` has found each event's effect exactly once. Quote ratios, never one
absolute figure: benchmarks/README.md says how to read benchmarks/results/delivery.md.
"""

import argparse
import asyncio

from benchmarks import reporting
from benchmarks.contenders.entrants import ENTRANTS, INBOX_SIZES
from benchmarks.contenders.ground import Ground
from benchmarks.contenders.runs import run

Rounds = dict[str, list[dict[str, float]]]


def asked() -> argparse.Namespace:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument(
        "--count", type=int, default=40_000, help="events of a round; a fortieth for the slow ones"
    )
    reading.add_argument("--rounds", type=int, default=3)
    reading.add_argument(
        "--quick", action="store_true", help="one short round that shows that everything runs"
    )
    reading.add_argument("--only", nargs="*", choices=list(ENTRANTS), default=list(ENTRANTS))
    reading.add_argument("--not-durable", action="store_true", help="fsync and synchronous_commit off")
    reading.add_argument("--dry", action="store_true", help="print, and leave benchmarks/results/ as it is")
    reading.add_argument(
        "--inbox", action="store_true", help="instead: a batch handler whose inbox is small, then large"
    )
    found = reading.parse_args()
    if found.inbox:
        found.only = list(INBOX_SIZES)
    if found.quick:
        found.count, found.rounds, found.dry = 4000, 1, True
    return found


async def rounds_of(options: argparse.Namespace, ground: Ground) -> Rounds:
    """Everyone in turn, then everyone again: a machine that slows down slows all of them, and each round another begins."""
    rounds: Rounds = {name: [] for name in options.only}
    for number in range(options.rounds):
        first = number * len(options.only) // options.rounds
        for name in options.only[first:] + options.only[:first]:
            entrant = (ENTRANTS | INBOX_SIZES)[name]
            count = max(400, options.count // 40) if entrant.slow else options.count
            said = await run(name, entrant, count, ground)
            rounds[name].append(said)
            print(reporting.line(number + 1, name, said), flush=True)
    return rounds


async def main() -> None:
    options = asked()
    ground = Ground(durable=not options.not_durable)
    try:
        facts = await ground.facts()
        rounds = await rounds_of(options, ground)
    finally:
        ground.stop()
    facts |= {"events of a round": options.count, "rounds": options.rounds}
    found = {name: reporting.summary(all_rounds) for name, all_rounds in rounds.items()}
    print("\n".join(reporting.ratio_lines(found)))
    if options.inbox and not options.dry:
        reporting.write_inbox(found, rounds, facts)
    elif not options.dry:
        reporting.write(found, rounds, facts)


if __name__ == "__main__":
    asyncio.run(main())
