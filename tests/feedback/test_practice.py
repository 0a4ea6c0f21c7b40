from datetime import date
from uuid import uuid4

import pytest

from services.feedback import handlers
from services.feedback.copies import Attendance, Incident
from shared.events.enterprise import AttendanceRecorded, SafetyIncidentReported, Severity
from tests.feedback import world

DAY = date(2021, 10, 13)


def attended(ids, trainee, hours, day=DAY, **other):
    said = {"enterprise_id": ids.enterprise, "trainee_id": trainee, "workshop_id": ids.workshop}
    return AttendanceRecorded(**(said | other), attended_on=day, hours=hours)


def incident(ids, severity=Severity.NEAR_MISS, day=DAY, **other):
    said = {"incident_id": uuid4(), "enterprise_id": ids.enterprise, "workshop_id": ids.workshop}
    return SafetyIncidentReported(
        **(said | other), occurred_on=day, severity=severity, competencies=["safety"]
    )


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=4, trainees=8)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
    return ids


async def test_the_last_hours_said_for_a_trainee_a_workshop_and_a_day_count(session):
    ids = world.world()
    trainee = ids.trainees[0]

    await handlers.keep_hours_attended([attended(ids, trainee, 8), attended(ids, trainee, 6)], session)
    await handlers.keep_hours_attended([attended(ids, trainee, 4)], session)

    kept = await session.get_one(Attendance, (trainee, ids.workshop, DAY))
    assert kept.hours == 4


async def test_an_incident_told_again_is_corrected_not_doubled(session):
    ids = world.world()
    first = incident(ids)

    await handlers.keep_safety_incident(first, session)
    await handlers.keep_safety_incident(first.model_copy(update={"severity": Severity.INJURY}), session)

    kept = await session.get_one(Incident, first.incident_id)
    assert (kept.severity, kept.competencies) == ("injury", ["safety"])


async def test_indicators_show_hours_where_a_competency_is_practised_with_their_n(
    client, ids, sessions, token_for
):
    records = [attended(ids, trainee, 8) for trainee in ids.trainees[:6]]
    elsewhere = [attended(ids, ids.trainees[0], 8, workshop_id=uuid4())]
    before_it_began = [attended(ids, ids.trainees[0], 8, day=date(2021, 9, 1))]
    by_a_stranger = [attended(ids, ids.trainees[7], 8, enterprise_id=uuid4())]
    async with sessions.begin() as session:
        await handlers.keep_hours_attended([*records, *elsewhere, *before_it_began, *by_a_stranger], session)

    path = f"/feedback/v1/indicators?cohort_id={ids.cohort}"
    shown = (await client.get(path, headers=token_for("manager"))).json()["attendance"]

    assert {one["competency"] for one in shown} == set(world.CODES)
    assert {(one["n"], one["of"], one["hours"], one["hours_each"], one["not_seen"]) for one in shown} == {
        (6, 8, 48.0, 8.0, 0)
    }


async def test_hours_of_too_few_trainees_are_not_shown(client, ids, sessions, token_for):
    async with sessions.begin() as session:
        await handlers.keep_hours_attended([attended(ids, ids.trainees[0], 8)], session)

    path = f"/feedback/v1/indicators?cohort_id={ids.cohort}"
    shown = (await client.get(path, headers=token_for("manager"))).json()["attendance"]

    assert {(one["n"], one["hours"], one["suppressed"]) for one in shown} == {(1, None, True)}


async def test_incidents_are_counted_by_workshop_and_month_and_listed_for_staff_and_their_own_enterprise(
    client, ids, sessions, token_for
):
    async with sessions.begin() as session:
        for one in (incident(ids), incident(ids, Severity.INJURY), incident(ids, day=date(2021, 11, 2))):
            await handlers.keep_safety_incident(one, session)

    shown = (
        await client.get(f"/feedback/v1/indicators?cohort_id={ids.cohort}", headers=token_for("manager"))
    ).json()
    listed = {
        role: await client.get("/feedback/v1/incidents", headers=token_for(role, **bound))
        for role, bound in (
            ("manager", {}),
            ("integrator", {"enterprise_id": ids.enterprise}),
            ("panel-enterprise", {"enterprise_id": uuid4()}),
            ("mentor", {"enterprise_id": ids.enterprise}),
        )
    }

    assert [(one["month"], one["incidents"], one["by_severity"]) for one in shown["incidents"]] == [
        ("2021-10", 2, {"injury": 1, "near_miss": 1}),
        ("2021-11", 1, {"near_miss": 1}),
    ]
    assert [len(listed[role].json()) for role in ("manager", "integrator", "panel-enterprise")] == [3, 3, 0]
    assert listed["mentor"].status_code == 403
