"""`tailored keys`: sources and their keys, over HTTP as an administrator or directly on the gateway's database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from services.gateway import admin
from services.gateway.vocabulary import PUBLIC, PUBLIC_NAMES
from shared.errors import Refused
from tailored.door import Url, call, fail

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Create, list, rotate and revoke the API keys of sources.",
)
Database = Annotated[
    str | None,
    typer.Option(envvar="GATEWAY_DATABASE_URL", help="work on the gateway's database itself, without HTTP"),
]
Token = Annotated[str | None, typer.Option(envvar="TAILORED_TOKEN", help="an administrator's token")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def create(  # noqa: PLR0913
    *,
    enterprise: Annotated[UUID, typer.Option(help="the enterprise that the source belongs to")],
    name: Annotated[str, typer.Option(help="what people call the source")] = "source",
    source: Annotated[
        UUID | None, typer.Option(help="a source that exists, or an id for the new one")
    ] = None,
    event_type: Annotated[
        list[str] | None, typer.Option(help="an event type that the key may send; repeat")
    ] = None,
    quota: Annotated[int, typer.Option(min=1, max=1_000_000, help="events a minute")] = 6000,
    broker: Annotated[bool, typer.Option("--broker", help="also a user of the AMQP broker")] = False,
    database_url: Database = None,
    url: Url = "http://127.0.0.1:8000",
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Create a source (unless it exists) and a key for it. The key is shown this once."""
    new = {"name": name, "enterprise_id": str(enterprise), "quota_per_minute": quota}
    new |= {"source_id": str(source)} if source else {}
    types = event_type or ["*"]
    if unknown := [one for one in types if one not in {*PUBLIC_NAMES, *PUBLIC, "*"}]:
        fail(f"no such event type: {', '.join(unknown)}. `tailored events types` lists them.", 2)
    if broker and database_url:
        fail("a broker user is made by the gateway: leave --database-url out", 2)

    async def directly(session: AsyncSession) -> dict[str, Any]:
        made = await admin.add_source(session, admin.NewSource.model_validate(new))
        return await admin.add_key(session, admin.NewKey(source_id=made.source_id, event_types=types))

    if database_url:
        made = _directly(database_url, directly)
    else:
        told = call(url, token, "POST", "/v1/sources", {**new, "broker": broker})
        made = call(url, token, "POST", "/v1/keys", {"source_id": told["source_id"], "event_types": types})
        made |= {"broker": told["broker"]} if broker else {}
    _show(made, as_json=as_json)


@app.command("list")
def list_keys(
    *,
    source: Annotated[UUID | None, typer.Option(help="only the keys of this source")] = None,
    database_url: Database = None,
    url: Url = "http://127.0.0.1:8000",
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List keys; never their secrets."""
    if database_url:
        keys = _directly(database_url, lambda session: admin.keys_of(session, source))
    else:
        keys = call(url, token, "GET", "/v1/keys" + (f"?source_id={source}" if source else ""))["keys"]
    if as_json:
        print(json.dumps(keys, default=str, indent=2))
        return
    for key in keys:
        state = (
            "revoked"
            if key["revoked_at"]
            else f"until {key['expires_at']}"
            if key["expires_at"]
            else "in force"
        )
        print(f"{key['key_id']}  {key['source_id']}  {','.join(key['event_types'])}  {state}")
    if not keys:
        print("no keys yet: `tailored keys create --enterprise ID` makes one")


@app.command()
def rotate(
    key_id: str,
    *,
    overlap_hours: Annotated[float, typer.Option(help="how long the old key still works")] = 24,
    database_url: Database = None,
    url: Url = "http://127.0.0.1:8000",
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a new key of the same scope; the old one ends after the overlap."""
    if database_url:
        made = _directly(database_url, lambda session: admin.renew_key(session, key_id, overlap_hours))
    else:
        made = call(url, token, "POST", f"/v1/keys/{key_id}/rotate", {"overlap_hours": overlap_hours})
    _show(made, as_json=as_json)


@app.command()
def revoke(
    key_id: str, *, database_url: Database = None, url: Url = "http://127.0.0.1:8000", token: Token = None
) -> None:
    """End a key at once."""
    if database_url:
        _directly(database_url, lambda session: admin.end_key(session, key_id))
    else:
        call(url, token, "DELETE", f"/v1/keys/{key_id}")
    print(f"{key_id} opens nothing any more")


def _show(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(made, default=str, indent=2))
        return
    print(made["key"])
    print(f"source {made['source_id']}, key {made['key_id']}; it is shown this once", flush=True)
    if amqp := made.get("broker"):
        print(f"AMQP user {amqp['user']}, password {amqp['password']}; shown this once too")
        print(f"write to exchange {amqp['exchange']} with routing key {amqp['routing_key']} and user_id set")


def _directly(database_url: str, work: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        engine = create_async_engine(database_url, poolclass=NullPool)
        try:
            async with async_sessionmaker(engine, expire_on_commit=False).begin() as session:
                return await work(session)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except Refused as refused:
        fail(f"{refused.code} {refused}")
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}", 2)
    except (OSError, ValueError) as error:
        fail(f"the database did not answer: {error}")
