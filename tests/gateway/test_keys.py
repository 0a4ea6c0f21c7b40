import json
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.gateway.app import create
from services.gateway.model import Key
from shared.web.identity import verify


async def test_only_an_administrator_makes_sources_and_keys(client, token_for):
    for role in ("operator", "coordinator", "integrator", "manager"):
        answer = await client.post(
            "/v1/sources", headers=token_for(role), json={"name": "x", "enterprise_id": str(uuid4())}
        )
        assert answer.status_code == 403
    assert (await client.get("/v1/keys")).status_code == 401


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(
    client, new_source, enterprise, token_for, sessions
):
    source_id, headers = await new_source(enterprise)
    secret = headers["Authorization"].rpartition("_")[2]

    listed = await client.get("/v1/keys", headers=token_for("admin"), params={"source_id": source_id})

    assert len(listed.json()["keys"]) == 1
    assert secret not in listed.text
    assert "hash" not in listed.text
    async with sessions() as session:
        assert secret not in str((await session.scalars(select(Key))).one())


async def test_rotation_overlaps_and_revocation_is_at_once(
    client, new_source, enterprise, token_for, post, rated
):
    _, old = await new_source(enterprise, event_types=["TraineeRated"])
    admin = token_for("admin")
    key_id = (await client.get("/v1/keys", headers=admin)).json()["keys"][0]["key_id"]

    rotated = (
        await client.post(f"/v1/keys/{key_id}/rotate", headers=admin, json={"overlap_hours": 1})
    ).json()
    new = {"Authorization": f"Bearer {rotated['key']}"}
    during = [(await post(rated(f"r-{n}"), each)).status_code for n, each in enumerate((old, new))]
    await client.post(f"/v1/keys/{key_id}/rotate", headers=admin, json={"overlap_hours": 0})
    after = [(await post(rated(f"s-{n}"), each)).status_code for n, each in enumerate((old, new))]
    await client.delete(f"/v1/keys/{rotated['key_id']}", headers=admin)
    revoked = await post(rated("t-1"), new)

    assert rotated["event_types"] == ["TraineeRated"]
    assert during == [202, 202]
    assert after == [401, 202]
    assert revoked.status_code == 401
    assert (await client.delete(f"/v1/keys/{rotated['key_id']}", headers=admin)).status_code == 404


async def test_a_scope_names_only_types_that_exist(client, new_source, enterprise, token_for):
    source_id, _ = await new_source(enterprise)

    answer = await client.post(
        "/v1/keys", headers=token_for("admin"), json={"source_id": source_id, "event_types": ["GapConfirmed"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "E-GTW-SCOPE-TYPE")


async def test_a_persona_gets_a_token_that_every_service_can_verify(client, signing_keys):
    answer = await client.post("/v1/token", json={"persona": "panel-college"})
    jwks = (await client.get("/.well-known/jwks.json")).json()

    assert answer.status_code == 200
    person = verify(answer.json()["token"], json.dumps(jwks["keys"][0]))
    assert person.side == "college"
    assert "d" not in jwks["keys"][0]
    assert (await client.post("/v1/token", json={"persona": "root"})).status_code == 404


async def test_there_are_no_personas_outside_the_demo(sessions, settings_for):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    with pytest.raises(SystemExit, match="personas"):
        create(settings_for(url, environment="production", personas=True))


async def test_business_time_is_moved_by_the_operator_of_the_demo_and_never_back(
    client, token_for, said, sessions
):
    refused = await client.post("/v1/demo/clock", headers=token_for("teacher"), json={"today": "2021-10-01"})
    moved = await client.post("/v1/demo/clock", headers=token_for("operator"), json={"today": "2021-10-01"})

    assert (refused.status_code, moved.status_code) == (403, 202)
    assert [event.today.isoformat() for event in await said(sessions)] == ["2021-10-01"]
