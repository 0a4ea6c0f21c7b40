from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy import select

from services.gateway import asking
from services.gateway.handlers import record_event
from services.gateway.model import Known, LoggedEvent
from shared.events.curriculum import RevisionOpened
from shared.events.enterprise import TraineeRated
from shared.events.feedback import GapConfirmed
from shared.events.plan_parts import Cause, CauseKind
from shared.events.recruitment import CohortEnrolled, Trainee
from shared.ids import uuid7
from shared.messaging import Envelope, Heard, plain


def heard(event, correlation=None, causation=None, **extensions):
    id_ = uuid7()
    envelope = Envelope(
        id_, event.type_name(), event.topic(), "urn:x", event.key_value(), 1, datetime.now(UTC),
        correlation or id_, causation, extensions=extensions,
    )  # fmt: skip
    return Heard(envelope, event.model_dump_json().encode())


def gap(**fields):
    return GapConfirmed(
        gap_id=uuid4(), programme_id=uuid4(), cohort_id=uuid4(), plan_id=uuid4(), plan_version=1, competency="a",
        required=3, estimate=2.1, low=1.9, high=2.4, uncorrected_mean=2.2, ratings=40, trainees=20, mentors=4,
        stations=3, rule="severity/1", evidence_until=date(2021, 12, 1), **fields,
    )  # fmt: skip


def revision(found):
    return RevisionOpened(
        revision_id=uuid4(), plan_id=found.plan_id, plan_version=1, deadline_on=date(2022, 1, 1),
        causes=[Cause(kind=CauseKind.GAP, cause_id=found.gap_id, competencies=["a"])],
    )  # fmt: skip


def cohort(enterprise, *trainees):
    return CohortEnrolled(
        cohort_id=uuid4(), programme_id=uuid4(), intake_id=None, college_id=uuid4(), year=2021,
        title={"zh": "敬业 2021", "en": "Jingye 2021"}, first_monday=date(2021, 9, 6),
        trainees=[
            Trainee(
                trainee_id=trainee, enterprise_id=enterprise, college_number=f"C{n}", enterprise_number=f"JY-{n}",
                status="student",
            )
            for n, trainee in enumerate(trainees, start=1)
        ],
    )  # fmt: skip


async def hear(sessions, *events):
    async with plain(sessions) as statements:
        await record_event(list(events), statements)


async def test_every_event_is_written_down_once(sessions):
    one = heard(gap())

    await hear(sessions, one, one)
    await hear(sessions, one)

    async with sessions() as session:
        rows = (await session.scalars(select(LoggedEvent))).all()
    assert [(row.event_id, row.name, row.publisher) for row in rows] == [
        (one.envelope.id, "GapConfirmed", "feedback")
    ]


async def test_an_event_of_a_type_that_is_not_known_yet_is_written_down_too(sessions):
    envelope = Envelope(
        uuid7(),
        "tailored.curriculum.plan_dreamt.v1",
        "curriculum.plan_dreamt",
        "urn:x",
        "k",
        1,
        datetime.now(UTC),
        uuid7(),
    )

    await hear(sessions, Heard(envelope, b'{"a": 1}'))

    async with sessions() as session:
        assert (await session.scalars(select(LoggedEvent.name))).one() == "PlanDreamt"


async def test_what_came_in_by_the_door_keeps_its_source_when_it_is_heard(
    client, key, rated, post, sessions, enterprise
):
    event = rated()
    answer = await post(event, key)
    back = heard(TraineeRated(enterprise_id=enterprise, **event["data"]))
    back = Heard(back.envelope._replace(id=UUID(answer.json()["id"])), back.body)

    await hear(sessions, back)

    shown = await client.get(f"/v1/events/{answer.json()['id']}", headers=key)
    assert shown.json()["external_id"] == "r-1"
    assert shown.json()["data"]["competency"] == "bof-endpoint-control"


async def test_a_cohort_tells_whose_trainees_they_are(sessions, new_source, post, rated, enterprise):
    trainee = uuid4()
    await hear(sessions, heard(cohort(enterprise, trainee)))
    _, ours = await new_source(enterprise)
    _, theirs = await new_source(uuid4())

    mine = await post(rated(trainee_id=str(trainee)), ours)
    foreign = await post(rated(trainee_id=str(trainee)), theirs)

    assert mine.status_code == 202
    assert (foreign.status_code, foreign.json()["field"]) == (422, "trainee_id")
    async with sessions() as session:
        kinds = set((await session.scalars(select(Known.kind))).all())
    assert {"cohort", "trainee"} <= kinds


