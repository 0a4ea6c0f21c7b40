"""The search is a job: it shows how far it is, can be stopped, and is taken up again when a worker has died."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from sqlmodel import select

from services.placement.handlers import keep_stations, on
from services.placement.reconsidering import reconsider_cohort
from services.placement.situation import GroupNeed, Situation, Visit
from services.placement.timetable import solve
from shared.ids import uuid7
from shared.messaging.jobs import Work, do_one
from shared.messaging.tables import JobRow
from tests.placement.plant import an, cohort, mentors, offers, open_programme, tell, work_off

UNEVEN = Random(2)
"""Groups of four to nine at stations of ten: whole groups fill them badly, so a search goes on finding better plans."""
SIZES = [UNEVEN.randint(4, 9) for _ in range(30)]
SEARCH = f"/placement/v1/cohorts/{an('cohort')}/search"


async def until(true, seconds=60):
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await true()):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    return found


async def test_a_search_that_is_stopped_ends_at_once_and_says_nothing(client, sessions, said, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(), named=[])
    await tell_mentors(sessions)
    assert (await client.get(SEARCH, headers=staff)).json()["state"] == "waiting"

    job = asyncio.create_task(do_one(on, sessions))

    async def far():
        return (await client.get(SEARCH, headers=staff)).json()["progress"]

    await until(far)
    part = f"/placement/cohorts/{an('cohort')}/search"
    assert (await client.delete(SEARCH, headers=token_for("teacher"))).status_code == 403
    assert (await client.delete(SEARCH, headers=staff)).json() == {"stopped": 1}
    assert await job
    assert await said(sessions) == []
    assert (await client.get(SEARCH, headers=staff)).json() == {"state": "none", "progress": None}
    assert (await client.get(part, headers=staff)).headers["hx-refresh"] == "true"
    shown = (await client.get(f"/placement/v1/cohorts/{an('cohort')}/timetable", headers=staff)).json()
    assert shown["status"] == "waiting"

    await tell(sessions, keep_stations, offers()[0])
    await work_off(sessions)
    assert len(await said(sessions)) == 1, "the next fact begins a new search"


async def tell_mentors(sessions):
    from services.placement.handlers import keep_mentor

    await tell(sessions, keep_mentor, *mentors())


async def test_a_search_whose_worker_died_is_done_by_the_next_one_once(client, sessions, said):
    await open_programme(sessions, enrolled=cohort(30, 2), named=[])
    await tell_mentors(sessions)
    async with sessions.begin() as session:
        job = (await session.scalars(select(JobRow).where(JobRow.state == "waiting"))).one()
        job.state, job.lease, job.attempts = "running", uuid7(), 1
        job.lease_until = datetime.now(UTC) - timedelta(seconds=1)

    await work_off(sessions)

    assert [type(event).__name__ for event in await said(sessions)] == ["TimetablePublished"]


def uneven():
    """A cohort of such groups; those of different size need a plan of their own."""
    people = iter(cohort(sum(SIZES), 1).trainees)
    trainees = [
        next(people).model_copy(
            update={"group": f"g{at:02d}", "direction": ("steelmaking", "rolling")[at % 2]}
        )
        for at, size in enumerate(SIZES)
        for _ in range(size)
    ]
    return cohort(trainees=len(trainees), groups=1).model_copy(update={"trainees": trainees})


async def begin_long_search(sessions):
    await open_programme(sessions, enrolled=uneven(), offered=offers(seats=10), named=[])
    await tell_mentors(sessions)


async def killed(job):
    """A worker that is gone: it puts nothing back, its row still says that it runs."""
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job


async def the_job(sessions):
    async with sessions() as session:
        return (await session.scalars(select(JobRow).where(JobRow.state == "running"))).one()


async def test_a_search_tells_how_far_it_is_and_a_second_worker_takes_it_up_when_the_first_is_killed(
    client, sessions, token_for
):
    heard = token_for("coordinator") | {"Accept-Language": "en"}
    await begin_long_search(sessions)
    first, seen = asyncio.create_task(do_one(on, sessions)), []

    async def told():
        seen.append((await client.get(SEARCH, headers=heard)).json())
        return seen[-1].get("cost") is not None and seen[-1]["progress"] > seen[0]["progress"]

    await until(told)
    assert all(sooner["progress"] <= later["progress"] for sooner, later in pairwise(seen))
    assert seen[0]["progress"] < seen[-1]["progress"] < 1
    assert 0 <= seen[-1]["bound"] <= seen[-1]["cost"]
    assert seen[-1]["gap"] == (seen[-1]["cost"] - seen[-1]["bound"]) / seen[-1]["cost"]
    page = (await client.get(f"/placement/cohorts/{an('cohort')}", headers=heard)).text
    assert "of its time at most" in page
    part = await client.get(f"/placement/cohorts/{an('cohort')}/search", headers=heard)
    assert "of its time at most" in part.text
    assert "hx-refresh" not in part.headers
    assert "of the proven bound" in page
    await killed(first)
    row = await the_job(sessions)
    planted = {**row.checkpoint, "cost": 1.0}
    async with sessions.begin() as session:
        job = await session.get(JobRow, row.id)
        job.lease_until, job.checkpoint = datetime.now(UTC) - timedelta(seconds=1), planted

    second = asyncio.create_task(do_one(on, sessions))

    async def replaced():
        found = await the_job(sessions)
        return found.checkpoint["cost"] not in {None, 1.0} and found

    found = await until(replaced)
    assert found.attempts == 2
    assert found.checkpoint["cost"] <= row.checkpoint["cost"], (
        "not the dear plan that every search begins with"
    )
    await killed(second)


class Watched(Work):
    """Work whose heart is heard from its first word on, in a thread instead of a process."""

    async def solve(self, heart, *arguments, hear):
        self.words = []

        def tell(word):
            self.words.append(word)
            hear(word)

        return await asyncio.to_thread(heart, *arguments, tell=tell)


async def test_the_second_attempt_begins_with_the_plan_that_the_first_has_kept(sessions, said):
    await open_programme(sessions, enrolled=cohort(30, 2), named=[])
    await tell_mentors(sessions)
    late = {
        (group, module): (an(station), week + at)
        for at, (group, own) in enumerate(
            {"g01": ("rolling-mill", "mill-1"), "g02": ("converter", "furnace-2")}.items()
        )
        for (module, station), week in zip(
            [("safety", "furnace-1"), own, ("casting", "caster-1"), ("quality", "lab-1")],
            [9, 13, 17, 21],
            strict=True,
        )
    }
    places = [[*name, str(station), week] for name, (station, week) in late.items()]
    async with sessions.begin() as session:
        job = (await session.scalars(select(JobRow).where(JobRow.state == "waiting"))).one()
        job.state, job.lease, job.attempts = "running", uuid7(), 2
        job.checkpoint = {"aim": "lag", "cost": 9.0, "bound": None, "gap": None, "places": places}

    work = Watched(job.id, job.lease, sessions)
    await reconsider_cohort(an("cohort"), work)

    words = [word for word in work.words if word.cost is not None]
    assert {one[:2]: one[2:] for one in words[0].places} == late
    [published] = await said(sessions)
    assert published.cost == words[-1].cost < words[0].cost


STATIONS = [an("one"), an("two")]


def situation(**more):
    """Two groups, two visits each, weeks enough."""
    visits = tuple(Visit(f"m{at}", (station,), 3) for at, station in enumerate(STATIONS))
    groups = tuple(GroupNeed(name, 5, visits, **more) for name in ("a", "b"))
    slots = ((3, 5), (6, 8), (9, 11), (12, 14))
    return Situation(14, slots, 1, 4, groups, dict.fromkeys(STATIONS, (5,) * 14))


LATE = {
    ("a", "m0"): (STATIONS[0], 10), ("a", "m1"): (STATIONS[1], 13),
    ("b", "m0"): (STATIONS[0], 13), ("b", "m1"): (STATIONS[1], 10),
}  # fmt: skip


def told_by(*arguments):
    heard = []
    outcome = solve(*arguments, tell=heard.append)
    return outcome, [word for word in heard if word.cost is not None]


def test_a_search_begins_with_the_plan_that_it_is_given_and_betters_it():
    cold, _ = told_by(situation(), 5)
    found, words = told_by(situation(), 5, LATE)

    assert {one[:2]: one[2:] for one in words[0].places} == LATE
    assert words[0].cost > words[-1].cost == cold.cost == found.cost


def test_a_repair_begins_with_the_plan_that_it_is_given_and_betters_it():
    published = {name: place for (group, name), place in LATE.items() if group == "a"}
    now = situation(published=published)
    now = replace(now, change_from=2, seats=dict.fromkeys(STATIONS, (5,) * 14))
    begun = {**LATE, ("a", "m0"): (STATIONS[0], 7)}

    found, words = told_by(now, 5, begun)

    assert words[0].aim == "moves"
    assert {one[:2]: one[2:] for one in words[0].places} == begun
    assert found.changed == found.changed_bound == words[-1].cost <= words[0].cost


def test_a_plan_that_breaks_a_rule_is_no_beginning():
    crowded = {**LATE, ("b", "m0"): (STATIONS[0], 10), ("b", "m1"): (STATIONS[1], 13)}

    found, words = told_by(situation(), 5, crowded)

    assert all({one[:2]: one[2:] for one in word.places} != crowded for word in words)
    assert found.uncovered == ()
