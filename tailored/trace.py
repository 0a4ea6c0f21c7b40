"""`tailored trace ID`: the path of one event through all services, as a tree."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from tailored.door import Url, call

SIGNS = {"done": "[green]✓[/]", "failed": "[red]✗[/]", "waiting": "[yellow]…[/]", "under way": "[dim]→[/]"}


def trace(
    event: Annotated[str, typer.Argument(help="our id, or with --source the publisher's id")],
    *,
    source: Annotated[str | None, typer.Option(help="the publisher's CloudEvents source")] = None,
    url: Url = "http://127.0.0.1:8000",
    token: Annotated[
        str | None, typer.Option(envvar="TAILORED_TOKEN", help="a token, or the key of a source")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show what became of an event: every service, every outcome, every failure."""
    if source is None and _is_ours(event):
        path = f"/v1/events/{event}/trace"
    else:
        asked = {"external_id": event, **({"source": source} if source else {})}
        path = f"/v1/trace?{urlencode(asked)}"
    found = call(url, token, "GET", path)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console()
    tree = Tree(f"{found['event']['id']}: {found['state']}, {found['took_ms']} ms")
    for node in found["path"]:
        _grow(tree, node)
    console.print(tree)
    for service in found["missing"]:
        console.print(f"[yellow]{service} did not answer: what it did is not shown[/]")


def _is_ours(event: str) -> bool:
    try:
        UUID(event)
    except ValueError:
        return False
    return True


def _grow(tree: Tree, node: dict[str, Any]) -> None:
    branch = tree.add(f"[bold]{escape(node['name'])}[/] {node['publisher']} {node['time'][11:23]}")
    for handler in node["handlers"]:
        words = " ".join(str(handler[each]) for each in ("code", "reason") if handler.get(each))
        branch.add(
            f"{SIGNS.get(handler['outcome'], '·')} {handler['handler']} {handler['outcome']} {escape(words)}".rstrip()
        )
    for after in node["then"]:
        _grow(branch, after)
