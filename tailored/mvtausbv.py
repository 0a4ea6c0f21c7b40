"""`tailored mvtausbv`: the German training ordinance as a whole plan, and which steel positions it covers how surely."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.curriculum import ordinance
from shared.programmes import load

BAD_INPUT = 2


def mvtausbv(
    branch: Annotated[
        str, typer.Option(help=f"One of {', '.join(ordinance.BRANCHES)}. 专业方向。")
    ] = "iron-and-steel",
    plan: Annotated[
        Path | None,
        typer.Option(help="Write the plan here, as POST /programmes/ID/plans takes it. 方案文件。"),
    ] = None,
    framework: Annotated[
        Path | None,
        typer.Option(help="Write the 214 skills here, as POST /frameworks takes them. 能力框架文件。"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON. 以 JSON 输出。")] = False,  # noqa: FBT002 - a flag
) -> None:
    """德国金属工艺技术员条例。The ordinance with its check sums, its examination, and its coverage of O*NET positions."""
    if branch not in ordinance.BRANCHES:
        typer.echo(f"no branch {branch!r}; there are {', '.join(ordinance.BRANCHES)}", err=True)
        raise typer.Exit(BAD_INPUT)
    template = load("mvtausbv")
    if plan:
        plan.write_text(
            json.dumps(ordinance.body(template), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    if framework:
        skills = [one.model_dump() for one in ordinance.framework()]
        framework.write_text(
            json.dumps({"competencies": skills}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    early, late = ordinance.check_sums(branch)
    covered = ordinance.coverage(branch)
    exam = ordinance.examination(template, branch)
    if as_json:
        told = {
            "blocks": len(ordinance.rows("modules")), "skills": len(ordinance.rows("skills")),
            "weeks": {"months_1_18": early, "months_19_42": late},
            "examination": exam.model_dump(mode="json"), "coverage": [vars(one) for one in covered],
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    console = Console()
    console.print(
        f"{len(ordinance.rows('modules'))} blocks, {len(ordinance.rows('skills'))} skills;"
        f" months 1-18: {early:g} weeks, months 19-42: {late:g} weeks"
    )
    areas = Table("examination 考核", "weight 权重")
    for part in exam.parts:
        areas.add_row(f"{part.title.zh} {part.title.en}", f"{part.weight:.0%}")
    console.print(areas)
    table = Table("O*NET", "position 岗位", "surely 确定", "likely 可能", "at best 至多", "not mapped 未映射")
    for one in covered:
        table.add_row(
            one.soc,
            one.occupation,
            f"{one.low:.0%}",
            f"{one.middle:.0%}",
            f"{one.high:.0%}",
            ", ".join(one.unmapped),
        )
    console.print(table)
    console.print(
        "Parts of the importance of the elements that O*NET calls important; the mapping of blocks to elements is our"
        " judgement. 以 O*NET 重要要素的重要度加权；映射为本产品的判断。"
    )
