"""What one run of the scenario knows, and the few questions that all of its acts ask the system."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tailored import scenario_skill, scenario_world
from tailored.scenario_client import Client, NeverCame, Refused
from tailored.scenario_skill import Taught, Truth
from tailored.scenario_state import State
from tailored.scenario_words import Teller

Approve = Callable[[dict[str, Any]], Awaitable[str]]


@dataclass
class Cohort:
    """A running cohort, as the story knows it."""

    year: int
    cohort_id: str
    first_monday: date
    numbers: dict[str, str] = field(default_factory=dict)
    taught: Taught = field(default_factory=Taught)


@dataclass
class Run:
    """One run."""

    client: Client
    state: State
    tell: Teller
    approve: Approve
    shortfall: float | None
    disturb: Callable[[str], Awaitable[None]]
    until: date | None = None
    personas: dict[str, dict[str, Any]] = field(default_factory=dict)
    cohorts: dict[int, Cohort] = field(default_factory=dict)
    world: Truth | None = None
    day: date = scenario_world.START


async def to_day(run: Run, day: date) -> None:
    """Business time moves forward, going back is never asked; offers of an earlier day could lapse before they are accepted."""
    run.day = max(day, run.day)
    try:
        moved = await run.client.call("operator", "POST", "/v1/demo/clock", {"today": day.isoformat()})
    except Refused as refused:
        if refused.code != "E-GTW-CLOCK":
            raise
        return

    async def heard() -> Any:
        return await run.client.get(f"/recruitment/v1/handled?event_id={moved['id']}", "operator")

    await run.client.until(heard, f"recruitment to hear that it is {day}")


async def timetable(run: Run, year: int, version: int = 1) -> dict[str, Any]:
    """Wait for the timetable of a cohort under a plan version, or under a later one where the story is further on."""
    cohort = run.cohorts[year]

    async def published() -> Any:
        found = await run.client.find(f"/placement/v1/cohorts/{cohort.cohort_id}/timetable")
        if found and found["status"] == "impossible":
            raise NeverCame("; ".join(conflict["words"]["en"] for conflict in found["conflicts"]))
        there = found and found["status"] == "published" and found["plan_version"] >= version
        return found if there else None

    found: dict[str, Any] = await run.client.until(
        published, f"a timetable of {year} under version {version}", 180
    )
    if not run.state.get(f"timetable_{year}_{version}"):
        run.state.put(**{f"timetable_{year}_{version}": True})
    weeks = {stint["week"] for stint in found["stints"]}
    run.tell(
        "timetabled", year=year, groups=len(found["groups"]), stints=len(found["stints"]), weeks=len(weeks),
        cost=found["cost"], bound=found["lower_bound"],
    )  # fmt: skip
    return found


async def latest_version(run: Run) -> int:
    """The plan's newest version."""
    versions = await run.client.get(f"/curriculum/v1/plans/{run.client.id('plan')}/versions")
    return max(int(each["plan_version"]) for each in versions)


async def versions_of(run: Run, cohort: Cohort) -> None:
    """What holds for a cohort from which week, read from curriculum."""
    plan_id = run.client.id("plan")
    rows = await run.client.get(f"/curriculum/v1/cohorts/{cohort.cohort_id}/plan")
    if len(rows) != len(cohort.taught.versions):
        cohort.taught = Taught(
            [
                (
                    row["from_week"],
                    scenario_skill.readable(
                        await run.client.get(f"/curriculum/v1/plans/{plan_id}/versions/{row['plan_version']}")
                    ),
                )
                for row in rows
            ]
        )
