"""What the audit of frozen variances may say, and that it says it where a person reads it."""

import json
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.evidence_simulator import Scenario, draw
from services.feedback import doubting, handlers, reml
from services.feedback.looks import on
from services.feedback.mixed import Sheet
from services.feedback.statistics import Assumption, VarianceAudit
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.jobs import do_one
from shared.messaging.schedule import fire_due
from tests.feedback import world
from tests.feedback.reference_values import generated

DATA = Path(__file__).parent / "data"
FROZEN = {
    "rater": (0.45**2, 0.45**2), "rater_competency": (0.0, 0.25), "trainee": (0.16, 0.16),
    "trainee_competency": (0.04, 0.04), "residual": (0.49, 0.49),
}  # fmt: skip
SIZE = {"trainees": 60, "competencies": 6}


def of(cohort):
    return Sheet(cohort.trainee, cohort.mentor, cohort.competency, cohort.level)


def doubted(scenario, run):
    return {one.name for one in reml.doubts(reml.audit(of(draw(scenario, (3, run))), FROZEN))}


def test_the_five_variances_are_those_of_an_independent_fit():
    reference = json.loads((DATA / "mixed_model_reference.json").read_text())["generated"]

    found = {one.name: one.estimate for one in reml.audit(Sheet(*generated()), FROZEN)}

    assert found == pytest.approx(reference, rel=1e-3)


def test_mentors_who_differ_twice_as_much_as_assumed_are_noticed_in_most_cohorts():
    found = [doubted(Scenario("severe and lenient", mentor_sd=0.9, **SIZE), run) for run in range(10)]

    assert sum("rater" in one for one in found) >= 7


def test_what_was_assumed_rightly_is_doubted_in_hardly_any_cohort():
    found = [doubted(Scenario("as assumed", **SIZE), run) for run in range(10)]

    assert sum(bool(one) for one in found) <= 1


def test_an_estimate_that_differs_too_little_to_matter_is_not_doubted():
    precise = reml.Component("residual", 0.6, 0.58, 0.62, (0.49, 0.49))

    assert not precise.doubtful
    assert precise._replace(estimate=1.2, low=1.1, high=1.3).doubtful


def test_a_variance_that_is_smaller_than_assumed_is_not_doubted_for_no_verdict_came_too_easily():
    assert not reml.Component("residual", 0.2, 0.19, 0.21, (0.49, 0.49)).doubtful


def test_nothing_is_said_of_too_few_ratings_or_mentors():
    cohort = draw(Scenario("small", trainees=27, mentors=3, stations=1), (1,))
    some = Sheet(
        *(column[:50] for column in (cohort.trainee, cohort.mentor, cohort.competency, cohort.level))
    )

    assert reml.audit(some, FROZEN) == reml.audit(of(cohort), FROZEN) == []


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await handlers.record_ratings(world.rate(ids), session)
    return ids


async def test_the_monthly_audit_is_kept_and_changes_nothing_that_was_frozen(sessions, ids):
    async with sessions.begin() as session:
        before = (await session.get_one(Assumption, ids.cohort)).model_dump()
        await advance_clock(ClockAdvanced(today=date(2022, 1, 1)), session)

    await fire_due(on, sessions)
    while await do_one(on, sessions):
        pass

    async with sessions.begin() as session:
        kept = await doubting.newest(session, ids.cohort)
        assert (await session.get_one(Assumption, ids.cohort)).model_dump() == before
    assert (kept.made_on, kept.rule, [one["name"] for one in kept.components]) == (
        date(2022, 1, 1), "reml/1", list(reml.NAMES),
    )  # fmt: skip


async def test_a_coordinator_asks_for_one_now_and_others_of_the_college_read_it(client, ids, token_for):
    where = f"/feedback/v1/cohorts/{ids.cohort}/variances"

    none_yet = (await client.get(where, headers=token_for("teacher"))).json()
    refused = await client.post(where, headers=token_for("teacher"))
    made = (await client.post(where, headers=token_for("coordinator"))).json()

    assert none_yet["made_on"] is None
    assert refused.status_code == 403
    assert made == (await client.get(where, headers=token_for("teacher"))).json()
    assert made["ratings"] > 100
    assert (await client.get(where, headers=token_for("mentor"))).status_code == 403


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", ("假定与评价是否相符", "假定存疑：单次评价的偶然差异")), ("en", ("What was assumed", "Assumption doubtful: how much single ratings"))],
)  # fmt: skip
async def test_a_doubt_stands_on_the_page_of_the_cohort_and_in_the_evidence_of_its_gaps(
    language, said, client, sessions, ids, token_for
):
    parts = [
        {
            "name": "residual",
            "estimate": 1.2,
            "low": 1.1,
            "high": 1.3,
            "frozen": [0.49, 0.49],
            "doubtful": True,
        }
    ]
    async with sessions.begin() as session:
        session.add(VarianceAudit(
            cohort_id=ids.cohort, made_on=date(2022, 1, 1), plan_id=ids.plan, plan_version=1, rule="reml/1",
            ratings=300, components=parts,
        ))  # fmt: skip
        more = [one.model_copy(update={"rating_id": uuid4()}) for one in world.rate(ids, low={"casting": 2})]
        low = await handlers.record_ratings(more, session)

    page = await client.get(
        f"/feedback/verdicts?cohort_id={ids.cohort}&lang={language}",
        headers={**token_for("coordinator"), "Accept": "text/html"},
    )

    assert [words for words in said if words not in page.text] == []
    [gap] = low
    evidence = (await client.get(f"/feedback/v1/gaps/{gap.gap_id}", headers=token_for("coordinator"))).json()
    assert said[1] in evidence["doubts"][0][language]
    assert said[1] in gap.doubts[0].model_dump()[language]
