"""The thinnest story: one position reaches a timetable through all services, each of which is killed on its way."""

import asyncio
from datetime import date

from tailored.processes import System
from tests.system.world import World


async def test_one_event_passes_all_five_services(system: System, world: World, tell):
    async def struck(service: str) -> None:
        gone = await asyncio.to_thread(system.kill, service)
        tell(f"killed {service} {gone}, again as {await asyncio.to_thread(system.restart, service)}")

    await world.sign_in()
    await world.clock(date(world.year, 6, 1))
    await world.enterprise_speaks()
    await struck("gateway")
    await struck("curriculum")
    await world.open_programme()
    await struck("recruitment")
    await world.recruit()
    await struck("placement")
    await world.publish_plan()
    await struck("feedback")
    table = await world.timetable(1)
    assert len(table["stints"]) == 6

    (position,) = await world.logged("tailored.enterprise.position_published.v1", world.id("position"))
    trace = await world.trace("position")
    reached = {one["service"] for one in trace["path"][0]["handlers"]}
    tell(f"PositionPublished {position['id']} was taken once by {', '.join(sorted(reached))}")
    assert "curriculum" in reached
    (published,) = await world.logged("tailored.curriculum.plan_published.v1", world.plan)
    profile = {one["competency"] for one in published["data"]["requirements"]}
    asked = {one["competency"] for one in position["data"]["profile"]}
    assert profile == asked
    (timetable,) = await world.logged("tailored.placement.timetable_published.v1", world.cohort)

    async def heard():
        found = await world.client.get(f"/v1/events/{timetable['id']}/trace", "operator")
        return found if found["state"] == "done" else None

    followed = await world.client.until(heard, "the timetable to be heard")
    hearers = {one["service"] for one in followed["path"][0]["handlers"]}
    tell(f"TimetablePublished was heard by {', '.join(sorted(hearers))}; the log has it once")
    assert "feedback" in hearers
