"""How fast delivery is beside others, in one run: `make bench`, or `python -m benchmarks.delivery --count 5000`.

Every contender does the work of `contenders/work.py`, in turn, several rounds, on the same RabbitMQ and PostgreSQL.
Writes benchmarks/results/delivery.json and a plot. Quote ratios, never one absolute figure.
"""

import argparse
import asyncio
import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiormq
import asyncpg
import httpx
from sqlalchemy import make_url

from benchmarks.contenders import ours, work
from tests import servers

RESULTS = Path(__file__).parent / "results"
SLOW = {"faststream_sqlmodel", "celery", "dramatiq"}
CONTENDERS = {
    "batch": ["ours", "batch"],
    "ordinary": ["ours", "ordinary"],
    "refused_1_percent": ["ours", "batch", "refused"],
    "ten_keys": ["ours", "batch", "ten_keys"],
    "three_replicas": ["ours", "batch", "three"],
    "faststream_batches": ["faststream_batches"],
    "postgres_queue": ["postgres_queue"],
    "limit": ["limit"],
    "faststream_sqlmodel": ["faststream_sqlmodel"],
    "celery": ["celery_worker"],
    "dramatiq": ["dramatiq_worker"],
}
PEERS = ("faststream_batches", "postgres_queue")


def cpu_of(name: str) -> float:
    """CPU seconds that all processes of this name have used."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            command, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if command.startswith(name):
            fields = rest.split()
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


async def run_one(name: str, count: int, postgres: str, rabbit: servers.Rabbit) -> dict[str, float]:
    """One contender, once, on a database and a virtual host of its own."""
    own = f"bench_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(_plain(postgres))
    await admin.execute(f'CREATE DATABASE "{own}"')
    database = make_url(_plain(postgres)).set(database=own).render_as_string(hide_password=False)
    amqp = rabbit.url + own
    with httpx.Client(base_url=rabbit.management or "", timeout=60) as management:
        management.put(f"/api/vhosts/{own}").raise_for_status()
        every = {"configure": ".*", "write": ".*", "read": ".*"}
        management.put(f"/api/permissions/{own}/guest", json=every).raise_for_status()
        try:
            prepared = await prepare(name, count, database, amqp)
            before = cpu_of("postgres"), cpu_of("beam")
            said = await asyncio.to_thread(run_process, name, count, database, amqp, prepared)
            said["postgres_cpu"] = cpu_of("postgres") - before[0]
            said["broker_cpu"] = cpu_of("beam") - before[1]
        finally:
            management.delete(f"/api/vhosts/{own}")
            await admin.execute(f'DROP DATABASE "{own}" WITH (FORCE)')
            await admin.close()
    return said


async def prepare(name: str, count: int, database: str, amqp: str) -> dict[str, str]:
    """The tables, the queues, and all messages lying ready."""
    if CONTENDERS[name][0] == "ours":
        return await ours.prepare(CONTENDERS[name][1:], count, database, amqp)
    connection = await asyncpg.connect(_plain(database))
    await connection.execute(work.SCHEMA)
    await connection.close()
    broker = await aiormq.connect(amqp)
    channel = await broker.channel()
    quorum = {"x-queue-type": "quorum"}
    for queue in (work.IN_QUEUE, work.OUT_QUEUE):
        await channel.queue_declare(queue, durable=True, arguments=quorum)
    if name in {"faststream_batches", "limit", "faststream_sqlmodel"}:
        await fill(channel, count)
    await broker.close()
    return {}


async def fill(channel: Any, count: int) -> None:
    """All messages in the queue, confirmed."""
    waiting = []
    for message_id, body in work.events(count):
        properties = aiormq.spec.Basic.Properties(
            message_id=str(message_id), delivery_mode=2, content_type="application/json"
        )
        waiting.append(channel.basic_publish(body, routing_key=work.IN_QUEUE, properties=properties))
        if len(waiting) == 500:
            await asyncio.gather(*waiting)
            waiting = []
    await asyncio.gather(*waiting)


def run_process(
    name: str, count: int, database: str, amqp: str, prepared: dict[str, str]
) -> dict[str, float]:
    """The contender as a process of its own; its last line says what it took."""
    module, *arguments = CONTENDERS[name]
    told = {"AMQP_URL": amqp, "PG_URL": database, "COUNT": str(count), **prepared}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.contenders.{module}", *arguments],
        env={**os.environ, **told}, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """The median of the rounds; CPU in microseconds an event."""
    median = {
        key: statistics.median(one[key] / one["count"] * 1e6 for one in rounds)
        for key in ("client_cpu", "postgres_cpu", "broker_cpu")
    }
    speed = statistics.median(one["count"] / one["seconds"] for one in rounds)
    return {
        "events_per_second": round(speed, 1),
        "cpu_us": {key.removesuffix("_cpu"): round(value, 1) for key, value in median.items()},
        "rss_mb": round(max(one["rss_mb"] for one in rounds), 1),
        "rounds": [round(one["count"] / one["seconds"], 1) for one in rounds],
    }


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """What may be quoted."""
    speed = {name: one["events_per_second"] for name, one in found.items()}
    best_peer = max((speed[peer] for peer in PEERS if peer in speed), default=0)
    pairs = {
        "batch / best peer of equal shape": ("batch", best_peer),
        "batch / limit": ("batch", speed.get("limit")),
    }
    pairs |= {f"batch / {name}": ("batch", speed.get(name)) for name in sorted(SLOW)}
    pairs |= {f"ordinary / {name}": ("ordinary", speed.get(name)) for name in (*sorted(SLOW), "limit")}
    pairs |= {
        f"{name} / batch": (name, speed.get("batch"))
        for name in ("refused_1_percent", "ten_keys", "three_replicas")
    }
    return {
        text: round(speed[one] / other, 2) for text, (one, other) in pairs.items() if one in speed and other
    }


def write(found: dict[str, Any], facts: dict[str, Any]) -> None:
    """The figures, the ratios first, and a plot."""
    RESULTS.mkdir(exist_ok=True)
    whole = {"ratios": ratios(found), "facts": facts, **found}
    (RESULTS / "delivery.json").write_text(json.dumps(whole, indent=1) + "\n")
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plot

    figure, axes = plot.subplots(figsize=(9, 4.5))
    names = sorted(found, key=lambda name: found[name]["events_per_second"])
    axes.barh(names, [found[name]["events_per_second"] for name in names], color="#1a5fa8")
    axes.set_xlabel("events a second (one run on one machine: compare, do not quote)")
    figure.tight_layout()
    figure.savefig(RESULTS / "delivery.png", dpi=110)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def facts_of(postgres: str) -> dict[str, Any]:
    connection = await asyncpg.connect(_plain(postgres))
    shown = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "server_version")
    }
    await connection.close()
    return {**shown, "cores": os.cpu_count(), "python": platform.python_version(), "batch_size": work.BATCH}


async def main() -> None:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--count", type=int, default=20_000)
    reading.add_argument("--rounds", type=int, default=3)
    reading.add_argument("--only", nargs="*", choices=list(CONTENDERS), default=list(CONTENDERS))
    asked = reading.parse_args()
    postgres, rabbit = servers.postgres(), servers.rabbitmq()
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in asked.only}
    for number in range(asked.rounds):
        for name in asked.only:
            count = max(500, asked.count // 20) if name in SLOW else asked.count
            said = await run_one(name, count, postgres, rabbit)
            rounds[name].append(said)
            print(
                f"round {number + 1}  {name:22} {said['count'] / said['seconds']:9.0f} events/s", flush=True
            )
    found = {name: summary(all_rounds) for name, all_rounds in rounds.items()}
    for text, ratio in ratios(found).items():
        print(f"{text:40} {ratio:7.2f}")
    write(found, {**await facts_of(postgres), "count": asked.count, "rounds": asked.rounds})


if __name__ == "__main__":
    asyncio.run(main())
