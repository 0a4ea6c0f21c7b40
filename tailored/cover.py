"""`tailored cover`: how many hours each module gets, from a plain file to a plain file. No server, no database."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from services.curriculum import coverage, designing, revising
from services.curriculum.coverage import Problem
from services.curriculum.solving import NoSolution
from tailored.cover_picture import picture as draw

BAD_INPUT = 2
MOST = 1e9
"""The highest target of a competency (`coverage.Goal`)."""
Answer = dict[str, Any]


def cover(  # noqa: PLR0917 - each is an option of the command
    problem: Annotated[
        Path, typer.Argument(metavar="PROBLEM.json", help="Modules, budgets, competencies. 问题文件。")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the result here as JSON. 结果文件。")] = None,
    seconds: Annotated[
        float, typer.Option(help="Time for the integer answer. 求解时间（秒）。", min=0.1)
    ] = 5.0,
    revise: Annotated[
        Path | None,
        typer.Option(
            metavar="GAPS.json", help="Smallest change towards {competency: new target}. 最小修订。"
        ),
    ] = None,
    protect: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--protect", help="No other competency may fall. 其他能力不得降低。")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
    picture: Annotated[Path | None, typer.Option(help="Draw the coverage as SVG. 覆盖图。")] = None,
) -> None:
    """分配学时。Divide hours over modules so that what positions require is covered, or change them as little as possible."""
    if protect and not revise:
        raise typer.BadParameter("--protect belongs to --revise. --protect 须与 --revise 同用。")
    given = _problem(problem)
    gaps = _gaps(revise) if revise else None
    try:
        answer = _revised(given, gaps, protect, seconds) if gaps else _designed(given, seconds)
    except NoSolution as none:
        _refuse(problem, str(none))
    except ValueError as bad:
        _refuse(revise or problem, str(bad))
    written = json.dumps(answer, ensure_ascii=False, indent=1)
    if out:
        _write(out, written + "\n")
    if picture:
        _write(picture, draw(revising.with_targets(given, gaps or {}), answer["hours"]))
    if as_json:
        typer.echo(written)
    else:
        _tell(given, answer, gaps)


def _problem(path: Path) -> Problem:
    try:
        return Problem.model_validate(_read(path))
    except ValidationError as bad:
        first = bad.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        _refuse(path, f"{where}: {first['msg']}" if where else first["msg"])


def _gaps(path: Path) -> dict[str, float]:
    try:
        gaps = TypeAdapter(dict[str, float]).validate_python(_read(path), strict=True)
    except ValidationError as bad:
        _refuse(path, f"expected {{competency: new target}}: {bad.errors()[0]['msg']}")
    wrong = [name for name, target in gaps.items() if not 0 < target <= MOST]
    if wrong or not gaps:
        why = ", ".join(wrong) or "there are none"
        _refuse(path, f"targets must be numbers above 0 and at most {MOST:g}: {why}")
    return gaps


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except OSError as bad:
        _refuse(path, bad.strerror or str(bad))
    except UnicodeDecodeError:
        _refuse(path, "this is not UTF-8 text")
    except json.JSONDecodeError as bad:
        _refuse(path, f"line {bad.lineno}, column {bad.colno}: {bad.msg}")
    except (ValueError, RecursionError) as bad:
        _refuse(path, f"{bad}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values of one name nobody knows which was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as bad:
        _refuse(path, bad.strerror or str(bad))


def _refuse(path: Path, why: str) -> NoReturn:
    typer.echo(f"{path}: {why.removeprefix('Value error, ')}", err=True)
    raise typer.Exit(BAD_INPUT)


def _designed(problem: Problem, seconds: float) -> Answer:
    found = designing.design(problem, seconds)
    return {
        "hours": found.hours,
        "shortfall": found.shortfall,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "hour_price": found.hour_price,
        "competency_price": found.competency_price,
    }


def _revised(problem: Problem, gaps: dict[str, float], protect: bool, seconds: float) -> Answer:  # noqa: FBT001
    found = revising.revise(problem, gaps, protect=protect, seconds=seconds)
    _, prices = designing.prices(revising.with_targets(problem, gaps))
    return {
        "hours": found.hours,
        "shortfall": found.shortfall,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "hour_price": prices,
        "changed": found.changed,
        "hours_moved": found.hours_moved,
        "fewest_modules_bound": found.fewest_modules,
        "fewest_hours_bound": found.fewest_hours,
    }


def _tell(problem: Problem, answer: Answer, gaps: dict[str, float] | None) -> None:
    console = Console(markup=False, emoji=False)
    table = Table("module 模块", "phase 阶段", "now 现在", "hours 学时", title="Hours 学时")
    for unit in problem.modules:
        after = answer["hours"][unit.id]
        if gaps is None or unit.id in answer["changed"]:
            table.add_row(unit.id, unit.phase, f"{unit.hours:g}", f"{after:g}")
    console.print(table)
    covered = coverage.coverage(problem, answer["hours"])
    for name, missing in answer["shortfall"].items():
        console.print(
            f"{name}: {covered[name]:.1f} weighted hours, {missing:.1f} missing. 仍缺 {missing:.1f} 加权学时。"
        )
    if not answer["shortfall"]:
        console.print("Nothing is missing. 全部达到目标。")
    if gaps is not None:
        console.print(_small(answer))
    for phase, price in answer["hour_price"].items():
        console.print(_in_words(phase, price))
    console.print(
        f"objective {answer['objective']:.3f}, proven bound {answer['bound']:.3f}, gap {answer['gap']:.2%}"
    )


def _small(answer: Answer) -> str:
    """How small the change is, and how small it could be at most."""
    count, least = len(answer["changed"]), round(answer["fewest_modules_bound"])
    hours, at_least = answer["hours_moved"], answer["fewest_hours_bound"]
    return (
        f"{count} modules change (at least {least} must), {hours:g} hours move (at least {at_least:.4g} with so many). "
        f"改动 {count} 个模块（至少须改 {least} 个），变动 {hours:g} 学时（同样数目下至少 {at_least:.4g}）。"
    )


def _in_words(phase: str, price: float) -> str:
    if price < 1e-9:
        return f"One more hour in {phase} would save nothing. {phase} 增加一学时没有收益。"
    return (
        f"One more hour in {phase} would save {price:.4f} (importance x percent of a target). "
        f"{phase} 每增加一学时可减少 {price:.4f}。"
    )
