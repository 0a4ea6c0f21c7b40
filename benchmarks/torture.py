"""Many events under many kills and resets, over both transports: how many were lost, how many took effect twice.

`python -m benchmarks.torture --events 100000 --kills 100 --resets 100` starts servers of its own, or uses those that the
environment names as for the tests, and writes `benchmarks/results/torture.json`. It ends with 1 where a promise is broken.
"""

import argparse
import asyncio
import json
import logging
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import servers
from tests.empty_databases import at, bare, on_server
from tests.shared.conftest import BUSINESS, EFFECT
from tests.shared.torture import Report, Torture

RESULTS = Path(__file__).parent / "results" / "torture.json"


async def one(transport: str, asked: argparse.Namespace, postgres: str, rabbit: str | None) -> Report:
    """A run on databases of its own."""
    databases = {}
    for service in ("teller", "hearer"):
        name = f"torture_{service}_{secrets.token_hex(4)}"
        await on_server(postgres, f'CREATE DATABASE "{name}"')
        databases[service] = at(postgres, name)
        await bare(databases[service])
        engine = create_async_engine(databases[service])
        async with engine.begin() as connection:
            for table in (EFFECT, BUSINESS):
                await connection.execute(text(table))
        await engine.dispose()
    report = Report(transport, asked.events, asked.kills, asked.resets)
    return await Torture(report, databases, rabbit, asked.seed).run(lambda line: print(line, flush=True))


def main() -> int:
    reading = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reading.add_argument("--events", type=int, default=100_000)
    reading.add_argument("--kills", type=int, default=100)
    reading.add_argument("--resets", type=int, default=100)
    reading.add_argument("--seed", type=int, default=1)
    reading.add_argument(
        "--transport", nargs="*", choices=["rabbitmq", "in-process"], default=["rabbitmq", "in-process"]
    )
    asked = reading.parse_args()
    asked.events -= asked.events % 100
    logging.disable(logging.WARNING)
    postgres = servers.postgres()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    good = True
    for transport in asked.transport:
        report = asyncio.run(over(transport, asked, postgres))
        print(transport, json.dumps(report.figures()), flush=True)
        results[transport] = report.figures() | {"seed": asked.seed}
        good &= report.good
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0 if good else 1


async def over(transport: str, asked: argparse.Namespace, postgres: str) -> Report:
    """The virtual host goes with the run."""
    if transport != "rabbitmq":
        return await one(transport, asked, postgres, None)
    with servers.virtual_host(servers.rabbitmq()) as rabbit:
        return await one(transport, asked, postgres, rabbit)


if __name__ == "__main__":
    raise SystemExit(main())
