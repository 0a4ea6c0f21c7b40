"""`tailored failed`: the messages that could not be handled, and what to do about them."""

import json
import os
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer
from rich.console import Console
from rich.table import Table

from tailored.door import fail, language, told

SERVICES = ("gateway", "recruitment", "curriculum", "placement", "feedback")
Url = Annotated[str, typer.Option(envvar="TAILORED_URL", help="where the system answers")]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
HERE = "http://127.0.0.1:8000"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def _client(url: str) -> httpx.Client:
    """Signed in by TAILORED_TOKEN, or as the operator of the demo."""
    client = httpx.Client(base_url=url, timeout=10, trust_env=False, headers={"Accept-Language": language()})
    token = os.environ.get("TAILORED_TOKEN")
    if not token:
        answer = client.post("/v1/token", json={"persona": "operator"})
        if answer.status_code >= 400:
            raise ValueError("Sign in first: set TAILORED_TOKEN to the token of an operator")
        token = answer.json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def _done(answer: httpx.Response) -> Any:
    if answer.status_code >= 400:
        fail(told(answer), status=2)
    return answer.json()


def _path(handler: str, message_id: UUID) -> str:
    return f"/{handler.partition('.')[0]}/v1/failed/{handler}/{message_id}"


@app.command("list")
def list_failed(
    service: Annotated[str | None, typer.Argument(help="one service; all without it")] = None,
    state: Annotated[str | None, typer.Option(help="retrying, waiting, behind, dead, archived")] = None,
    as_json: Json = False,  # noqa: FBT002 - how Typer writes a flag
    url: Url = HERE,
) -> None:
    """What is kept, newest first, with its reason."""
    wanted = {"state": state} if state else {}
    with _client(url) as client:
        rows = [
            row
            for name in ([service] if service else SERVICES)
            for row in _done(client.get(f"/{name}/v1/failed", params=wanted))
        ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("handler", "message", "state", "attempts", "reason", title=f"{len(rows)} kept messages")
    for row in rows:
        table.add_row(
            row["handler"], row["message_id"], row["state"], str(row["attempts"]), row["reason"][:120]
        )
    Console(markup=False, emoji=False).print(table)


@app.command()
def show(handler: str, message_id: UUID, url: Url = HERE) -> None:
    """One message whole: what it says, where it broke."""
    with _client(url) as client:
        print(json.dumps(_done(client.get(_path(handler, message_id))), ensure_ascii=False, indent=1))


@app.command()
def retry(handler: str, message_id: UUID, url: Url = HERE) -> None:
    """Run it again as it is, at this handler alone."""
    with _client(url) as client:
        print(_done(client.post(_path(handler, message_id) + "/retry"))["state"])


@app.command()
def replay(
    handler: str,
    message_id: UUID,
    edit: Annotated[Path, typer.Option(help="a JSON file with the repaired content")],
    url: Url = HERE,
) -> None:
    """Run it again with repaired content."""
    data = json.loads(edit.read_text())
    with _client(url) as client:
        print(_done(client.post(_path(handler, message_id) + "/replay", json={"data": data}))["state"])


@app.command()
def archive(handler: str, message_id: UUID, url: Url = HERE) -> None:
    """Put it aside for good; what waits behind it may run."""
    with _client(url) as client:
        print(_done(client.post(_path(handler, message_id) + "/archive"))["state"])


@app.command("unsent")
def list_unsent(
    service: Annotated[str | None, typer.Argument(help="one service; all without it")] = None,
    url: Url = HERE,
) -> None:
    """What the broker would not take; later events of the same key wait behind it."""
    table = Table("service", "message", "key", "type", "reason")
    with _client(url) as client:
        for name in [service] if service else SERVICES:
            for row in _done(client.get(f"/{name}/v1/unsent")):
                table.add_row(name, row["id"], row["key"], row["type"], row["reason"][:120])
    Console(markup=False, emoji=False).print(table)


@app.command()
def send(service: str, message_id: UUID, url: Url = HERE) -> None:
    """Send an unsent message again, once its reason is gone."""
    with _client(url) as client:
        print(_done(client.post(f"/{service}/v1/unsent/{message_id}/send"))["state"])


@app.command()
def drop(service: str, message_id: UUID, url: Url = HERE) -> None:
    """Give an unsent message up for good, and print it; later ones of its key go on."""
    with _client(url) as client:
        print(
            json.dumps(
                _done(client.post(f"/{service}/v1/unsent/{message_id}/drop")), ensure_ascii=False, indent=1
            )
        )
