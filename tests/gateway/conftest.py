"""A source with its key, and events that it may send."""

from uuid import uuid4

import pytest

ENTERPRISE = uuid4()


@pytest.fixture
def enterprise():
    return uuid4()


@pytest.fixture
def new_source(client, token_for):
    """`await new_source(enterprise)` -> (source_id, headers with its key)."""

    async def make(enterprise, event_types=("*",), **more):
        admin = token_for("admin")
        source = await client.post(
            "/v1/sources", headers=admin, json={"name": "MES", "enterprise_id": str(enterprise), **more}
        )
        assert source.status_code == 201, source.text
        source_id = source.json()["source_id"]
        key = await client.post(
            "/v1/keys", headers=admin, json={"source_id": source_id, "event_types": list(event_types)}
        )
        assert key.status_code == 201, key.text
        return source_id, {"Authorization": f"Bearer {key.json()['key']}"}

    return make


@pytest.fixture
async def key(new_source, enterprise):
    _, headers = await new_source(enterprise)
    return headers


@pytest.fixture
def rated():
    """A CloudEvent that says that a trainee was rated."""

    def make(id_="r-1", source="urn:jingye:mes", **data):
        return {
            "specversion": "1.0",
            "id": id_,
            "source": source,
            "type": "tailored.enterprise.trainee_rated.v1",
            "data": {
                "rating_id": str(uuid4()),
                "trainee_id": str(uuid4()),
                "mentor_id": str(uuid4()),
                "competency": "bof-endpoint-control",
                "level": 3,
                "observed_on": "2021-10-01",
                **data,
            },
        }

    return make


@pytest.fixture
def post(client):
    """`await post(event_or_list, headers)` in structured or batch mode."""

    async def send(what, headers, **params):
        media = (
            "application/cloudevents-batch+json" if isinstance(what, list) else "application/cloudevents+json"
        )
        import json

        return await client.post(
            "/v1/events", content=json.dumps(what), headers={"Content-Type": media, **headers}, params=params
        )

    return send
