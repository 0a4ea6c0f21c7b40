"""`tailored token`: sign in as a persona of the demo; for curl and for trying things out."""

import json
from typing import Annotated

import typer

from tailored.door import Url, call


def token(
    persona: Annotated[
        str, typer.Option(help="coordinator, panel-college, panel-enterprise, mentor, ...")
    ] = "",
    url: Url = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="the person too")] = False,  # noqa: FBT002
) -> None:
    """Print a token of a persona; without --persona their names. Only where the environment is `demo`."""
    if not persona:
        for name, person in call(url, None, "GET", "/v1/personas")["personas"].items():
            typer.echo(f"{name:22} {person['name']}")
        return
    signed_in = call(url, None, "POST", "/v1/token", {"persona": persona})
    typer.echo(json.dumps(signed_in, ensure_ascii=False) if as_json else signed_in["token"])
