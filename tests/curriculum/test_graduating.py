"""The end of a programme: who is examined, who has passed, who takes a credential away."""

from datetime import date
from uuid import uuid4

import pytest

from services.curriculum import handlers, publishing, queries
from services.curriculum.model import InForce
from shared.events.curriculum import CredentialAwarded
from shared.events.gateway import ClockAdvanced
from shared.events.recruitment import CohortEnrolled, Trainee, TraineeWithdrew
from shared.messaging.clock import advance_clock

CREDENTIAL = {"title": {"zh": "结业证书", "en": "Certificate"}, "degree": False}
EXAM = {
    "parts": [
        {"exam_part": "work", "title": {"zh": "操作", "en": "work"}, "weight": 0.6, "must_pass": True},
        {"exam_part": "theory", "title": {"zh": "理论", "en": "theory"}, "weight": 0.4},
    ],
    "at_most_failed": 1,
    "never_below": 30,
    "source": "made for a test",
}
FIRST_MONDAY, OVER = date(2021, 12, 6), date(2022, 6, 17)


def enrolled(steel, people) -> CohortEnrolled:
    trainees = [
        Trainee(
            trainee_id=one, enterprise_id=steel.enterprise_id, college_number=f"c{number}", status="student"
        )
        for number, one in enumerate(people)
    ]
    return steel.cohort(first_monday=FIRST_MONDAY).model_copy(update={"trainees": trainees})


@pytest.fixture
def coordinator(token_for):
    return token_for("coordinator")


@pytest.fixture
async def class_of(planned, hear, sessions):
    """`await class_of(three people, examination=...)`: 28 weeks that end on 17 June 2022; the clock shows that Friday."""

    async def start(people, day=OVER, **more):
        await hear(handlers.keep_programme, planned.programme(credential=CREDENTIAL, **more))
        await hear(handlers.put_plan_in_force_for_cohort, enrolled(planned, people))
        async with sessions.begin() as session:
            await advance_clock(ClockAdvanced(today=day), session)
        return f"/curriculum/v1/cohorts/{planned.cohort_id}"

    return start


async def test_everyone_who_is_still_there_takes_the_credential_of_the_plan_version_away(
    class_of, planned, hear, client, coordinator, sessions, said
):
    stays, leaves = uuid4(), uuid4()
    gone = TraineeWithdrew(cohort_id=planned.cohort_id, trainee_id=leaves, effective_from=FIRST_MONDAY)
    await hear(handlers.note_withdrawal_of_learner, gone)
    at = await class_of([stays, leaves])

    answer = await client.post(f"{at}/credentials", json={}, headers=coordinator)

    assert answer.status_code == 201, answer.text
    (award,) = answer.json()
    event = (await said(sessions))[-1]
    assert isinstance(event, CredentialAwarded)
    assert (event.trainee_id, event.plan_version, event.degree) == (stays, 1, False)
    assert event.competencies == ["casting", "drawing", "endpoint", "safety"]
    badge = await client.get(f"/curriculum/v1/credentials/{award['credential_id']}", headers=coordinator)
    achievement = badge.json()["credentialSubject"]["achievement"]
    assert [one["targetCode"] for one in achievement["alignment"]] == event.competencies
    assert achievement["criteria"]["id"].endswith(f"{planned.plan_id}:1")
    assert (await client.post(f"{at}/credentials", json={}, headers=coordinator)).json() == []


async def test_each_graduate_keeps_the_version_by_which_they_were_last_taught(
    class_of, planned, client, coordinator, sessions
):
    first, later = uuid4(), uuid4()
    at = await class_of([first, later])
    async with sessions.begin() as session:
        known = await queries.version_of(session, planned.plan_id)
        for number, start, others in (
            (2, date(2022, 5, 2), [str(later)]),
            (3, date(2022, 6, 20), []),
        ):
            version = known.model_copy(update={"plan_version": number, "content_hash": str(number)})
            await publishing.keep_version(session, version, date(2022, 4, 25))
            session.add(
                InForce(
                    cohort_id=planned.cohort_id, plan_id=planned.plan_id, plan_version=number, from_week=number,
                    effective_from=start, later=others, later_week=40, later_from=date(2022, 9, 5),
                )
            )  # fmt: skip

    awards = (await client.post(f"{at}/credentials", json={}, headers=coordinator)).json()

    # version 2 reached the first group alone before the last week ended, version 3 nobody
    assert {one["trainee_id"]: one["plan_version"] for one in awards} == {str(first): 2, str(later): 1}


async def test_a_credential_before_the_last_week_has_ended_is_refused(class_of, client, coordinator):
    at = await class_of([uuid4()], day=date(2022, 6, 16))

    answer = await client.post(f"{at}/credentials", json={}, headers=coordinator)

    assert (answer.status_code, answer.json()["code"]) == (409, "E-CUR-CREDENTIAL")
    assert "2022-06-17" in answer.text


async def test_without_the_examination_passed_there_is_no_credential(class_of, client, coordinator):
    passes, fails, absent = uuid4(), uuid4(), uuid4()
    at = await class_of([passes, fails, absent], examination=EXAM)
    results = [
        {"trainee_id": str(passes), "points": {"work": 60, "theory": 40}},
        {"trainee_id": str(fails), "points": {"work": 49, "theory": 100}},
    ]

    judged = await client.post(f"{at}/examination", json={"results": results}, headers=coordinator)

    assert [(one["total"], one["passed"]) for one in judged.json()] == [(52, True), (69.4, False)]
    assert judged.json()[1]["unmet"][0]["en"] == "work: 50 points needed, 49 reached"
    named = {"trainee_ids": [str(fails)]}
    assert (await client.post(f"{at}/credentials", json=named, headers=coordinator)).status_code == 409
    awards = await client.post(f"{at}/credentials", json={}, headers=coordinator)
    assert [one["trainee_id"] for one in awards.json()] == [str(passes)]


async def test_another_attempt_replaces_the_one_before(class_of, client, coordinator):
    learner = uuid4()
    at = await class_of([learner], examination=EXAM)
    for work in (20, 70):
        results = {"results": [{"trainee_id": str(learner), "points": {"work": work, "theory": 50}}]}
        judged = await client.post(f"{at}/examination", json=results, headers=coordinator)

    assert judged.json()[0]["passed"]
    assert len((await client.post(f"{at}/credentials", json={}, headers=coordinator)).json()) == 1


@pytest.mark.parametrize("points", [{"work": 60}, {"work": 60, "theory": 60, "oral": 60}])
async def test_results_that_do_not_fit_the_parts_are_refused(class_of, client, coordinator, points):
    learner = uuid4()
    at = await class_of([learner], examination=EXAM)

    results = {"results": [{"trainee_id": str(learner), "points": points}]}
    answer = await client.post(f"{at}/examination", json=results, headers=coordinator)

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-EXAM")


async def test_a_graduate_sees_their_own_credential_and_no_other(class_of, client, coordinator, token_for):
    mine, other = sorted((uuid4(), uuid4()))
    at = await class_of([mine, other])
    await client.post(f"{at}/credentials", json={}, headers=coordinator)

    seen = await client.get(f"{at}/credentials", headers=token_for("trainee", person_id=mine))

    assert [one["trainee_id"] for one in seen.json()] == [str(mine)]
