"""A shortfall names who set the level that is missed, when and how."""

from datetime import date

from services.feedback import handlers, queries
from services.feedback.copies import PlanVersion
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.origins import NOT_RECORDED, Origin
from shared.events.feedback import GapConfirmed
from tests.feedback import world

BY, ON, HOW = "炼钢厂技术处", date(2021, 3, 1), "岗位分析会"


def told(plan, **origin):
    asked = [one.model_copy(update=origin) for one in plan.requirements]
    return plan.model_copy(update={"requirements": asked})


async def test_a_gap_and_the_cohorts_page_tell_who_set_the_level_when_and_how(sessions, client, token_for):
    ids = world.world()
    async with sessions.begin() as session:
        await handlers.keep_plan_version(told(world.plan(ids), set_by=BY, set_on=ON, method=HOW), session)
        await world.set_up(session, ids)
        said = await handlers.record_ratings(world.rate(ids, low={"casting": 1.5}), session)
        await look_at_ratings_of_month(ids.cohort, date(2021, 12, 1), session)

    [gap] = [one for one in said if isinstance(one, GapConfirmed)]
    assert (gap.set_by, gap.set_on, gap.method, gap.due_week) == (BY, ON, HOW, 4)
    headers = token_for("coordinator")
    shown = (await client.get(f"/feedback/v1/gaps/{gap.gap_id}", headers=headers)).json()
    assert (shown["set_by"], shown["set_on"], shown["due_week"]) == (BY, "2021-03-01", 4)
    for language, words in (("zh", f"{BY}, 2021年3月1日, {HOW}"), ("en", f"{BY}, 1 Mar 2021, {HOW}")):
        page = await client.get(f"/feedback/verdicts?cohort_id={ids.cohort}&lang={language}", headers=headers)
        assert page.text.count(words) == len(world.CODES) + 1  # each verdict, and the gap


async def test_where_nobody_recorded_it_the_page_says_so(sessions, client, token_for):
    ids = world.world()
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await look_at_ratings_of_month(ids.cohort, date(2021, 12, 1), session)

    page = await client.get(
        f"/feedback/verdicts?cohort_id={ids.cohort}&lang=en", headers=token_for("manager")
    )

    assert page.text.count("Requirement set by: not recorded") == len(world.CODES)


def test_a_version_of_an_earlier_release_asks_the_same_without_its_origin():
    old = {"competency": "casting", "level": 3, "due_week": 5}
    new = {
        "competency": "casting",
        "level": 4,
        "due_week": 2,
        "set_by": BY,
        "set_on": "2021-03-01",
        "method": HOW,
    }

    def asked(*requirements):
        [one] = queries.requirements(PlanVersion(requirements=list(requirements)), {}, set())
        return one.level, one.due_week, one.origin

    assert asked(old) == (3, 5, NOT_RECORDED)
    assert asked(old, new) == asked(new, old) == (4, 5, Origin(BY, ON, HOW))
