"""The many-facet Rasch audit: what it must find in ratings of its own model, and who reads it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from services.feedback import handlers, queries, rasch
from services.feedback.auditing import audit
from services.feedback.looks import look_at_ratings_of_month, on
from services.feedback.mixed import Sheet
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.jobs import do_one
from tests.feedback import world

LOOK = date(2021, 12, 1)
STEP = np.array([-1.5, -0.5, 0.5, 1.5])


def of_the_model(severity, seed=7, trainees=400, competencies=3):
    """Every rater rates every trainee on every competency by the model itself."""
    chance = np.random.default_rng(seed)
    ability, difficulty = chance.normal(0, 1, trainees), np.linspace(-0.5, 0.5, competencies)
    grid = np.stack(np.meshgrid(range(trainees), range(len(severity)), range(competencies), indexing="ij"))
    trainee, rater, competency = grid.reshape(3, -1)
    chances = np.exp(
        rasch.log_chances(ability[trainee] - severity[rater] - difficulty[competency], STEP)
    ).cumsum(axis=1)
    level = (chance.random(len(trainee))[:, None] > chances).sum(axis=1)
    return Sheet(trainee, rater, competency, level.astype(np.float64))


def test_ratings_by_the_model_give_its_severities_within_their_errors_and_fit_as_expected():
    severity = np.array([-0.6, -0.2, 0.1, 0.7])

    found = rasch.audit(of_the_model(severity), 0, 4)

    assert (np.abs(found.severity - severity) < 4 * found.error).all()
    assert (found.error < 0.05).all()
    assert (np.abs(found.infit - 1) < 0.1).all()


def test_who_rates_at_random_fits_badly_and_who_never_strays_from_what_is_expected_too_well():
    sheet = of_the_model(np.zeros(4))
    usual = np.bincount(sheet.trainee, sheet.score) / np.bincount(sheet.trainee)
    level = sheet.score.copy()
    level[sheet.rater == 0] = np.random.default_rng(3).integers(0, 5, (sheet.rater == 0).sum())
    level[sheet.rater == 1] = usual[sheet.trainee[sheet.rater == 1]].round()

    infit = rasch.audit(replace(sheet, score=level), 0, 4).infit

    assert infit[0] > 1.5
    assert infit[1] < 0.5
    assert (infit[2:] < 1.2).all()


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids, due_week=6)
        await handlers.record_ratings(world.rate(ids, severe=ids.mentors[:1]), session)
        await advance_clock(ClockAdvanced(today=LOOK), session)
        await look_at_ratings_of_month(ids.cohort, LOOK, session)
    return ids


async def test_a_look_is_audited_by_a_worker_and_the_mentor_reads_it_beside_the_own_severity(
    client, ids, sessions, token_for
):
    mentor = token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise)
    path = f"/feedback/v1/mentors/{ids.mentors[0]}/report"
    before = (await client.get(path, headers=mentor)).json()
    assert await do_one(on, sessions)
    after = (await client.get(path, headers=mentor)).json()
    page = (await client.get("/feedback/mine", headers=mentor | {"Accept": "text/html"})).text

    assert before["rasch"] is None
    assert after["rasch"]["looked_on"] == str(LOOK)
    assert after["rasch"]["severity"] > 2 * after["rasch"]["se"] > 0
    assert 0.3 < after["rasch"]["infit"] < 2
    assert f"± {after['rasch']['se']:.2f}" in page


async def test_staff_read_whether_both_models_agree_and_an_enterprise_does_not(
    client, ids, sessions, token_for
):
    await do_one(on, sessions)
    path = f"/feedback/v1/verdicts?cohort_id={ids.cohort}"
    ours = (await client.get(path, headers=token_for("coordinator"))).json()
    theirs = await client.get(path, headers=token_for("panel-enterprise", enterprise_id=ids.enterprise))

    assert ours["audit"]["agreement"] > 0.9
    assert ours["audit"]["mentors"] == 8
    assert str(ids.mentors[0]) not in str(ours)
    assert theirs.json()["audit"] is None


async def test_levels_that_nobody_gave_and_mentors_who_never_vary_do_not_spoil_the_audit(ids, sessions):
    async with sessions.begin() as session:
        case = await queries.case_of(session, ids.cohort, LOOK)
    without_threes = [one._replace(level=4 if one.level == 3 else one.level) for one in case.seen]
    unvaried = [
        one._replace(level=5 if one.mentor == ids.mentors[1] else one.level) for one in without_threes
    ]

    found = audit(replace(case, seen=tuple(unvaried)), LOOK)

    assert str(ids.mentors[1]) not in found.mentors
    assert all(abs(one["severity"]) < 5 and one["se"] < 1 for one in found.mentors.values())


async def test_mentors_whom_nothing_links_are_not_compared(ids, sessions):
    async with sessions.begin() as session:
        case = await queries.case_of(session, ids.cohort, LOOK)
    own = {mentor: world.CODES[number % 7] for number, mentor in enumerate(ids.mentors[:7])}
    apart = tuple(one._replace(competency=own[one.mentor]) for one in case.seen if one.mentor in own)

    assert audit(replace(case, seen=apart), LOOK) is None
    assert audit(replace(case, seen=()), LOOK) is None
