"""An intake from its opening to its cohort, over HTTP on a real database."""

import json
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from services.recruitment.handlers import keep_agreement_with_its_promises
from services.recruitment.later import expire_offers
from shared.events.recruitment import (
    ApplicantRefused,
    ApplicantSelected,
    CohortEnrolled,
    IntakeClosed,
    IntakeOpened,
    IntakeRefused,
    ProgrammeOpened,
    TraineeWithdrew,
)
from tests.recruitment.world import A_TEMPLATE, API, CLOSES, an_intake, apply_all, people, post


async def test_180_of_612_are_selected_exactly_accept_and_become_a_cohort_in_groups(
    client, coordinator, programme, sessions, said
):
    intake = await an_intake(client, coordinator, programme)
    assert "seed" not in intake
    await apply_all(client, coordinator, intake, people(612))
    closed = await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    assert (closed["applicants"], closed["eligible"], closed["selected"], closed["waiting"]) == (
        612,
        612,
        180,
        432,
    )
    assert closed["seed_hash"] == intake["seed_hash"] == sha256(closed["seed"].encode()).hexdigest()
    accepted = await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    assert accepted == {"accepted": 180}
    enrol = {"first_monday": "2021-09-06"}
    cohort = await post(client, coordinator, f"/intakes/{intake['intake_id']}/enrol", enrol, 201)
    assert len(cohort["trainees"]) == 180
    sizes = [
        sum(t["group"] == g for t in cohort["trainees"]) for g in {t["group"] for t in cohort["trainees"]}
    ]
    assert sizes == [15] * 12
    assert {t["direction"] for t in cohort["trainees"]} == {"steelmaking", "rolling"}
    assert len({t["college_number"] for t in cohort["trainees"]}) == 180
    events = await said(sessions)
    assert [type(event) for event in events[:2]] == [ProgrammeOpened, IntakeOpened]
    assert sum(isinstance(event, ApplicantSelected) for event in events) == 180
    assert sum(isinstance(event, ApplicantRefused) for event in events) == 432
    assert isinstance(events[-1], CohortEnrolled)
    assert any(isinstance(event, IntakeClosed) for event in events)
    assert "学员" not in "".join(event.model_dump_json() for event in events)


async def test_exactly_three_years_of_service_count_and_a_day_less_is_refused_with_the_condition(
    client, coordinator, programme, sessions, said
):
    intake = await an_intake(client, coordinator, programme, seats=5)
    full = CLOSES.replace(year=CLOSES.year - 3)
    rows = [
        {"name": "甲", "hired_on": str(full), "facts": {"entrance_score": 60}},
        {"name": "乙", "hired_on": str(full + timedelta(days=1)), "facts": {"entrance_score": 90}},
    ]
    await apply_all(client, coordinator, intake, rows)
    closed = await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    assert (closed["eligible"], closed["selected"]) == (1, 1)
    refused = [event for event in await said(sessions) if isinstance(event, ApplicantRefused)]
    assert [(one.reason, one.predicate, one.needed, one.had) for one in refused] == [
        ("not-eligible", "years_of_service >= 3", "3", "2.99")
    ]
    answer = await client.get(
        f"{API}/applications/{refused[0].application_id}/explanation", headers=coordinator
    )
    assert "工龄须满三年" in answer.json()["sentences"][0]["zh"]


