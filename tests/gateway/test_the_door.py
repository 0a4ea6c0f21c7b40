import asyncio
from uuid import UUID, uuid4

from sqlalchemy import func, select

from services.gateway.model import Accepted, Key, LoggedEvent, Refusal
from shared.events.enterprise import PositionPublished, TraineeRated
from shared.messaging.tables import Outbox


async def test_an_accepted_event_is_said_under_an_id_of_ours(
    client, key, rated, post, said, sessions, enterprise
):
    event = rated()

    answer = await post(event, key)

    assert answer.status_code == 202
    body = answer.json()
    assert body["duplicate"] is False
    assert UUID(body["id"]).version == 7
    assert body["trace"] == f"/v1/events/{body['id']}/trace"
    assert await said(sessions) == [TraineeRated(enterprise_id=enterprise, **event["data"])]
    async with sessions() as session:
        row = (await session.scalars(select(Outbox))).one()
    assert str(row.id) == body["id"]
    assert row.extensions == {"externalsource": "urn:jingye:mes", "externalid": "r-1"}


async def test_the_same_id_and_content_is_a_duplicate_and_other_content_is_refused(
    key, rated, post, said, sessions
):
    event = rated()
    first = await post(event, key)

    second = await post(event, key)
    third = await post({**event, "data": {**event["data"], "level": 4}}, key)

    assert (second.status_code, second.json()["id"], second.json()["duplicate"]) == (
        200,
        first.json()["id"],
        True,
    )
    assert (third.status_code, third.json()["code"], third.json()["field"]) == (409, "E-GTW-CONFLICT", "id")
    assert len(await said(sessions)) == 1


async def test_the_same_event_sent_at_the_same_instant_gives_one_202(key, rated, post, said, sessions):
    event = rated()

    answers = await asyncio.gather(*(post(event, key) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await said(sessions)) == 1


async def test_two_enterprises_may_send_the_same_id(new_source, rated, post, said, sessions):
    _, one = await new_source(uuid4())
    _, other = await new_source(uuid4())

    answers = [await post(rated(), headers) for headers in (one, other)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 2
    assert len(await said(sessions)) == 2


async def test_binary_mode_carries_the_attributes_in_headers(client, key, rated, said, sessions):
    event = rated()

    answer = await client.post(
        "/v1/events",
        json=event["data"],
        headers={
            **key,
            "ce-specversion": "1.0",
            "ce-id": "b-1",
            "ce-source": "urn:x",
            "ce-type": event["type"],
        },
    )

    assert answer.status_code == 202, answer.text
    assert len(await said(sessions)) == 1


async def test_without_a_key_or_with_a_wrong_one_nobody_enters(client, key, rated, post, sessions, said):
    broken = {"Authorization": key["Authorization"][:-1] + ("0" if key["Authorization"][-1] != "0" else "1")}

    answers = [await post(rated(), headers) for headers in ({}, {"Authorization": "Bearer tlr_a_b"}, broken)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "E-GTW-KEY")] * 3
    assert await said(sessions) == []
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Refusal)) == 0


async def test_a_key_opens_one_enterprise_only(key, rated, post, enterprise):
    refused = await post(rated(enterprise_id=str(uuid4())), key)
    own = await post(rated("r-2", enterprise_id=str(enterprise)), key)

    assert (refused.status_code, refused.json()["code"]) == (403, "E-GTW-ENTERPRISE")
    assert own.status_code == 202


async def test_a_key_opens_only_the_types_of_its_scope(new_source, rated, post, enterprise):
    _, narrow = await new_source(enterprise, event_types=["MentorLeft"])

    refused = await post(rated(), narrow)

    assert (refused.status_code, refused.json()["code"]) == (403, "E-GTW-SCOPE")


async def test_beyond_the_quota_one_is_told_to_wait(new_source, rated, post, enterprise):
    _, few = await new_source(enterprise, quota_per_minute=2)

    answers = [await post(rated(f"r-{n}"), few) for n in range(5)]  # a minute may end between two of them

    refused = [answer for answer in answers if answer.status_code != 202]
    assert 2 <= len(answers) - len(refused) <= 4
    assert {answer.status_code for answer in refused} == {429}
    assert refused[0].headers["Retry-After"] == "60"
    assert refused[0].json()["code"] == "E-GTW-QUOTA"


async def test_a_wrong_field_is_named_with_what_to_do_in_the_language_asked_for(key, rated, post):
    event = rated(level=9, colour="red")

    english = await post(event, {**key, "Accept-Language": "en"})
    chinese = await post(event, {**key, "Accept-Language": "zh-CN"})

    assert (english.status_code, english.json()["code"]) == (422, "E-GTW-SCHEMA")
    assert {(each["field"], each["remedy"]) for each in english.json()["errors"]} == {
        ("level", "At most 5."),
        ("colour", "Remove it, or check its spelling."),
    }
    assert chinese.json()["errors"][0]["what"] == "数值过大"
    assert chinese.headers["content-type"] == "application/problem+json"


async def test_an_event_over_256_kib_is_refused_before_the_key_is_looked_at(client, rated):
    answer = await client.post(
        "/v1/events",
        content=b" " * (256 * 1024 + 1),
        headers={"Content-Type": "application/cloudevents+json"},
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "E-GTW-SIZE")


