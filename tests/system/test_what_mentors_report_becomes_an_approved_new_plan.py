"""The loop, once, from the first word of the enterprise to a timetable under the new version."""

import asyncio
from collections import Counter

import httpx

from tests.system.founding import PATIENCE, QUALITY
from tests.system.world import World, way


async def seen_live(live: Counter[str], kind: str) -> bool:
    return kind in live


async def kinds_on_the_live_page(world: World, seen: Counter[str], opened: asyncio.Event) -> None:
    """What a person sees change while it changes; ends with the test."""
    headers = {"Authorization": f"Bearer {await world.client.token('coordinator')}"}
    async with (
        httpx.AsyncClient(base_url=world.base, timeout=None) as client,
        client.stream("GET", "/live", headers=headers) as stream,
    ):
        assert stream.status_code == httpx.codes.OK
        opened.set()
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                seen[line.partition(":")[2].strip()] += 1


async def test_what_mentors_report_becomes_an_approved_new_plan(world: World, tell):
    before = await world.begin()

    counts = await world.rate()
    seen = await world.counted()
    tell(
        f"{counts['accepted']} ratings accepted at the gateway in batches, {seen['ratings']} counted by feedback"
    )
    assert seen["ratings"] == counts["accepted"] == len(world.sent)

    verdicts = await world.looked()
    answers = {one["competency"]: one["answer"] for one in verdicts["competencies"]}
    assert answers[QUALITY] == "short", verdicts
    assert [answer for code, answer in answers.items() if code != QUALITY] == ["fine"] * 3
    (gap,) = await world.gaps()
    assert gap["competency"] == QUALITY
    tell(
        f"gap: {gap['competency']} is {gap['estimate']:.2f} of {gap['required']} ({gap['low']:.2f} to {gap['high']:.2f}) by {gap['mentors']} mentors of {gap['stations']} stations"
    )

    live, opened = Counter[str](), asyncio.Event()
    watching = asyncio.create_task(kinds_on_the_live_page(world, live, opened))
    await asyncio.wait_for(opened.wait(), PATIENCE)
    revision = await world.drafted()
    assert revision["state"] == "drafted", revision
    changed = {one["module"]: (one["before"], one["after"]) for one in revision["draft"]["changes"]}
    tell(
        f"revision {revision['draft']['revision_class']}: "
        + ", ".join(
            f"{name} {sum(had.values()):g} -> {sum(has.values()):g} h" for name, (had, has) in changed.items()
        )
    )
    assert sum(changed["m2"][1].values()) > sum(changed["m2"][0].values())

    states = await world.approve(revision)
    assert states[0] == "voting"
    held = await world.in_force(2)
    after = await world.timetable(2)
    assert {
        one["data"]["plan_version"]
        for one in await world.logged("tailored.curriculum.plan_published.v1", world.plan)
    } == {1, 2}
    (published,) = await world.logged("tailored.curriculum.plan_published.v1", world.plan, plan_version=2)
    assert held["from_week"] == 29
    moved = {(one["group"], one["module"]): one["monday"] for one in before["stints"]}
    visits = sum(moved.get((one["group"], one["module"])) != one["monday"] for one in after["stints"])
    tell(
        f"votes left it {', '.join(states)}; version 2 in force from week {held['from_week']}; timetable {after['timetable_version']} moves {visits} of {len(after['stints'])} visits"
    )

    await world.client.until(lambda: seen_live(live, "plan"), "the new plan on the live page")
    watching.cancel()
    tell(f"the live page showed {dict(live)}")

    trace = await world.trace(world.sent[0].partition(":")[2])
    handlers = {f"{one['service']}: {one['outcome']}" for one in trace["path"][0]["handlers"]}
    tell(f"one rating's way: {'; '.join(way(trace))}")
    assert "feedback: done" in handlers
    (confirmed,) = await world.logged("tailored.feedback.gap_confirmed.v1", gap_id=gap["gap_id"])
    followed = await world.client.get(f"/v1/events/{confirmed['id']}/trace", "operator")
    lines = way(followed)
    for line in lines:
        tell(f"    {line}")
    names = [line.strip().split(" ")[0] for line in lines]
    assert names[0] == "GapConfirmed"
    assert "RevisionOpened" in names
    assert followed["state"] == "done", followed
    assert published["correlation_id"]
