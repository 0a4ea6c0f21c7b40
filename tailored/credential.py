"""`tailored credential`: whether a graduate's badge holds, from plain files and without a network."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.curriculum import badges

BAD_INPUT, DOES_NOT_HOLD = 2, 1
app = typer.Typer(no_args_is_help=True, help="证书核验。Badges of graduates, verified offline.")


@app.callback()
def group() -> None:
    """Keeps `verify` a sub-command."""


@app.command()
def verify(
    badge: Annotated[
        Path, typer.Argument(metavar="BADGE.jwt", help="The signed badge. 已签名的证书。", exists=True)
    ],
    keys: Annotated[
        Path,
        typer.Option(
            metavar="KEYS.json",
            exists=True,
            help="The college's public keys, from /curriculum/issuers/COLLEGE/keys. 院校公钥。",
        ),
    ],
    revocations: Annotated[
        Path | None,
        typer.Option(
            metavar="LIST.jwt", exists=True, help="The college's signed list of revoked ones. 吊销名单。"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Exit 0 where it holds, 1 where it does not, 2 where a file cannot be read."""
    known = _keys(keys)
    listed = revocations.read_text(encoding="ascii", errors="replace") if revocations else None
    verdict = badges.verify(badge.read_text(encoding="ascii", errors="replace"), known, listed)
    if as_json:
        typer.echo(
            json.dumps(
                {"holds": verdict.holds, "why": verdict.why, "credential": verdict.credential},
                ensure_ascii=False,
            )
        )
    else:
        _tell(verdict)
    raise typer.Exit(0 if verdict.holds else DOES_NOT_HOLD)


def _keys(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as bad:
        typer.echo(f"{path}: line {bad.lineno}, column {bad.colno}: {bad.msg}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    if not isinstance(known, dict) or not known.get("keys"):
        typer.echo(f"{path}: this is no set of keys: {{'keys': [..]}} is expected", err=True)
        raise typer.Exit(BAD_INPUT)
    return known


def _tell(verdict: badges.Verdict) -> None:
    console = Console()
    console.print(
        ("[green]有效 holds[/]: " if verdict.holds else "[red]无效 does not hold[/]: ") + verdict.why
    )
    if verdict.credential is None:
        return
    subject = verdict.credential["credentialSubject"]
    achievement = subject["achievement"]
    table = Table(show_header=False)
    table.add_row("achievement 名称", achievement["description"])
    table.add_row("plan version 方案版本", achievement["criteria"]["id"])
    table.add_row("graduate 毕业生", subject["id"])
    table.add_row("issued by 颁发院校", verdict.credential["issuer"]["id"])
    table.add_row("from 生效", verdict.credential["validFrom"])
    table.add_row("competencies 能力", ", ".join(one["targetName"] for one in achievement["alignment"]))
    console.print(table)
