"""`tailored token`: sign in as a persona of the demo; for curl and for trying things out."""

import json
from typing import Annotated

import httpx
import typer

TIMEOUT = 10


def token(
    persona: Annotated[
        str, typer.Option(help="coordinator, panel-college, panel-enterprise, mentor, ...")
    ] = "",
    url: Annotated[
        str, typer.Option(envvar="TAILORED_URL", help="where the system answers")
    ] = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="the person too")] = False,  # noqa: FBT002
) -> None:
    """Print a token of a persona; without --persona their names. Only where the environment is `demo`."""
    if not persona:
        answer = httpx.get(f"{url}/v1/personas", timeout=TIMEOUT)
        _refuse(answer)
        for name, person in answer.json()["personas"].items():
            typer.echo(f"{name:22} {person['name']}")
        return
    answer = httpx.post(f"{url}/v1/token", json={"persona": persona}, timeout=TIMEOUT)
    _refuse(answer)
    typer.echo(json.dumps(answer.json(), ensure_ascii=False) if as_json else answer.json()["token"])


def _refuse(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        problem = answer.json()
        words = " ".join(
            str(problem[name]) for name in ("code", "title", "detail", "remedy") if problem.get(name)
        )
    except ValueError:
        words = f"the answer was {answer.status_code}"
    raise ValueError(words)