@pytest.fixture
def other_services(client):
    """The other services, as they answer over HTTP: what was handled and what failed."""
    stage = FastAPI()
    rows = {"handled": {}, "failed": {}}

    @stage.get("/{service}/v1/{what}")
    async def answer(service: str, what: str):
        if service == "placement":
            raise HTTPException(503)
        return rows[what].get(service, [])

    client.app.state.transport = httpx.ASGITransport(stage)
    return rows


async def test_the_trace_shows_the_path_with_outcomes_failures_and_who_did_not_answer(
    client, sessions, key, rated, post, other_services, token_for
):
    root = (await post(rated(), key)).json()["id"]
    found = gap()
    confirmed = heard(found, root, root)
    opened = heard(revision(found), root, confirmed.envelope.id)
    await hear(sessions, confirmed, opened)
    other_services["handled"]["feedback"] = [
        {
            "message_id": root,
            "handler": "feedback.record_ratings",
            "outcome": "done",
            "done_at": "2021-10-01T00:00:00Z",
        }
    ]
    other_services["failed"]["curriculum"] = [
        {"message_id": str(confirmed.envelope.id), "handler": "curriculum.open", "state": "dead", "code": "E-CUR-1",
         "reason": "secret of another", "attempts": 3, "id": str(uuid4())}
    ]  # fmt: skip

    source = (await client.get(f"/v1/events/{root}/trace", headers=key)).json()
    staff = (await client.get(f"/v1/events/{root}/trace", headers=token_for("operator"))).json()

    assert source["state"] == "failed"
    assert source["missing"] == ["placement"]
    node = source["path"][0]
    assert {"feedback.record_ratings"} <= {each["handler"] for each in node["handlers"]}
    then = node["then"][0]
    assert (then["name"], then["then"][0]["name"]) == ("GapConfirmed", "RevisionOpened")
    assert "data" in node
    assert "data" not in then
    assert "key" not in then
    assert "reason" not in str(source)
    assert staff["path"][0]["then"][0]["data"]["competency"] == "a"
    assert any(each.get("reason") == "secret of another" for each in staff["path"][0]["then"][0]["handlers"])


async def test_a_trace_is_found_by_the_publishers_own_id(client, key, rated, post):
    root = (await post(rated("my-7"), key)).json()["id"]

    found = await client.get(
        "/v1/trace", headers=key, params={"source": "urn:jingye:mes", "external_id": "my-7"}
    )

    assert found.json()["event"]["id"] == root
    assert sorted(found.json()["missing"]) == ["curriculum", "feedback", "placement", "recruitment"]


async def test_another_source_finds_nothing(client, key, rated, post, new_source, token_for):
    root = (await post(rated(), key)).json()["id"]
    _, other = await new_source(uuid4())

    answers = [
        await client.get(f"/v1/events/{root}", headers=other),
        await client.get(f"/v1/events/{root}/trace", headers=other),
        await client.get("/v1/events/by-source", headers=other, params={"external_id": "r-1"}),
    ]
    nobody = await client.get(f"/v1/events/{root}")
    trainee = await client.get(f"/v1/events/{root}", headers=token_for("trainee"))

    assert [answer.status_code for answer in answers] == [404] * 3
    assert (nobody.status_code, trainee.status_code) == (401, 403)


async def test_the_log_is_searched_by_correlation_cause_type_and_key(client, sessions, token_for):
    found = gap()
    first = heard(found)
    second = heard(revision(found), first.envelope.id, first.envelope.id)
    await hear(sessions, first, second)
    operator = token_for("operator")

    async def names(**asked):
        answer = await client.get(
            "/v1/events", headers=operator, params={k: str(v) for k, v in asked.items()}
        )
        return [each["name"] for each in answer.json()["events"]]

    assert await names(correlation=first.envelope.id) == ["RevisionOpened", "GapConfirmed"]
    assert await names(causation=first.envelope.id) == ["RevisionOpened"]
    assert await names(type="GapConfirmed") == ["GapConfirmed"]
    assert await names(type="tailored.feedback.gap_confirmed.v1") == ["GapConfirmed"]
    assert await names(key=found.gap_id) == ["GapConfirmed"]
    assert await names(limit=1, before=second.envelope.id) == ["GapConfirmed"]


async def test_each_service_is_asked_at_its_own_address_where_the_settings_have_a_place_for_its_name(client):
    asked = set()
    stage = FastAPI()

    @stage.get("/{service}/v1/failed")
    async def answer(service: str, request: Request):
        asked.add((service, request.headers["host"]))
        return []

    app = client.app
    app.state.transport = httpx.ASGITransport(stage)
    app.state.settings = app.state.settings.model_copy(update={"services_url": "http://{service}:8000"})

    assert await asking.failed(app) == ([], [])
    assert asked == {(service, f"{service}:8000") for service in asking.SERVICES}
