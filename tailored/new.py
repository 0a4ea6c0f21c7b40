"""`tailored new --excel FILE`: an empty system that starts from a workbook, one sheet for each kind of event.

The sheets are those of `GET /v1/excel/{name}` (Excel door), named by their event: AgreementSigned, StationsOffered, ...
They go in through the same door as a person's upload, in an order in which each finds what it refers to.
"""

import json
import shutil
import time
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile

import httpx
import typer
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from rich.console import Console

from tailored.demo_system import choose
from tailored.door import call, fail, told

FIRST = ("AgreementSigned", "PositionPublished", "StationsOffered", "MentorNamed", "ShutdownPlanned")
PATIENCE, TIMEOUT, BAD_INPUT = 120, 60, 2


def new(
    excel: Annotated[Path, typer.Option(help="the workbook: a sheet for each kind of event")],
    url: Annotated[str, typer.Option(help="a system that runs already; else an empty one is started")] = "",
    home: Annotated[Path, typer.Option(help="where a started system keeps its data")] = Path(".tailored"),
    once: Annotated[bool, typer.Option("--once", help="end after the upload")] = False,  # noqa: FBT002
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Read every sheet, tell every bad row, and send nothing unless all rows are good."""
    parts = sheets_of(excel)
    console = Console(highlight=False)
    if url:
        _upload(url, parts, lang)
        return
    if (home / "postgres").exists():
        raise ValueError(f"{home} holds a system already: name another --home, or its address with --url")
    ours = not home.exists()
    home.mkdir(parents=True, exist_ok=True)
    system = choose("in-process", 8000, home, lang, console)
    sent = False
    try:
        system.start()
        _wait(system.url)
        _upload(system.url, parts, lang)
        sent = True
        if not once:
            console.print(f"{system.url}/   Ctrl-C")
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        system.stop()
        if ours and not sent:  # a mended workbook starts from the same empty place
            shutil.rmtree(home, ignore_errors=True)


def sheets_of(file: Path) -> dict[str, bytes]:
    """A workbook of one sheet for each kind of event, in the order of sending."""
    if file.suffix.lower() != ".xlsx":
        raise ValueError(f"{file} is no .xlsx workbook")
    try:
        names = load_workbook(file, read_only=True).sheetnames
    except FileNotFoundError:
        raise
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as broken:
        raise ValueError(f"{file} cannot be read as a workbook: {broken}") from None
    kinds = [name for name in names if not name.startswith("_") and name.isalnum() and name[:1].isupper()]
    if not kinds:
        raise ValueError(
            f"{file} has no sheet that is named after an event, for example StationsOffered; it has {names}"
        )
    parts = {}
    for kind in sorted(
        kinds, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), names.index(name))
    ):
        book = load_workbook(file)
        for other in names:
            if other != kind and not other.startswith("_"):
                del book[other]
        kept = BytesIO()
        book.save(kept)
        parts[kind] = kept.getvalue()
    return parts


def _wait(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise ValueError(f"the system at {url} did not get ready in {PATIENCE} s")


def _upload(url: str, parts: dict[str, bytes], lang: str) -> None:
    token = call(url, None, "POST", "/v1/token", {"persona": "integrator"})["token"]
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": lang}
    problems = 0
    for kind, body in parts.items():
        seen = _post(f"{url}/v1/excel/{kind}?preview=true", body, headers)
        for problem in seen.get("problems", []):
            problems += 1
            what = problem["what"][lang]
            typer.echo(
                f"{kind}, row {problem['row']}, {problem['column']}: {what} {problem['remedy'][lang]}",
                err=True,
            )
    if problems:
        typer.echo(f"{problems} problems; nothing was sent", err=True)
        raise typer.Exit(BAD_INPUT)
    sent = {}
    for kind, body in parts.items():
        results = _post(f"{url}/v1/excel/{kind}", body, headers)["results"]
        sent[kind] = len(results)
    typer.echo(json.dumps({"url": url, "sent": sent}, ensure_ascii=False))


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    answer = httpx.post(url, content=body, headers=headers, timeout=TIMEOUT, trust_env=False)
    if not answer.is_success:
        fail(told(answer), BAD_INPUT)
    found: dict[str, Any] = answer.json()
    return found
