"""`tailored templates`: the programme models that ship, and whether a file of yours is one."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.programmes import Template, check, codes, load, read

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
Language = Annotated[str, typer.Option("--lang", help="zh or en")]


@app.command("list")
def list_templates(as_json: AsJson = False, lang: Language = "zh") -> None:  # noqa: FBT002
    """The ten models, with where each comes from."""
    templates = [load(code) for code in codes()]
    if as_json:
        _print_json(
            [{"template": t.template, "title": t.title.model_dump(), "source": t.source} for t in templates]
        )
        return
    table = Table("template", "title", "source", "weeks", "steps")
    for template in templates:
        title = getattr(template.title, _language(lang))
        weeks = str(template.total_weeks() or "")
        table.add_row(template.template, title, template.source, weeks, " > ".join(template.steps))
    Console().print(table)


@app.command()
def show(template: str, as_json: AsJson = False, lang: Language = "zh") -> None:  # noqa: FBT002
    """One model: a code that ships, or a file."""
    found = _find(template)
    if as_json:
        _print_json(found.model_dump(mode="json", exclude_defaults=True))
        return
    lang = _language(lang)
    console = Console()
    console.print(
        f"[bold]{getattr(found.title, lang)}[/]  {found.template} v{found.version}  ({found.source})"
    )
    for fact in found.facts:
        console.print(f"  - {getattr(fact, lang)}")
    console.print(f"steps: {' > '.join(found.steps)}")
    for group in found.source_groups:
        rules = " and ".join(f"{p.fact} {p.operator.value} {p.value}" for p in group.predicates) or "anyone"
        console.print(f"may apply: {getattr(group.title, lang)}: {rules}")
    for phase in found.phases:
        cycle = f", in turn {_cycle(phase.cycle)}" if phase.cycle else ""
        where = ", ".join(phase.settings)
        console.print(f"phase {phase.phase}: {found.weeks(phase.length)} weeks, {where}{cycle}")
    if found.examination:
        parts = ", ".join(f"{part.exam_part} {part.weight:.0%}" for part in found.examination.parts)
        console.print(f"examination: {parts} ({found.examination.source})")


@app.command("check")
def check_file(file: Path, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Is this file a template? Each problem with its line; exit 2 where there is one."""
    problems = check(file.read_text(encoding="utf-8"))
    if as_json:
        listed = [{"line": p.line, "place": p.place, "what": p.what} for p in problems]
        _print_json({"file": str(file), "good": not problems, "problems": listed})
    else:
        for problem in problems:
            typer.echo(
                f"{file}:{problem.line}: {problem.place}: {problem.what}".replace(": : ", ": "), err=True
            )
        if not problems:
            typer.echo(f"{file}: good")
    if problems:
        raise typer.Exit(2)


def _find(name: str) -> Template:
    if name in codes():
        return load(name)
    path = Path(name)
    if not path.exists():
        raise ValueError(
            f"no template ships as {name!r} and there is no such file; they are {', '.join(codes())}"
        )
    return read(path.read_text(encoding="utf-8"))


def _language(lang: str) -> str:
    if lang not in {"zh", "en"}:
        raise ValueError("--lang is zh or en")
    return lang


def _cycle(cycle: object) -> str:
    return ":".join(str(weeks) for weeks in cycle.model_dump().values() if weeks)  # type: ignore[attr-defined]


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
