"""Whatever is sent, the door answers with a refusal, never with a fault."""

import json
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MEDIA = [
    "application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "text/plain", "",
    "application/cloudevents+json; charset=utf-16", "multipart/form-data", ";;;",
]  # fmt: skip
ugly = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(["\x00", "\ud800", "NaN", "1e999", "😀", "2021-02-30", "../../etc", "' OR 1=1"]),
)  # fmt: skip
values = st.recursive(
    ugly,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "specversion": st.sampled_from(["1.0", "0.3", 1, None]) | values,
        "id": st.text(max_size=300) | values,
        "source": st.text(max_size=10) | values,
        "type": st.sampled_from(["tailored.enterprise.trainee_rated.v1", "tailored.enterprise.position_published.v1", "x"]) | values,
        "time": st.sampled_from(["2021-10-01T00:00:00Z", "9999999", "0000-00-00T99:99:99Z"]) | values,
        "data": values | st.dictionaries(st.sampled_from(["level", "trainee_id", "profile", "title", "observed_on", "enterprise_id"]), values),
        "data_base64": st.text(max_size=10),
        "Ünicode": values,
    },
)  # fmt: skip
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused_well(answer):
    assert answer.status_code in {202, 200, 207, 401, 403, 409, 413, 415, 422, 429}, answer.text
    if answer.status_code >= 400:
        assert answer.json()["code"].startswith("E-")


@FUZZ
@given(body=st.binary(max_size=300), media=st.sampled_from(MEDIA))
async def test_any_bytes_of_any_type(client, key, body, media):
    refused_well(await client.post("/v1/events", content=body, headers={**key, "Content-Type": media}))


@FUZZ
@given(event=envelopes, batch=st.booleans())
async def test_any_json_that_looks_a_little_like_an_event(client, key, event, batch):
    body = json.dumps([event, event] if batch else event)
    media = MEDIA[1] if batch else MEDIA[0]
    answer = await client.post("/v1/events", content=body.encode(), headers={**key, "Content-Type": media})
    refused_well(answer)
    if batch and answer.status_code == 207:
        assert all(result["status"] < 500 for result in answer.json()["results"])


@FUZZ
@given(name=st.sampled_from(["level", "competency", "observed_on", "trainee_id", "rating_id"]), value=values)
async def test_any_value_in_any_field(client, key, rated, name, value):
    answer = await client.post(
        "/v1/events",
        content=json.dumps(rated(str(uuid4()), **{name: value})).encode(),
        headers={**key, "Content-Type": MEDIA[0]},
    )
    refused_well(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":{"x":' + b"9" * 10_000 + b"}}",
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":{"x":NaN}}',
        b'{"specversion":"1.0","id":"a\\u0000","source":"b","type":"c","data":{}}',
        b'{"specversion":"1.0","id":"a","source":"\\ud800","type":"c","data":{}}',
        '{"specversion":"1.0"}'.encode("utf-16"),
        b"\xff\xfe\x00",
        b'{"specversion":"1.0","id":"a","source":"b","type":"c","data":{"' + b"k" * 200_000 + b'":1}}',
    ],
    ids=["depth", "depth of objects", "a huge number", "NaN", "a null character", "half a character", "utf-16", "bytes", "a long name"],
)  # fmt: skip
async def test_known_nasty_bodies(client, key, body):
    answer = await client.post("/v1/events", content=body, headers={**key, "Content-Type": MEDIA[0]})

    assert answer.status_code == 422
    listed = await client.get("/v1/refusals", headers=key)
    assert listed.status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/events?key=%00", "/v1/events?type=%00", "/v1/trace?external_id=%00", "/v1/events/nonsense", "/v1/events?limit=0",
             "/v1/events/by-source?source=%00&external_id=a", "/v1/excel/%00", "/v1/catalogue/%00", "/v1/refusals?before=x"]
)  # fmt: skip
async def test_nonsense_in_a_question(client, key, path):
    answer = await client.get(path, headers=key)

    assert 400 <= answer.status_code < 500


@FUZZ
@given(
    presented=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=100),
    prefix=st.sampled_from(["", "tlr_", "tlr__", "Bearer "]),
)
async def test_any_key(client, presented, prefix):
    answer = await client.get("/v1/refusals", headers={"Authorization": f"Bearer {prefix}{presented}"})

    assert answer.status_code == 401


@FUZZ
@given(
    values=st.dictionaries(
        st.sampled_from(["ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time", "ce-x"]),
        st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30),
    )
)
async def test_any_headers_in_binary_mode(client, key, values):
    refused_well(
        await client.post(
            "/v1/events", content=b"{}", headers={**key, "Content-Type": "application/json", **values}
        )
    )