async def test_a_declined_seat_goes_down_the_waiting_list_and_nobody_else_loses_theirs(
    client, coordinator, programme, sessions, said
):
    intake = await an_intake(client, coordinator, programme, seats=4)
    await apply_all(client, coordinator, intake, people(12))
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    url = f"{API}/intakes/{intake['intake_id']}/outcomes"
    before = (await client.get(url, headers=coordinator)).json()
    offered = {row["application_id"] for row in before if row["state"] == "offered"}
    leaving = min(offered)
    next_one = next(row["application_id"] for row in before if row["waiting_place"] == 1)
    await post(client, coordinator, f"/applications/{leaving}/decline")
    after = (await client.get(url, headers=coordinator)).json()
    now = {row["application_id"] for row in after if row["state"] == "offered"}
    assert len(now) == 4
    assert now >= offered - {leaving}
    assert sorted(row["waiting_place"] for row in after if row["waiting_place"]) == list(range(1, 8))
    last = (await said(sessions))[-2:]
    assert [type(event) for event in last] == [ApplicantRefused, ApplicantSelected]
    assert last[0].reason == "declined"
    assert str(last[1].application_id) == next_one or last[1].pool == "local"
    await post(client, coordinator, f"/applications/{leaving}/accept", status=409)


async def test_an_offer_that_nobody_accepts_lapses_by_business_time_and_is_offered_on(
    client, coordinator, programme, sessions, said
):
    from shared.events.gateway import ClockAdvanced
    from shared.messaging.clock import advance_clock

    intake = await an_intake(client, coordinator, programme, seats=2)
    await apply_all(client, coordinator, intake, people(6))
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    first = [event for event in await said(sessions) if isinstance(event, ApplicantSelected)]
    kept = str(first[0].application_id)
    await post(client, coordinator, f"/applications/{kept}/accept")
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=first[0].expires_on + timedelta(days=1)), session)
        events = await expire_offers(UUID(intake["intake_id"]), session)
        assert [type(event) for event in events] == [ApplicantRefused, ApplicantSelected]
        assert events[0].reason == "expired"
        assert events[0].application_id == first[1].application_id
        assert await expire_offers(UUID(intake["intake_id"]), session) == []


async def test_two_intakes_ranked_by_preference_are_decided_together_and_nobody_holds_two_offers(
    client, coordinator, programme
):
    first = await an_intake(client, coordinator, programme, seats=2)
    second = await an_intake(client, coordinator, programme, seats=2)
    rows = people(6)
    persons = [str(uuid4()) for _ in rows]
    for intake, preference in ((first, 1), (second, 2)):
        again = [
            {**row, "application_id": str(uuid4()), "applicant_id": person, "preference": preference}
            for row, person in zip(rows, persons, strict=True)
        ]
        await apply_all(client, coordinator, intake, again)
    body = {"intake_ids": [first["intake_id"], second["intake_id"]]}
    closed = await post(client, coordinator, "/selections", body)
    assert [each["selected"] for each in closed] == [2, 2]
    states = []
    for intake in (first, second):
        url = f"{API}/intakes/{intake['intake_id']}/outcomes"
        states.append((await client.get(url, headers=coordinator)).json())
    offers = [row["applicant_id"] for rows in states for row in rows if row["state"] == "offered"]
    assert len(offers) == len(set(offers)) == 4
    leaving = next(row for row in states[0] if row["state"] == "offered")
    await post(client, coordinator, f"/applications/{leaving['application_id']}/withdraw")
    after = []
    for intake in (first, second):
        url = f"{API}/intakes/{intake['intake_id']}/outcomes"
        after += (await client.get(url, headers=coordinator)).json()
    holders = [row["applicant_id"] for row in after if row["state"] == "offered"]
    assert len(holders) == len(set(holders)) == 4  # the chain moved one up and filled the seat behind


