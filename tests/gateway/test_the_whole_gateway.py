import asyncio
import json

from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from typer.testing import CliRunner

from services.gateway.app import create
from services.gateway.model import Source
from shared.messaging.inprocess import Hub
from tailored import events as events_command
from tailored import keys as keys_command


async def test_what_the_gateway_says_it_also_hears_and_writes_down(sessions, settings_for, token_for):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    app = create(settings_for(url), Hub())
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://tailored.test") as client,
    ):
        moved = await client.post(
            "/v1/demo/clock", headers=token_for("operator"), json={"today": "2021-10-01"}
        )
        for _ in range(200):
            shown = await client.get(f"/v1/events/{moved.json()['id']}", headers=token_for("operator"))
            loop = await client.get("/v1/loop", headers=token_for("manager"))
            if shown.status_code == 200 and loop.json()["today"] == "2021-10-01":
                break
            await asyncio.sleep(0.05)

    assert shown.json()["name"] == "ClockAdvanced"
    assert loop.json()["today"] == "2021-10-01"


def run(app, *words):
    return CliRunner().invoke(app, list(words))


async def test_a_key_for_a_type_that_does_not_exist_is_refused_before_its_source_is_made(
    sessions, enterprise
):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    words = ("create", "--enterprise", str(enterprise), "--event-type", "Nope", "--database-url", url)

    done = await asyncio.to_thread(run, keys_command.app, *words)

    assert done.exit_code == 2
    assert "no such event type: Nope" in done.stderr
    async with sessions() as session:
        assert (await session.scalars(select(Source))).all() == []


async def test_keys_are_made_listed_rotated_and_revoked_on_the_database(sessions, enterprise):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)

    def keys(*words):
        done = run(keys_command.app, *words, "--database-url", url)
        assert done.exit_code == 0, done.output
        return done.output

    made = json.loads(await asyncio.to_thread(keys, "create", "--enterprise", str(enterprise), "--json"))
    assert made["key"].startswith(f"tlr_{made['key_id']}_")
    new = json.loads(await asyncio.to_thread(keys, "rotate", made["key_id"], "--json"))
    await asyncio.to_thread(keys, "revoke", new["key_id"])
    listed = json.loads(await asyncio.to_thread(keys, "list", "--json"))

    assert [(each["key_id"], bool(each["expires_at"]), bool(each["revoked_at"])) for each in listed] == [
        (made["key_id"], True, False),
        (new["key_id"], False, True),
    ]


def test_an_example_is_valid_and_a_broken_event_is_told(tmp_path):
    good = run(events_command.app, "example", "TraineeRated")
    (tmp_path / "good.json").write_text(good.output)
    broken = json.loads(good.output)
    broken["data"]["level"] = 9
    (tmp_path / "bad.json").write_text(json.dumps([broken]))

    assert run(events_command.app, "validate", str(tmp_path / "good.json")).exit_code == 0
    told = run(events_command.app, "validate", str(tmp_path / "bad.json"))

    assert told.exit_code == 1
    assert "level" in told.output


def test_types_and_schemas_are_listed():
    assert "TraineeRated" in run(events_command.app, "types").output
    assert json.loads(run(events_command.app, "schema", "GapConfirmed").output)["type"] == "object"
    assert run(events_command.app, "schema", "Nonsense").exit_code == 1
