"""Month by month: mentors rate whom they had, every rating is counted, and feedback looks."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from tailored import scenario_data, scenario_skill, scenario_world
from tailored.scenario_client import NeverCame
from tailored.scenario_run import Cohort, Run, versions_of
from tailored.scenario_world import ROUNDS

Sent = tuple[str, str, dict[str, Any]]
FOLLOWED_AFTER_THE_CHANGE = 8
"""Teaching weeks for which 2021 is still rated under version 2: its effect is measured between cohorts, by 2022."""


async def rate(run: Run, cohort: Cohort, before: date) -> None:
    """Mentors rate whom they had in the weeks that end before this day."""
    done = run.state.get(f"rated_{cohort.year}") or cohort.first_monday.isoformat()
    if before.isoformat() <= done:
        return
    if run.state.get("from_week") and cohort.year == ROUNDS[0].year:
        over = (before - cohort.first_monday).days // 7 - run.state.get("from_week")
        if over > FOLLOWED_AFTER_THE_CHANGE:
            return
    await versions_of(run, cohort)
    table = await run.client.get(f"/placement/v1/cohorts/{cohort.cohort_id}/timetable")
    events = ratings(run, cohort, table, date.fromisoformat(done), before)
    if events:
        await run.disturb("before")
        half = len(events) // 2
        await run.client.send(events[:half])
        await run.disturb("between")
        await run.client.send(events[half:])
        total = (run.state.get(f"ratings_{cohort.year}") or 0) + len(events)
        await counted(run, cohort, total)
        if run.state.get("killed") == "told":
            run.tell("kept", sent=total, counted=total)
            run.state.put(killed="counted")
        run.state.put(**{f"ratings_{cohort.year}": total})
        run.tell("rated", year=cohort.year, ratings=len(events), total=total, until=before)
    run.state.put(**{f"rated_{cohort.year}": before.isoformat()})


async def counted(run: Run, cohort: Cohort, total: int) -> None:
    """Wait until feedback has counted every rating: none lost, none twice."""

    async def all_there() -> bool:
        seen = await run.client.find(f"/feedback/v1/ratings?cohort_id={cohort.cohort_id}")
        there = (seen["ratings"] + seen["not_seen"]) if seen else 0
        if there > total:
            raise NeverCame(f"feedback counts {there} ratings, {total} were sent")
        return bool(there == total)

    await run.client.until(all_there, f"{total} ratings of {cohort.year} to be counted", 180)


def ratings(run: Run, cohort: Cohort, table: dict[str, Any], since: date, before: date) -> list[Sent]:
    """What the mentors of the stints between two days write down; the same in every start."""
    shows = {
        run.client.id("station", row["station"]): row["shows_competencies"].split()
        for row in scenario_data.table("workshops")
    }
    events: list[Sent] = []
    for stint in sorted(table["stints"], key=lambda each: (each["monday"], each["group"])):
        day = scenario_world.friday(stint["monday"])
        if since <= day < before:
            for trainee, mentor, been in present(run, cohort, table, stint):
                for competency in shows[stint["station_id"]]:
                    hours = cohort.taught.hours(competency, been, stint["week"])
                    events.append(
                        rating(run, cohort, competency, hours, trainee=trainee, mentor=mentor, day=day)
                    )
    return events


def present(
    run: Run, cohort: Cohort, table: dict[str, Any], stint: dict[str, Any]
) -> Iterator[tuple[str, str, list[tuple[int, str]]]]:
    """Who of the group was there in that week, the mentor who had them, and the (week, module) each has attended."""
    seed, mentors = run.client.seed, sorted(stint["mentor_ids"])
    visits = [
        (other["week"], other["module"])
        for other in table["stints"]
        if other["group"] == stint["group"] and other["week"] <= stint["week"]
    ]
    group = next(group for group in table["groups"] if group["group"] == stint["group"])
    for place, trainee in enumerate(
        sorted(group["trainee_ids"], key=lambda one: cohort.numbers.get(one, one))
    ):
        number = cohort.numbers.get(trainee, trainee)
        if mentors and scenario_skill.attends(seed, number, stint["week"]):
            been = [visit for visit in visits if scenario_skill.attends(seed, number, visit[0])]
            yield trainee, mentors[place % len(mentors)], been


def rating(
    run: Run, cohort: Cohort, competency: str, hours: float, *, trainee: str, mentor: str, day: date
) -> Sent:
    """What one mentor writes down of one trainee: the level that the hours gave, the trainee's gift, and chance."""
    assert run.world
    seed, number = run.client.seed, cohort.numbers.get(trainee, trainee)
    can = scenario_skill.level_of(run.world, competency, hours) + scenario_skill.gift(
        seed, number, competency
    )
    name = f"{cohort.year}:{number}:{competency}:{day}"
    chance = random.Random(f"{seed}:{name}")  # noqa: S311 - a generated world
    level = scenario_skill.rated(can, run.world.severity[mentor], chance)
    data = {
        "rating_id": run.client.id("rating", name),
        "trainee_id": trainee,
        "mentor_id": mentor,
        "competency": competency,
        "level": level,
        "observed_on": day.isoformat(),
        **scenario_skill.written(f"{seed}:{name}", competency, level),
    }
    return name, "tailored.enterprise.trainee_rated.v1", data


async def looked(run: Run, cohort: Cohort, first: date) -> None:
    """Wait for the monthly look of this day, where the cohort has begun."""
    if cohort.first_monday >= first:
        return

    async def there() -> bool:
        seen = await run.client.find(f"/feedback/v1/verdicts?cohort_id={cohort.cohort_id}")
        if not seen or (seen["looked_on"] or "") < first.isoformat():
            return False
        short = {one["competency"] for one in seen["competencies"] if one.get("uncorrected_short")}
        if cohort.year == ROUNDS[0].year:
            run.state.put(flagged=sorted(short | set(run.state.get("flagged") or [])))
        return True

    await run.client.until(there, f"the look of {first} at {cohort.year}", 120)


async def read(run: Run, cohort: Cohort) -> None:
    """The enterprise's panel says what each comment of the months before is about; those of the last month wait to be read."""
    about = {
        row[words]: row["competency"]
        for row in scenario_data.table("comments")
        for words in ("words_zh", "words_en")
    }
    path = f"/feedback/v1/comments?cohort_id={cohort.cohort_id}&read=false"
    while waiting := await run.client.get(path, "panel-enterprise"):
        for one in waiting:
            body = {"about": [about[one["words"]]] if one["words"] in about else []}
            await run.client.call(
                "panel-enterprise", "POST", f"/feedback/v1/comments/{one['rating_id']}/about", body
            )
