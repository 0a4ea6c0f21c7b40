"""`tailored rotate`: who is at which station in which week, from a plain file to a plain file. No server."""

import json
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from services.placement.file_checks import BadFile
from services.placement.problem_file import Rotation, read
from tailored import match_source
from tailored.json_lines import line_of
from tailored.language import chinese
from tailored.rotate_cells import BadTables
from tailored.rotate_old import plan_of
from tailored.rotate_picture import heat_map
from tailored.rotate_shown import show
from tailored.rotate_source import is_tables, tables_of
from tailored.rotate_table import write_table
from tailored.rotate_tables import Problem, problem_of
from tailored.rotate_template import write_template

BAD_INPUT = 2
MOST_CELLS = 200


def rotate(  # noqa: PLR0913, PLR0917 - a command line has as many options as it has
    problem: Annotated[
        Path | None,
        typer.Argument(
            metavar="PROBLEM.json | PROBLEM.xlsx | FOLDER | PROBLEM.zip",
            help="The rotation problem: JSON, or the tables that --template writes. 轮岗问题文件。",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the plan here as JSON. 计划文件。")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Wall time allowed. 允许的时间（秒）。")] = 30.0,
    repair: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN.json | PLAN.xlsx | PLAN.csv | FOLDER | PLAN.zip",
            help="Change this plan, as JSON or as --table writes it, as little as possible. 最小改动修复。",
        ),
    ] = None,
    from_week: Annotated[
        int, typer.Option(min=0, help="Weeks before this one stay (from 0). 此周之前不变。")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
    table: Annotated[
        Path | None, typer.Option(help="Write the plan as a table, .xlsx or .csv. 计划表格。")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw seats by week as SVG. 席位热图。")] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            help="Write tables to fill in, as .xlsx, .zip or a folder of CSV, and end. 写出可填写的表格模板。"
        ),
    ] = None,
) -> None:
    """Plan rotations with the fewest weeks between theory and workshop, with a proven bound."""
    started = time.monotonic()
    if template:
        _template(template)
        return
    if problem is None:
        _refuse(
            "", "", "请给出问题文件，或用 --template 写出模板", "give a problem, or --template to write one"
        )
    rotation, stated = _rotation(problem)
    old = _old(repair, rotation, stated) if repair else None
    try:
        found = _solve(rotation, old, from_week, seconds)
    except BadFile as bad:
        _refuse(str(repair), _placed(repair or problem, bad.place), bad.zh, bad.en)
    written = json.dumps(found, ensure_ascii=False)
    seats = _taken(rotation, found["plan"])
    try:
        if table:
            write_table(table, rotation.weeks, found["plan"], (stated.stations, stated.classes))
        if out:
            out.write_text(written + "\n", encoding="utf-8")
        if picture:
            picture.write_text(heat_map(seats, rotation.capacity, chinese=chinese()), encoding="utf-8")
    except OSError as bad:
        _refuse(str(bad.filename), "", "无法写入", f"cannot be written: {bad.strerror}")
    if as_json:
        print(written)
    else:
        show(rotation, found, time.monotonic() - started, stated.stations)


def _template(path: Path) -> None:
    try:
        write_template(path)
    except FileExistsError:
        _refuse(str(path), "", "已存在，请换一个名字", "is there already; give another name")
    except OSError as bad:
        _refuse(str(path), "", "无法写入", f"cannot be written: {bad.strerror}")


def _rotation(path: Path) -> tuple[Rotation, Problem]:
    """The problem, and what the tables say of it: names where it was given as tables."""
    try:
        stated = problem_of(tables_of(path)) if is_tables(path) else Problem(_json(path))
        return read(stated.document), stated
    except match_source.BadFile as bad:
        _refuse(bad.where, "", bad.zh, bad.en)
    except BadTables as bad:
        _refuse_all(bad)
    except BadFile as bad:
        _refuse(str(path), _placed(path, bad.place), bad.zh, bad.en)


def _refuse_all(bad: BadTables) -> NoReturn:
    """Exit 2 with every bad cell, a line each."""
    said = Console(stderr=True, highlight=False, soft_wrap=True)
    for cell in bad.cells[:MOST_CELLS]:
        column = f", column {cell.column}" if cell.column else ""
        words = cell.zh if chinese() else cell.en
        said.print(f"{cell.table}, line {cell.line}{column}: {words}", markup=False)
    more = len(bad.cells) - MOST_CELLS
    if more > 0:
        said.print(f"另有 {more} 处" if chinese() else f"and {more} more")
    raise typer.Exit(BAD_INPUT)


def _placed(path: Path, place: str) -> str:
    """The place with its line, where the file has it."""
    line = None if is_tables(path) else line_of(path.read_text(encoding="utf-8"), place)
    return f"line {line}, {place}" if line else place


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        _refuse(str(path), "", "没有这个文件", "there is no such file")
    except (OSError, UnicodeDecodeError) as bad:
        _refuse(str(path), "", "无法读取", f"cannot be read: {bad}")
    except json.JSONDecodeError as bad:
        place = f"line {bad.lineno}, column {bad.colno}"
        _refuse(str(path), place, f"不是 JSON：{bad.msg}", f"not JSON: {bad.msg}")


def _old(path: Path, rotation: Rotation, stated: Problem) -> list[Any]:
    """The plan to repair: class and visits of each trainee."""
    try:
        if is_tables(path):
            return plan_of(path, rotation, stated)
    except match_source.BadFile as bad:
        _refuse(bad.where, "", bad.zh, bad.en)
    except BadTables as bad:
        _refuse_all(bad)
    old = _json(path)
    if not isinstance(old, dict) or not isinstance(old.get("plan"), list):
        _refuse(str(path), "plan", "缺少该字段：这不是一份计划", "is missing: this is not a plan")
    return list(old["plan"])


def _solve(rotation: Rotation, old: list[Any] | None, from_week: int, seconds: float) -> dict[str, Any]:
    from services.placement.plan_file import repair_rotation, rotate_rotation  # noqa: PLC0415 - the solvers load slowly

    if old is None:
        return rotate_rotation(rotation, seconds)
    return repair_rotation(rotation, old, from_week, seconds)


def _taken(rotation: Rotation, plan: list[Any]) -> list[list[int]]:
    taken = [[0] * rotation.weeks for _ in rotation.capacity]
    for _, visits in plan:
        for station, week in visits:
            taken[station][week] += 1
    return taken


def _refuse(path: str, place: str, zh: str, en: str) -> NoReturn:
    """Exit 2 with what is wrong and where."""
    where = f"{path}, {place}" if place else path
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        f"{where}: {zh if chinese() else en}", markup=False
    )
    raise typer.Exit(BAD_INPUT)