async def test_an_id_of_another_enterprise_is_refused_as_if_unknown_and_a_new_one_may_wait(
    new_source, rated, post, enterprise
):
    _, theirs = await new_source(uuid4())
    _, ours = await new_source(enterprise)
    position = {
        "specversion": "1.0",
        "id": "p-1",
        "source": "urn:x",
        "type": "tailored.enterprise.position_published.v1",
        "data": {
            "position_id": str(uuid4()),
            "title": {"zh": "炉前工", "en": "Furnace hand"},
            "profile": [{"competency": "a", "level": 3}],
        },
    }
    assert (await post(position, theirs)).status_code == 202

    taken = await post(position, ours)
    promoted = {
        "employee_id": str(uuid4()),
        "position_id": position["data"]["position_id"],
        "occurred_on": "2021-10-01",
    }
    named = await post(
        {**position, "id": "e-1", "type": "tailored.enterprise.employee_promoted.v1", "data": promoted}, ours
    )
    waits = await post(rated(trainee_id=str(uuid4())), ours)

    assert [(each.status_code, each.json()["code"], each.json()["field"]) for each in (taken, named)] == [
        (422, "E-GTW-ID", "position_id")
    ] * 2
    assert waits.status_code == 202


async def test_who_set_the_levels_of_a_position_is_said_whole_or_not_at_all(key, post):
    data = {"title": {"zh": "炉前工", "en": "Furnace hand"}, "profile": [{"competency": "a", "level": 3}]}
    origin = {"set_by": "炼钢厂技术处", "set_on": "2021-03-01", "method": "岗位分析会"}

    async def answer(**said):
        return await post(
            {
                "specversion": "1.0", "id": str(uuid4()), "source": "urn:x",
                "type": "tailored.enterprise.position_published.v1",
                "data": {"position_id": str(uuid4()), **data, **said},
            },
            key,
        )  # fmt: skip

    assert [(await answer(**said)).status_code for said in ({}, origin)] == [202, 202]
    for name in origin:
        refused = await answer(**{one: value for one, value in origin.items() if one != name})
        assert refused.status_code == 422
        assert "set_by、set_on 和 method" in refused.text


async def test_a_batch_answers_one_result_an_event_in_order(key, rated, post, said, sessions):
    good, again, bad = rated("r-1"), rated("r-2"), rated("r-3", level=7)
    await post(again, key)

    answer = await post([good, again, bad, 7, {**good, "data": {**good["data"], "level": 1}}], key)

    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [202, 200, 422, 422, 409]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4]
    assert results[3]["problem"]["code"] == "E-GTW-ENVELOPE"
    assert len(await said(sessions)) == 2


async def test_an_atomic_batch_is_taken_whole_or_not_at_all(key, rated, post, said, sessions, client):
    refused = await post([rated("r-1"), rated("r-2", level=7)], key, atomic="true")
    assert (refused.status_code, refused.json()["code"]) == (422, "E-GTW-ATOMIC")
    assert [result["status"] for result in refused.json()["results"]] == [424, 422]
    assert await said(sessions) == []

    taken = await post([rated("r-1"), rated("r-2")], key, atomic="true")

    assert [result["status"] for result in taken.json()["results"]] == [202, 202]
    assert len(await said(sessions)) == 2
    listed = (await client.get("/v1/refusals", headers=key)).json()["refusals"]
    assert [(line["external_id"], line["code"]) for line in listed] == [("r-2", "E-GTW-SCHEMA")]


async def test_101_events_are_too_many(key, rated, post):
    answer = await post([rated(f"r-{n}") for n in range(101)], key)

    assert (answer.status_code, answer.json()["code"]) == (413, "E-GTW-SIZE")


async def test_what_is_refused_leaves_a_trace_only_in_its_own_sources_list(
    client, new_source, rated, post, sessions, enterprise
):
    _, one = await new_source(enterprise)
    _, other = await new_source(enterprise)
    await post(rated(level=0), one)

    mine = (await client.get("/v1/refusals", headers=one)).json()["refusals"]
    theirs = (await client.get("/v1/refusals", headers=other)).json()["refusals"]

    assert [(line["code"], line["field"], line["external_id"]) for line in mine] == [
        ("E-GTW-SCHEMA", "level", "r-1")
    ]
    assert mine[0]["what"]["zh"]
    assert theirs == []
    async with sessions() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table)) for table in (Accepted, LoggedEvent)
        ]
        hashes = (await session.scalars(select(Key.secret_hash))).all()
    assert counts == [0, 0]
    assert all(one["Authorization"].rpartition("_")[2] != hashed for hashed in hashes)


async def test_a_person_of_the_enterprise_sends_as_its_own_hand(
    client, rated, post, token_for, enterprise, said, sessions
):
    answer = await post(rated(), token_for("integrator", enterprise_id=enterprise))
    stranger = await post(rated("r-2"), token_for("trainee", enterprise_id=enterprise))

    assert answer.status_code == 202
    assert stranger.status_code == 403
    assert len(await said(sessions)) == 1


def test_positions_are_public():
    assert PositionPublished.topic() == "enterprise.position_published"