async def test_a_class_below_its_minimum_is_refused_or_joins_that_of_another_enterprise(
    client, coordinator, signed, sessions, said
):
    async with sessions.begin() as session:
        await keep_agreement_with_its_promises(signed, session)
    other = str(uuid4())
    selection = {"criteria": [], "minimum": 25, "maximum": 30, "below_minimum": "merge"}
    template = {**A_TEMPLATE, "selection": selection, "source_groups": [], "branches": []}
    body = {"agreement_id": str(signed.agreement_id), "template": template, "enterprise_ids": [other]}
    programme = (await client.post(f"{API}/programmes", json=body, headers=coordinator)).json()
    one = await an_intake(client, coordinator, programme, enterprise_id=str(signed.enterprise_id))
    two = await an_intake(client, coordinator, programme, enterprise_id=other)
    assert (one["seats"], two["seats"]) == (30, 30)
    too_many = {
        "programme_id": programme["programme_id"],
        "year": 2021,
        "closes_on": str(CLOSES),
        "enterprise_id": other,
    }
    await post(client, coordinator, "/intakes", too_many, 409)
    for intake, n, seed in ((one, 24, 1), (two, 40, 2)):
        rows = [{**row, "person_number": f"{seed}-{row['person_number']}"} for row in people(n, seed)]
        await apply_all(client, coordinator, intake, rows)
        await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
        await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    await post(client, coordinator, f"/intakes/{one['intake_id']}/enrol", {"first_monday": "2021-09-06"}, 409)
    enrol = {"first_monday": "2021-09-06"}
    cohort = await post(client, coordinator, f"/intakes/{two['intake_id']}/enrol", enrol, 201)
    assert len(cohort["trainees"]) == 54
    refuse = {"selection": {**selection, "below_minimum": "refuse"}, "year": 2022}
    alone = await an_intake(client, coordinator, programme, **refuse)
    await apply_all(client, coordinator, alone, people(24, 3))
    refused = await post(client, coordinator, f"/intakes/{alone['intake_id']}/select")
    assert refused["state"] == "refused"
    last = (await said(sessions))[-1]
    assert isinstance(last, IntakeRefused)
    assert (last.needed, last.had) == (25, 24)


async def test_a_what_if_says_who_would_move_and_saves_nothing(client, coordinator, programme):
    intake = await an_intake(client, coordinator, programme, seats=4)
    await apply_all(client, coordinator, intake, people(12))
    tried = await post(client, coordinator, f"/intakes/{intake['intake_id']}/what-if", {"seats": 6})
    assert (tried["selected_before"], tried["selected_after"]) == (4, 6)
    assert len(tried["would_enter"]) == 2
    assert tried["would_leave"] == []
    wrong = {"reserved": {"nobody": 0.5}}
    answer = await post(client, coordinator, f"/intakes/{intake['intake_id']}/what-if", wrong, 422)
    assert "nobody" in answer["detail"]
    state = (await client.get(f"{API}/intakes/{intake['intake_id']}", headers=coordinator)).json()
    assert state["state"] == "open"
    assert state["seats"] == 4


async def test_every_refused_applicant_is_told_what_would_have_admitted_them_and_the_export_gives_the_same(
    client, coordinator, programme, tmp_path
):
    from typer.testing import CliRunner

    from tailored.cli import app as command

    intake = await an_intake(client, coordinator, programme, seats=4)
    await apply_all(client, coordinator, intake, people(12))
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    url = f"{API}/intakes/{intake['intake_id']}"
    outcomes = (await client.get(f"{url}/outcomes", headers=coordinator)).json()
    for row in outcomes:
        if row["state"] == "waiting":
            asked = await client.get(
                f"{API}/applications/{row['application_id']}/explanation", headers=coordinator
            )
            told = asked.json()
            assert told["would_need"][0]["more"] > 0
            assert told["waiting_place"]
            assert "候补名单" in str(told["sentences"])
            assert "Checked by deciding again" in str(told["sentences"])
    stored = tmp_path / "market.json"
    stored.write_text((await client.get(f"{url}/market.json", headers=coordinator)).text, encoding="utf-8")
    done = CliRunner(env={"LANG": "en"}).invoke(command, ["match", str(stored), "--json"])
    assert done.exit_code == 0, done.output
    matches = json.loads(done.stdout)["matches"]
    again = {row["applicant"]: row["pool"] for row in matches if row["programme"]}
    assert again == {row["applicant_id"]: row["pool"] for row in outcomes if row["state"] == "offered"}


