"""What five services take of a machine before anybody speaks to them."""

import asyncio

from tailored.demo_memory import resident
from tailored.postgres import DATABASES
from tailored.processes import System

MOST = dict.fromkeys(DATABASES, 150) | {"placement": 250}


async def test_a_service_that_waits_takes_at_most_150_megabytes_and_placement_250(system: System, tell):
    for service in DATABASES:
        await asyncio.to_thread(system.restart, service)
    await asyncio.to_thread(system.ready)

    sizes = {one.service: round(resident(one.pid)) for one in system.running}
    tell(f"resident megabytes of services that wait: {sizes}")
    assert set(sizes) == set(DATABASES)
    assert {name: size for name, size in sizes.items() if not 0 < size <= MOST[name]} == {}
