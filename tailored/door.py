"""How the commands speak to the gateway: one call, one clear sentence where it fails."""

import os
import sys
from typing import Annotated, Any, NoReturn

import httpx
import typer

Url = Annotated[str, typer.Option(envvar="TAILORED_URL", help="where the gateway is")]
SECONDS = 30.0


def fail(words: str, status: int = 1) -> NoReturn:
    """Say what went wrong and stop."""
    print(words, file=sys.stderr)
    raise typer.Exit(status)


def call(  # noqa: PLR0917
    url: str,
    token: str | None,
    method: str,
    path: str,
    body: Any = None,
    media: str = "application/json",
    accepted: tuple[int, ...] = (),
) -> Any:
    """The JSON of an answer; a refusal ends the command with its code, place and remedy."""
    given = token or os.environ.get("TAILORED_TOKEN") or os.environ.get("TAILORED_KEY")
    headers = {"Accept-Language": language(), "Content-Type": media}
    if given:
        headers["Authorization"] = f"Bearer {given}"
    try:
        answer = httpx.request(
            method, url + path, json=body, headers=headers, timeout=SECONDS, trust_env=False
        )
    except httpx.HTTPError as error:
        fail(f"no answer from {url}: {error}. Start it with `tailored demo`, or set TAILORED_URL.")
    if answer.is_success or answer.status_code in accepted:
        return answer.json() if answer.content else None
    fail(told(answer))


def told(answer: httpx.Response) -> str:
    """A problem in a few lines."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} from {answer.url}"
    lines = [
        f"{problem.get('code', answer.status_code)} {problem.get('title', '')} {problem.get('detail') or ''}".strip()
    ]
    lines += [
        f"  {each['field']}: {each['what']} {each.get('remedy', '')}" for each in problem.get("errors") or ()
    ]
    lines += [problem["remedy"]] if problem.get("remedy") else []
    return "\n".join(lines)


def language() -> str:
    """Zh or en, by the environment."""
    return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
