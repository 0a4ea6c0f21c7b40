"""`tailored balance`: courses over semesters as evenly as their order allows, from a plain file. No server."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from services.curriculum.balancing import Balance, Balanced, NoArrangement, spread
from services.curriculum.balancing import balance as arrange

BAD_INPUT = 2


def balance(
    problem: Annotated[
        Path,
        typer.Argument(
            metavar="PROBLEM.json", exists=True, help="Courses, periods, prerequisites. 问题文件。"
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Write the result here as JSON. 结果文件。")] = None,
    seconds: Annotated[float, typer.Option(help="Time for the answer. 求解时间（秒）。", min=0.1)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
) -> None:
    """学期均衡。Spread courses over periods so that the heaviest is as light as their order allows."""
    try:
        given = Balance.model_validate_json(problem.read_bytes())
        found = arrange(given, seconds)
    except ValidationError as bad:
        first = bad.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        typer.echo(f"{problem}: {where}: {said}" if where else f"{problem}: {said}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except NoArrangement as none:
        typer.echo(f"{problem}: {none}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    written = json.dumps(found.model_dump() | {"proven": found.proven}, ensure_ascii=False, indent=1)
    if out:
        out.write_text(written + "\n", encoding="utf-8")
    if as_json:
        typer.echo(written)
    else:
        _tell(given, found)


def _tell(given: Balance, found: Balanced) -> None:
    console = Console(markup=False, emoji=False)
    table = Table("period 学期", "load 学时", "courses 课程")
    for number, load in enumerate(found.loads, start=1):
        inside = [name for name in given.courses if found.period[name] == number]
        table.add_row(str(number), str(load), ", ".join(inside))
    console.print(table)
    proof = "proven least 已证明最优" if found.proven else f"at least {found.bound} 下界"
    console.print(f"heaviest 最重 {found.greatest} ({proof}), spread 差 {spread(found.loads)}")
