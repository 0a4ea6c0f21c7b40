"""The same flow while services are killed in it and feedback runs as three replicas: the same counts, nothing twice."""

import asyncio
import signal
from collections import Counter

from tailored.processes import System
from tests.system.founding import QUALITY, RATED, WEEKS
from tests.system.world import World


async def test_a_service_killed_in_the_middle_loses_nothing(system: System, world: World, tell):
    await world.begin()
    tell(f"feedback runs as processes {await asyncio.to_thread(system.replicas, 'feedback', 3)}")
    await asyncio.to_thread(system.ready)

    rating = asyncio.create_task(world.rate())
    await asyncio.sleep(0.4)
    tell(f"killed curriculum {await asyncio.to_thread(system.kill, 'curriculum')} while ratings come")
    one = system.of("feedback")[1]
    one.end(signal.SIGKILL)
    tell(f"killed feedback [{one.pid}], one of three")
    counts = await rating
    tell(
        f"feedback again as {[each.pid for each in await asyncio.to_thread(system.revive) if each.service == 'feedback']}"
    )
    again = await world.client.send([*world.ratings(WEEKS[0])[:50]])
    assert again == {"accepted": 0, "duplicate": 50}
    seen = await world.counted()
    tell(
        f"{counts['accepted']} ratings accepted, {seen['ratings']} counted; 50 sent again are known as duplicates"
    )

    clock = asyncio.create_task(world.looked())
    await asyncio.sleep(0.3)
    tell(f"killed all of feedback {await asyncio.to_thread(system.kill, 'feedback')} as the look began")
    await asyncio.to_thread(system.restart, "feedback")
    await clock
    (gap,) = await world.gaps()
    assert gap["competency"] == QUALITY

    revision = await world.drafted()
    tell(f"killed curriculum {await asyncio.to_thread(system.kill, 'curriculum')} between draft and votes")
    tell(f"curriculum again as {await asyncio.to_thread(system.restart, 'curriculum')}")
    await world.approve(revision)
    await world.in_force(2)
    await world.timetable(2)
    seen = await world.counted()

    mine = [one for one in await world.logged(RATED) if one["data"]["trainee_id"] in set(world.trainees)]
    assert len(mine) == len({one["data"]["rating_id"] for one in mine}) == len(world.sent) == seen["ratings"]
    assert len(await world.gaps()) == len(await world.revisions()) == 1
    kinds = Counter()
    for kind in ("curriculum.revision_opened", "curriculum.revision_approved"):
        kinds[kind] = len(await world.logged(f"tailored.{kind}.v1", revision_id=revision["revision_id"]))
    kinds["feedback.gap_confirmed"] = len(
        await world.logged("tailored.feedback.gap_confirmed.v1", gap_id=gap["gap_id"])
    )
    for version in (1, 2):
        kinds[f"plan {version}"] = len(
            await world.logged("tailored.curriculum.plan_published.v1", world.plan, plan_version=version)
        )
    tell(f"the log has {len(mine)} ratings and {dict(kinds)}")
    assert set(kinds.values()) == {1}
    await asyncio.to_thread(system.replicas, "feedback", 1)
