"""The loop closes: a gap becomes a revision, the panels vote, the new version holds and the stints move."""

from datetime import date
from typing import Any

from tailored.scenario_client import NeverCame, Refused
from tailored.scenario_run import Cohort, Run, latest_version, timetable, versions_of

ENDED = {"published", "rejected", "withdrawn"}
READY_TO_VOTE = {"drafted", "voting", "escalated"}
VOTERS = ("panel-college", "panel-college-2", "panel-enterprise", "panel-enterprise-2")
PANELS_MEET_AFTER = 56


class Rejected(RuntimeError):  # noqa: N818 - it says what happened
    """A side said no; the loop ends without an effect."""


async def see_gaps(run: Run, first: date) -> None:
    """A confirmed gap becomes a revision; when the panels meet they decide; the new version is timetabled."""
    for gap in await gaps(run):
        if gap["state"] != "open" or run.state.get(f"gap_{gap['gap_id']}"):
            continue
        run.tell("gap", **gap)
        revision = await drafted(run)
        run.tell("drafted", revision=revision)
        if (first - date.fromisoformat(gap["confirmed_on"])).days >= PANELS_MEET_AFTER:
            await revise(run, revision)
            run.state.put(**{f"gap_{gap['gap_id']}": True})


async def gaps(run: Run) -> list[dict[str, Any]]:
    """Confirmed gaps, oldest first."""
    found = await run.client.get(f"/feedback/v1/gaps?programme_id={run.client.id('programme')}")
    return sorted(found, key=lambda gap: gap["confirmed_on"])


async def drafted(run: Run) -> dict[str, Any]:
    """The revision that a gap has opened, once its draft is there."""
    plan_id = run.client.id("plan")

    async def there() -> Any:
        rows = await run.client.get(f"/curriculum/v1/revisions?plan_id={plan_id}")
        return next((row for row in rows if row["state"] not in {"opened", *ENDED}), None)

    row = await run.client.until(there, "the draft of the revision", 180)
    revision: dict[str, Any] = await run.client.get(f"/curriculum/v1/revisions/{row['revision_id']}")
    run.state.put(revision=row["revision_id"])
    if revision["state"] == "undrafted":
        raise NeverCame(f"no change within the hours answers the gap: {revision['draft']}")
    return revision


async def revise(run: Run, revision: dict[str, Any]) -> None:
    """The panels vote; the new version is published and the stints move."""
    if revision["state"] in READY_TO_VOTE:
        run.tell.still()
        await vote(run, revision, await run.approve(revision))
    await run.client.until(lambda: _newer(run, revision["plan_version"]), "the new plan version", 120)
    await carry_out(run, revision["plan_version"])


async def carry_out(run: Run, before: int) -> None:
    """Version 2 is in force for 2021 and its stints have moved."""
    cohort = run.cohorts[2021]
    await run.client.until(lambda: _in_force(run, cohort, before + 1), "version 2 in force for 2021", 120)
    await versions_of(run, cohort)
    since = cohort.taught.versions[-1][0]
    run.tell("published", version=before + 1, year=2021, week=since)
    await timetable(run, 2021, before + 1)
    moved = await visits_moved(run)
    approved = (run.state.get("approved") or 0) + 1
    run.state.put(visits_moved=moved, approved=approved, version=before + 1, from_week=since)
    run.tell("moved", visits=moved)


async def _newer(run: Run, before: int) -> bool:
    return await latest_version(run) > before


async def _in_force(run: Run, cohort: Cohort, version: int) -> bool:
    rows = await run.client.get(f"/curriculum/v1/cohorts/{cohort.cohort_id}/plan")
    return any(row["plan_version"] >= version for row in rows)


async def vote(run: Run, revision: dict[str, Any], choice: str) -> None:
    """Both panels vote on exactly this content; the side is each voter's own."""
    if choice == "no":
        body = {
            "choice": "reject",
            "content_hash": revision["content_hash"],
            "comment": "demo: --approve no",
        }
        await run.client.call(
            "panel-enterprise", "POST", f"/curriculum/v1/revisions/{revision['revision_id']}/votes", body
        )
        run.tell("rejected")
        run.state.put(rejected=True)
        raise Rejected
    voted = {vote["voter_id"] for vote in revision["votes"]}
    for voter in VOTERS:
        if run.personas[voter]["person_id"] in voted:
            continue
        body = {"choice": "approve", "content_hash": revision["content_hash"], "comment": "同意"}
        try:
            await run.client.call(
                voter, "POST", f"/curriculum/v1/revisions/{revision['revision_id']}/votes", body
            )
        except Refused as refused:
            if refused.code not in {"E-CUR-VOTED", "E-CUR-STATE"}:
                raise
        run.tell("voted", who=run.personas[voter]["name"])


async def visits_moved(run: Run) -> int:
    """What the timetable's change says that it moved."""
    cohort = run.cohorts[2021].cohort_id

    async def changed() -> Any:
        path = f"/v1/events?type=tailored.placement.timetable_changed.v1&key={cohort}"
        rows = (await run.client.get(path))["events"]
        return [row["data"] for row in rows if row.get("data")] or None

    try:
        rows = await run.client.until(changed, "the changed timetable in the log", 20)
    except NeverCame:
        return 0
    return sum(row["visits_moved"] for row in rows)
