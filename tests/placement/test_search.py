"""The search is a job: it shows how far it is, can be stopped, and is taken up again when a worker has died."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from services.placement.handlers import keep_stations, on
from shared.ids import uuid7
from shared.messaging.jobs import do_one
from shared.messaging.tables import JobRow
from tests.placement.plant import an, cohort, mentors, offers, open_programme, tell, work_off

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
    assert (await client.delete(SEARCH, headers=token_for("teacher"))).status_code == 403
    assert (await client.delete(SEARCH, headers=staff)).json() == {"stopped": 1}
    assert await job
    assert await said(sessions) == []
    assert (await client.get(SEARCH, headers=staff)).json() == {"state": "none", "progress": None}
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
