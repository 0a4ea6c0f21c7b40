"""The paper's Jingye programme, played from outside: what people and machines would do, in the order of business time.

Every step asks first what is done already, and every id follows from the seed, so that a story that was killed goes on
where it was and nothing takes effect twice. People, mentors and ratings are generated.
"""

from datetime import date
from typing import Any

from tailored import scenario_skill, scenario_world
from tailored.scenario_mentors import looked, rate, read
from tailored.scenario_opening import enterprise_speaks, open_programme, publish_plan, recruit, sign_in
from tailored.scenario_panels import Rejected, carry_out, gaps, see_gaps
from tailored.scenario_run import Run, latest_version, timetable, to_day
from tailored.scenario_world import ROUNDS, SEVERE_AT

MONTHS_AFTER_THE_EFFECT_COULD_BE = 3


async def play(run: Run) -> dict[str, Any]:
    """From an empty system to a measured effect; what was found, for the last line."""
    await run.client.ready()
    await sign_in(run)
    await to_day(run, scenario_world.START)
    await enterprise_speaks(run)
    await open_programme(run)
    await recruit(run, ROUNDS[0])
    await publish_plan(run)
    await timetable(run, 2021)
    if run.state.get("rejected"):
        raise Rejected
    for first in scenario_world.months(date(2021, 9, 30)):
        await month(run, first)
        if run.state.get("finished") or (run.until and first > run.until):
            break
    return await found(run)


async def month(run: Run, first: date) -> None:
    """The ratings of the month that ends, then the first of the next month: feedback looks."""
    run.tell.now(first)
    if date(2022, 6, 1) == first:
        await to_day(run, first)
        if run.shortfall and 2022 not in run.cohorts:
            await recruit(run, ROUNDS[1])
            await timetable(run, 2022, await latest_version(run))
    for cohort in list(run.cohorts.values()):
        await read(run, cohort)
        await rate(run, cohort, first)
    await to_day(run, first)
    for cohort in run.cohorts.values():
        await looked(run, cohort, first)
    run.state.put(month=first.isoformat())
    await see_gaps(run, first)
    if run.state.get("revision") and not run.state.get("version") and await latest_version(run) > 1:
        await carry_out(run, 1)  # an earlier start ended between the vote and here
    await see_effect(run, first)
    last_week_over = (first - ROUNDS[0].first_monday).days // 7 > scenario_skill.LAST_WEEK
    if not run.state.get("revision") and last_week_over:
        run.state.put(finished=True)


async def see_effect(run: Run, first: date) -> None:
    """The effect, once 2022 has passed the weeks that 2021 was rated in under version 1."""
    effects = await run.client.get(f"/feedback/v1/effects?plan_id={run.client.id('plan')}")
    if effects and not run.state.get("finished"):
        for effect in effects[-1]["effects"]:
            run.tell("effect", **effect)
        run.state.put(finished=True)
    elif run.state.get("from_week"):
        passed = (first - ROUNDS[1].first_monday).days // 7
        if passed > run.state.get("from_week") + 4 * MONTHS_AFTER_THE_EFFECT_COULD_BE:
            run.state.put(finished=True)


async def found(run: Run) -> dict[str, Any]:
    """The last line: counts of the 2021 cohort, what was found, and what the generator knew."""
    cohort = run.cohorts[2021].cohort_id
    effects = await run.client.get(f"/feedback/v1/effects?plan_id={run.client.id('plan')}")
    flagged = set(run.state.get("flagged") or [])
    short = [gap for gap in await gaps(run) if gap["cohort_id"] == cohort]
    confirmed = {gap["competency"] for gap in short}
    assert run.world
    return {
        "applicants": run.state.get("applicants_2021"),
        "selected": run.state.get("selected_2021"),
        "ratings": run.state.get("ratings_2021"),
        "gaps_confirmed": len(confirmed),
        "gaps_rejected": len(flagged - confirmed),
        "revisions_approved": run.state.get("approved") or 0,
        "plan_version": await latest_version(run),
        "visits_moved": run.state.get("visits_moved") or 0,
        "effect": [
            {
                "competency": one["competency"],
                "difference": one["difference"],
                "interval": [one["low"], one["high"]],
                "n": [one["ratings_before"], one["ratings_after"]],
                "verdict": one["verdict"],
            }
            for effect in effects[-1:]
            for one in effect["effects"]
        ],
        "confirmed": sorted(confirmed),
        "comments": sum(gap["comments"] for gap in short),
        "rejected": sorted(flagged - confirmed),
        "seed": run.client.seed,
        "truth": {
            "short": run.world.short,
            "shortfall": run.world.shortfall,
            "looks_short": run.world.looks_short,
            "severity": SEVERE_AT,
        },
    }
