"""While the database is away the doors say so, in the reader's language, and what is sent again afterwards is taken."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from shared.database import engine_on
from shared.messaging.faults import is_away
from tailored.broker import free_ports

EVENT = {
    "specversion": "1.0",
    "id": "p-1",
    "source": "urn:jingye:mes",
    "type": "tailored.enterprise.position_published.v1",
}


async def test_the_door_and_pages_are_unavailable_and_the_same_event_is_taken_later(
    client, key, post, said, sessions, token_for
):
    data = {
        "position_id": str(uuid4()),
        "title": {"zh": "一", "en": "one"},
        "profile": [{"competency": "a", "level": 3}],
    }
    there = client.app.state.sessions
    engine = engine_on(f"postgresql+asyncpg://nobody:secret@127.0.0.1:{free_ports(1)[0]}/nothing")
    client.app.state.sessions = async_sessionmaker(engine, info={})
    try:
        refused = await post({**EVENT, "data": data}, {**key, "Accept-Language": "zh"})
        listed = await client.get("/v1/sources", headers=token_for("admin"))
    finally:
        client.app.state.sessions = there
        await engine.dispose()

    for answer in (refused, listed):
        assert (answer.status_code, answer.json()["code"]) == (503, "E-TLD-503")
        assert answer.headers["retry-after"] == "5"
        assert "secret" not in answer.text
    assert refused.json()["title"] == "所需的服务器暂时没有响应。"
    assert "send" not in refused.json()["remedy"]
    assert (await post({**EVENT, "data": data}, key)).status_code == 202
    assert len(await said(sessions)) == 1


async def test_a_server_that_hangs_up_in_the_middle_is_unavailable_too(client, key, post, monkeypatch):
    from services.gateway import ledger

    async def hang_up(statements, *_):
        await statements.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(ledger, "owners_of", hang_up)
    data = {
        "position_id": str(uuid4()),
        "title": {"zh": "一", "en": "one"},
        "profile": [{"competency": "a", "level": 3}],
    }
    refused = await post({**EVENT, "data": data}, key)
    assert (refused.status_code, refused.json()["code"]) == (503, "E-TLD-503")
    monkeypatch.undo()

    assert (await post({**EVENT, "data": data}, key)).status_code == 202


async def test_a_name_that_is_gone_is_unavailable_too(client, token_for):
    there = client.app.state.sessions
    engine = engine_on("postgresql+asyncpg://nobody@nowhere.invalid/nothing")
    client.app.state.sessions = async_sessionmaker(engine, info={})
    try:
        listed = await client.get("/v1/sources", headers=token_for("admin"))
    finally:
        client.app.state.sessions = there
        await engine.dispose()

    assert (listed.status_code, listed.json()["code"]) == (503, "E-TLD-503")


async def test_a_fault_of_our_own_is_not_called_the_databases(sessions):
    async with sessions() as session:
        with pytest.raises(DBAPIError) as misused:
            await (await session.connection()).exec_driver_sql("SELECT $1::int", ())
    async with sessions() as session:
        with pytest.raises(DBAPIError) as lost:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert not is_away(misused.value)
    assert is_away(lost.value)
