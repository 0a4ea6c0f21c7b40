"""One run of one contender: watched from outside, from the first twentieth of its events to the last."""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiormq
import asyncpg

from benchmarks.contenders import effects, processes, work
from benchmarks.contenders.entrants import Entrant, environment, lay_ready
from benchmarks.contenders.ground import Ground, Room

LOOK_EVERY = 0.02
PATIENCE = 240.0
OUT_IN_POSTGRES = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM bench_queue WHERE queue = 'out'"
ALL_IN_POSTGRES = "SELECT count(*) FROM bench_queue WHERE queue = 'out'"


async def run(name: str, entrant: Entrant, count: int, ground: Ground) -> dict[str, float]:
    """What it took; raises SystemExit where it failed or did not do its work exactly once."""
    async with ground.room() as room:
        await lay_ready(entrant, count, room)
        await _settle(room)
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                entrant.command(),
                env=environment(room, count),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                async with _depth(entrant, count, room) as depth:
                    found = await _watch(process, depth, count - len(entrant.refused_of(count)), ground)
                    await asyncio.sleep(1.0)  # what is confirmed is deleted, what is handled is acknowledged
            except StoppedError as stalled:
                output.seek(0)
                raise SystemExit(f"{name}: {stalled}\n{output.read()[-4000:]}") from stalled
            finally:
                await asyncio.to_thread(end, process)
        await effects.check(name, entrant, count, room)
    return found


async def _settle(room: Room) -> None:
    """What filling, or whoever was here before, has left the server to write is nobody's work."""
    connection = await asyncpg.connect(room.postgres)
    await connection.execute("CHECKPOINT")
    await connection.close()
    await asyncio.sleep(2.0)


class StoppedError(Exception):
    """The contender ended or does not get on."""


async def _watch(process: subprocess.Popen, depth: Any, wanted: int, ground: Ground) -> dict[str, float]:
    roots = {"client": process.pid, "postgres": ground.postgres_pid, "broker": ground.rabbit_pid}
    begun: tuple[int, float, dict[str, float]] | None = None
    last, seen = time.monotonic(), 0
    while True:
        done = await depth()
        now = time.monotonic()
        if begun is None and done >= wanted / 20:
            begun = done, now, {what: processes.cpu_seconds(pid) for what, pid in roots.items()}
        if done >= wanted and begun:
            break
        if process.poll() is not None:
            raise StoppedError(f"ended after {done} of {wanted}")
        if done > seen:
            last, seen = now, done
        if now - last > PATIENCE:
            raise StoppedError(f"stands still at {done} of {wanted}")
        await asyncio.sleep(LOOK_EVERY)
    started_with, started, cpu = begun
    spent = {f"{what}_cpu": processes.cpu_seconds(pid) - cpu[what] for what, pid in roots.items()}
    return {
        "count": done - started_with,
        "seconds": now - started,
        **spent,
        "rss_mb": processes.peak_mb(process.pid),
        "load": os.getloadavg()[0],
    }


@asynccontextmanager
async def _depth(entrant: Entrant, count: int, room: Room):
    """How many events are out: confirmed into the queue of what is said, or rows where there is no broker."""
    if entrant.says_to_postgres:
        connection = await asyncpg.connect(room.postgres)

        async def rows() -> int:
            found = await connection.fetchval(OUT_IN_POSTGRES)
            return found if found < count else await connection.fetchval(ALL_IN_POSTGRES)

        yield rows
        await connection.close()
        return
    broker = await aiormq.connect(room.amqp)
    channel = await broker.channel()

    async def depth() -> int:
        return (await channel.queue_declare(work.OUT_QUEUE, passive=True)).message_count or 0

    yield depth
    await broker.close()


def end(process: subprocess.Popen) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