async def test_nobody_is_told_to_reach_a_score_that_does_not_exist(client, coordinator, programme):
    intake = await an_intake(client, coordinator, programme, seats=1)
    rows = people(3)
    for row, points in zip(rows, (100, 100, 60), strict=True):
        row["facts"] = {"place": "pingshan", "entrance_score": points}
    await apply_all(client, coordinator, intake, rows)
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    found = (await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes", headers=coordinator)).json()
    waiting = [row for row in found if row["state"] == "waiting"]
    assert sorted(row["score"] for row in waiting) == [60, 100]
    for row in waiting:
        url = f"{API}/applications/{row['application_id']}/explanation"
        told = (await client.get(url, headers=coordinator)).json()
        assert told["would_need"] == []
        assert "with it you would only have tied" in told["sentences"][-1]["en"]


async def test_people_see_and_answer_only_what_is_theirs(client, coordinator, programme, token_for):
    intake = await an_intake(client, coordinator, programme, seats=2)
    rows = [{**row, "applicant_id": str(uuid4())} for row in people(4)]
    await apply_all(client, coordinator, intake, rows)
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    url = f"{API}/intakes/{intake['intake_id']}/outcomes"
    mine = token_for("trainee", person_id=UUID(rows[0]["applicant_id"]))
    seen = (await client.get(url, headers=mine)).json()
    assert [row["applicant_id"] for row in seen] == [rows[0]["applicant_id"]]
    assert (
        await client.get(f"{API}/applications/{rows[1]['application_id']}", headers=mine)
    ).status_code == 404
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())
    assert (await client.get(url, headers=stranger)).status_code == 404
    for path in ("agreements", "programmes", "intakes", "cohorts"):
        assert (await client.get(f"{API}/{path}", headers=stranger)).json() == [], path
        assert len((await client.get(f"{API}/{path}.csv", headers=stranger)).text.splitlines()) == 1, path
    assert (await client.get(f"{API}/agreements", headers=mine)).json() == []
    own = token_for("panel-enterprise", enterprise_id=UUID(programme["enterprise_ids"][0]))
    assert len((await client.get(url, headers=own)).json()) == 4
    offered = next(row for row in (await client.get(url, headers=own)).json() if row["state"] == "offered")
    await post(client, own, f"/applications/{offered['application_id']}/accept", status=404)
    await post(client, mine, f"/intakes/{intake['intake_id']}/select", status=403)
    assert (await client.get(url)).status_code == 401


async def test_a_trainee_withdraws_and_a_class_is_formed_from_a_running_cohort(
    client, coordinator, programme, sessions, said
):
    intake = await an_intake(client, coordinator, programme, seats=4)
    await apply_all(client, coordinator, intake, people(6))
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    await post(
        client, coordinator, f"/intakes/{intake['intake_id']}/enrol", {"first_monday": "2021-09-06"}, 409
    )
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    wrong = await post(
        client, coordinator, f"/intakes/{intake['intake_id']}/enrol", {"first_monday": "2021-09-07"}, 422
    )
    assert wrong["field"] == "first_monday"
    cohort = await post(
        client, coordinator, f"/intakes/{intake['intake_id']}/enrol", {"first_monday": "2021-09-06"}, 201
    )
    ids = [trainee["trainee_id"] for trainee in cohort["trainees"]]
    await post(client, coordinator, f"/cohorts/{cohort['cohort_id']}/trainees/{ids[0]}/withdraw")
    assert isinstance((await said(sessions))[-1], TraineeWithdrew)
    form = {
        "programme_id": programme["programme_id"],
        "trainee_ids": ids[1:3],
        "first_monday": "2021-10-04",
        "title": {"zh": "早期就业班", "en": "early employment class"},
    }
    formed = await post(client, coordinator, "/cohorts", form, 201)
    assert formed["formed_from"] == [cohort["cohort_id"]]
    assert [trainee["trainee_id"] for trainee in formed["trainees"]] == ids[1:3]
    await post(client, coordinator, "/cohorts", {**form, "trainee_ids": [ids[0]]}, 404)
