from datetime import date
from uuid import uuid4

import pytest

from services.feedback import handlers
from services.feedback.model import Effect
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids, due_week=6)
        await handlers.record_ratings(world.rate(ids, severe=ids.mentors[:1]), session)
        await advance_clock(ClockAdvanced(today=date(2021, 12, 13)), session)
    return ids


async def test_a_mentor_learns_of_the_own_severity_and_so_does_the_coordinator(client, ids, token_for):
    path = f"/feedback/v1/mentors/{ids.mentors[0]}/report"
    mentor = token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise)

    own = (await client.get(path, headers=mentor)).json()
    seen = (await client.get(path, headers=token_for("coordinator"))).json()

    assert own == seen
    assert 0.4 < own["severity"] < 1.4
    assert 0 < own["se"] < 0.4
    assert own["varies"]
    assert own["ratings"] > 20
    assert set(own["words"]) == {"zh", "en"}


async def test_no_employer_no_colleague_and_no_manager_sees_the_report_of_a_mentor(client, ids, token_for):
    path = f"/feedback/v1/mentors/{ids.mentors[0]}/report"
    bound = {"enterprise_id": ids.enterprise}
    answers = {
        role: (await client.get(path, headers=token_for(role, **bound))).status_code
        for role in ("panel-enterprise", "integrator", "manager", "mentor")
    }

    assert answers == {"panel-enterprise": 403, "integrator": 403, "manager": 403, "mentor": 404}


async def test_a_mentor_whose_ratings_are_all_alike_is_asked_not_scored(client, ids, sessions, token_for):
    alike = [one.model_copy(update={"level": 4}) for one in world.rate(ids, seed=2, weeks=[7, 8, 9])]
    unvaried = world.numbered(2, 99)
    ids.station_of[unvaried] = 0
    async with sessions.begin() as session:
        await handlers.keep_mentor(world.named(ids, unvaried), session)
        await handlers.record_ratings(
            [one.model_copy(update={"mentor_id": unvaried}) for one in alike], session
        )

    path = f"/feedback/v1/mentors/{unvaried}/report"
    told = (await client.get(path, headers=token_for("coordinator"))).json()

    assert (told["varies"], told["severity"], told["mean"], told["spread"]) == (False, None, 4.0, 0.0)


async def test_ratings_are_counted_as_due_from_the_due_week_on(client, ids, token_for):
    path = f"/feedback/v1/ratings?cohort_id={ids.cohort}"

    counts = (await client.get(path, headers=token_for("coordinator"))).json()

    assert (counts["ratings"], counts["due"]) == (12 * 8 * 5, 12 * 7 * 5)
    assert sum(one["due"] for one in counts["by"]) == counts["due"]


async def test_panels_of_both_sides_see_the_effects_of_their_programme_only(client, ids, sessions, token_for):
    async with sessions.begin() as session:
        session.add(
            Effect(
                effect_id=uuid4(), programme_id=ids.programme, plan_id=ids.plan, from_version=1, to_version=2,
                cohort_before=ids.cohort, cohort_after=ids.later, week=9, rule="did-by-mentor/1",
                measured_on=date(2021, 12, 1), effects=[], mentors={},
            )
        )  # fmt: skip
    seen = {
        (role, enterprise): len(
            (await client.get("/feedback/v1/effects", headers=token_for(role, **bound))).json()
        )
        for role, enterprise, bound in (
            ("panel-college", "none", {}),
            ("panel-enterprise", "own", {"enterprise_id": ids.enterprise}),
            ("panel-enterprise", "other", {"enterprise_id": uuid4()}),
        )
    }

    assert list(seen.values()) == [1, 1, 0]


async def test_the_page_of_a_cohort_whose_plan_has_not_arrived_is_shown_without_what_depends_on_it(
    client, sessions, token_for
):
    ids = world.world(mentors=2, trainees=4)
    async with sessions.begin() as session:
        enrolled = world.cohort(ids, ids.cohort, ids.trainees, world.START, 2021)
        await handlers.keep_cohort_and_plan_its_looks(enrolled, session)
    headers = {**token_for("coordinator"), "Accept": "text/html"}

    answer = await client.get("/feedback/verdicts", headers=headers)

    assert answer.status_code == 200, answer.text
