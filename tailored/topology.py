"""`tailored topology`: the queues and bindings of the broker, held against the map."""

import asyncio
import json
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

import typer

from shared.messaging import topology as broker
from shared.messaging.addresses import addresses, first_that_answers
from shared.messaging.management import speaking_to

Amqp = Annotated[
    str,
    typer.Option(
        envvar="RABBITMQ_URL", help="amqp://user:password@host/vhost, and after a comma the next node's"
    ),
]
MANAGEMENT = typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="http://user:password@host:15672/")
Management = Annotated[str, MANAGEMENT]
POLICIES = Path(__file__).parents[1] / "deploy" / "rabbitmq" / "definitions.json"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def vhost_of(url: str) -> str:
    """The virtual host that an AMQP URL names."""
    return unquote(urlsplit(addresses(url)[0]).path.lstrip("/")) or "/"


@app.command()
def apply(url: Amqp, management: Annotated[str | None, MANAGEMENT] = None) -> None:
    """Declare every exchange, queue and binding of the map, and the policies; harmless where they are there."""
    queues = broker.whole_map()
    asyncio.run(broker.apply(url, queues))
    print(f"{len(queues)} queues are declared and bound")
    for name in asyncio.run(hold(url, management)) if management else ():
        print(f"policy {name} holds")


async def hold(url: str, management: str) -> list[str]:
    """The policies of deploy/rabbitmq hold in this virtual host; their names."""
    policies = json.loads(POLICIES.read_text())["policies"] if POLICIES.exists() else []

    async def set_at(address: str) -> None:
        async with speaking_to(address) as client:
            for policy in policies:
                path = f"/api/policies/{quote(vhost_of(url), safe='')}/{policy['name']}"
                body = {name: policy[name] for name in ("pattern", "apply-to", "priority", "definition")}
                (await client.put(path, json=body)).raise_for_status()

    await first_that_answers(management, set_at)
    return [str(policy["name"]) for policy in policies]


@app.command()
def diff(url: Amqp, management: Management) -> None:
    """What the broker lacks (exit 1), and what it has beyond the map."""
    found = _compared(url, management)
    for binding in found.left_over:
        print(f"left over  {binding}")
    if not (found.missing or found.left_over):
        print("nothing differs")
    raise typer.Exit(1 if found.missing else 0)


def _compared(url: str, management: str) -> broker.Difference:
    found = asyncio.run(broker.diff(management, vhost_of(url), broker.whole_map()))
    for binding in found.missing:
        print(f"missing    {binding}")
    return found


@app.command()
def prune(url: Amqp, management: Management) -> None:
    """Take away what `diff` calls left over: what hangs on `events`, `published` and the former `log` and no handler asks for. Not while anything is missing."""
    found = _compared(url, management)
    if found.missing:
        print("nothing is removed while anything is missing: first `tailored topology apply`")
        raise typer.Exit(1)
    asyncio.run(broker.prune(url, found.left_over))
    print("\n".join(f"removed    {binding}" for binding in found.left_over) or "nothing to remove")
