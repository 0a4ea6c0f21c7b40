"""A benchmark starts servers of its own: they end with it, however it ends."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = """
import asyncio
from benchmarks.contenders.ground import Ground

async def main():
    ground = Ground(broker=False)
    try:
        print(ground.folder, ground.postgres_pid, flush=True)
        await asyncio.sleep(600)
    finally:
        ground.stop()

asyncio.run(main())
"""


def test_a_benchmark_that_is_terminated_stops_its_servers():
    command = [sys.executable, "-c", BENCHMARK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as benchmark:
        assert benchmark.stdout
        folder, server = map(Path, benchmark.stdout.readline().split())
        assert folder.exists()

        benchmark.terminate()
        benchmark.communicate(timeout=60)

    assert not folder.exists()
    assert not ("/proc" / server).exists()
