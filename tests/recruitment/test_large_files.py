"""Files of a hundred thousand applications: in the background, with progress, in little memory, resumed where they were."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from services.recruitment import imports, later
from services.recruitment.imports import Import
from services.recruitment.model import Application
from shared.messaging.jobs import do_one
from shared.messaging.tables import JobRow
from tests.recruitment.world import API, an_intake, post

PAGE = {"Accept": "text/html", "Accept-Language": "en"}
CSV = {"Content-Type": "text/csv"}


def a_file(rows: int, bad: int = 0) -> bytes:
    lines = "".join(f"申请人{n},P{n},2015-01-01,{n % 101}\n" for n in range(rows))
    lines += "".join(f"坏行{n},B{n},someday,{n}\n" for n in range(bad))
    return ("name,person_number,hired_on,entrance_score\n" + lines).encode()


async def sent(client, headers, intake, content, how="import") -> str:
    url = f"{API}/intakes/{intake['intake_id']}/applications/{how}"
    answer = await client.post(url, content=content, headers={**headers, **CSV})
    assert answer.status_code == 202, answer.text
    return answer.json()["import_id"]


async def read(client, headers, import_id) -> dict:
    return (await client.get(f"{API}/imports/{import_id}", headers=headers)).json()


async def saved(sessions) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Application))


async def test_every_bad_row_of_a_large_file_is_named_and_none_of_its_rows_is_saved(
    client, coordinator, programme, sessions
):
    intake = await an_intake(client, coordinator, programme, seats=2)
    import_id = await sent(client, coordinator, intake, a_file(5100, bad=40))
    assert await do_one(later.on, sessions)
    told = await read(client, coordinator, import_id)
    assert (told["state"], told["rows"], told["bad"], len(told["problems"])) == ("refused", 5140, 40, 40)
    assert await saved(sessions) == 0
    listed = await client.get(f"{API}/imports/{import_id}/problems.csv", headers=coordinator)
    assert len(listed.text.splitlines()) == 41
    await post(client, coordinator, f"/imports/{import_id}/confirm", status=409)


async def test_a_large_preview_waits_for_a_person_and_can_be_discarded(
    client, coordinator, programme, sessions
):
    intake = await an_intake(client, coordinator, programme, seats=2)
    import_id = await sent(client, coordinator, intake, a_file(5100), "preview")
    assert await do_one(later.on, sessions)
    assert (await read(client, coordinator, import_id))["state"] == "checked"
    assert await saved(sessions) == 0
    await post(client, coordinator, f"/imports/{import_id}/discard")
    await post(client, coordinator, f"/imports/{import_id}/confirm", status=409)
    assert not await do_one(later.on, sessions)


async def test_an_import_that_was_interrupted_goes_on_with_the_row_after_the_last_that_was_saved(
    client, coordinator, programme, sessions
):
    class Killed(Exception):
        pass

    class Dying:
        """A worker that dies after the first part is saved."""

        def __init__(self, work):
            self.work, self.parts = work, 0
            self.transaction, self.finish = work.transaction, work.finish

        async def progress(self, part, checkpoint=None):
            await self.work.progress(part, checkpoint)
            self.parts += part > 0.5
            if self.parts:
                raise Killed

    intake = await an_intake(client, coordinator, programme, seats=2)
    import_id = await sent(client, coordinator, intake, a_file(5100))

    async def first_run(_import_id, work):
        await imports.check_and_save(_import_id, Dying(work))

    whole = later.on.jobs["import_applications"]
    first_run.__annotations__ = whole.__annotations__
    later.on.jobs["import_applications"] = first_run
    try:
        assert await do_one(later.on, sessions)
    finally:
        later.on.jobs["import_applications"] = whole
    assert await saved(sessions) == imports.CHUNK
    async with sessions.begin() as session:
        job = (await session.scalars(select(JobRow))).one()
        assert (job.state, job.progress > 0.5) == ("waiting", True)
        job.due_at = func.now()
    assert await do_one(later.on, sessions)
    assert (await read(client, coordinator, import_id))["state"] == "done"
    assert await saved(sessions) == 5100


def peak() -> int:
    """The most memory of this process since the last reset, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


@pytest.mark.long
async def test_a_hundred_thousand_rows_are_looked_at_and_saved_in_less_than_200_mb(
    client, coordinator, programme, sessions
):
    intake = await an_intake(client, coordinator, programme, seats=2)
    content = a_file(100_000)
    import_id = await sent(client, coordinator, intake, content)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak()
    assert await do_one(later.on, sessions)
    used = peak() - before
    print(f"100,000 rows: {used} MB above the {before} MB before")
    assert (await read(client, coordinator, import_id))["state"] == "done"
    assert await saved(sessions) == 100_000
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Import)) == 1
    assert used < 200


async def test_a_large_intake_is_decided_by_a_worker_that_says_how_far_it_is(
    client, coordinator, programme, sessions
):
    intake = await an_intake(client, coordinator, programme, seats=100)
    await sent(client, coordinator, intake, a_file(5100))
    assert await do_one(later.on, sessions)
    url = f"{API}/intakes/{intake['intake_id']}/progress"
    assert (await client.get(url, headers=coordinator)).json() == {"state": "open", "progress": None}
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select", status=202)
    page = (await client.get(f"/recruitment/intakes/{intake['intake_id']}", headers=coordinator | PAGE)).text
    assert "A worker decides this intake: 0 % done" in page
    work = asyncio.create_task(do_one(later.on, sessions))
    seen = []
    while not work.done():
        seen.append((await client.get(url, headers=coordinator)).json()["progress"])
    assert await work
    assert seen == sorted(seen)
    assert len({part for part in seen if later.DECIDED < part <= later.WRITTEN}) > 1
    assert (await client.get(url, headers=coordinator)).json() == {"state": "selected", "progress": 1.0}
    part = await client.get(
        f"/recruitment/intakes/{intake['intake_id']}/progress", headers=coordinator | PAGE
    )
    assert part.headers["HX-Refresh"] == "true"
