"""`tailored evidence` and `tailored effect`: feedback's decisions on a file, without any other part of the system."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from services.feedback import effect_mixed, rasch
from services.feedback.effect import Change
from services.feedback.evidence import Bar, Ratings
from services.feedback.mixed import Variances
from services.feedback.origins import NOT_RECORDED, Origin
from services.feedback.sentences import of_effect
from shared.web.names import NAMES
from tailored.evidence_fixed import fitted
from tailored.evidence_picture import drawn
from tailored.evidence_rule import judged
from tailored.language import chinese
from tailored.rating_file import RatingFile, bad_file, read, scale_of
from tailored.target_file import Targets, targets_of

console = Console(markup=False, emoji=False)
SHOWN = ("id", "n", "severity", "estimate", "difference", "se", "interval", "e_value", "verdict")
HEADINGS = {
    "competency": "能力", "rater": "师傅", "n": "评价数", "severity": "严格程度", "estimate": "估计", "difference": "差异",
    "se": "误差", "interval": "区间", "e_value": "证据值 e", "verdict": "结论",
    "set_by": "制定者", "set_on": "制定日", "method": "制定方法",
}  # fmt: skip
VERDICTS = {
    name.replace("-", " "): zh for kind in ("answer", "verdict") for name, (zh, _) in NAMES[kind].items()
}


def evidence(  # noqa: PLR0913, PLR0917 - the options of the command
    ratings: Annotated[
        Path, typer.Argument(help="CSV with the columns trainee, rater, competency, score. 评价文件。")
    ],
    target: Annotated[float, typer.Option(help="Required level. 要求的等级。")] = 3.5,
    targets: Annotated[
        Path | None,
        typer.Option(
            help="JSON {competency: level or {target, set_by, set_on, method}}, or CSV with these columns. 各项要求。"
        ),
    ] = None,
    scale: Annotated[str, typer.Option(help="Lowest and highest level. 量表。")] = "1-5",
    out: Annotated[Path | None, typer.Option(help="Write the answer here as JSON. 结果文件。")] = None,
    variance: Annotated[
        str | None, typer.Option(help="rater=..,trainee=..,residual=.. (variances). 方差。")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Levels below the target that are let pass. 容差。")
    ] = 0.0,
    picture: Annotated[
        Path | None, typer.Option(help="Estimates with intervals as SVG. 带区间的估计图。")
    ] = None,
    *,
    fixed: Annotated[
        bool,
        typer.Option("--fixed", help="Competencies as flat fixed effects: a linear mixed model. 固定效应。"),
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Add the many-facet Rasch fit. 附多面 Rasch 拟合。")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。")] = False,
) -> None:
    """Which competencies fall short, once the severity of the raters is taken out: by the rule of the service."""
    low, high = scale_of(scale)
    file = read(ratings, low, high, whole=not fixed or audit)
    wanted = targets_of(file, target, targets, low, high)
    if tolerance >= high - low:
        raise bad_file(
            f"--tolerance {tolerance:g}：须小于量表 {low}-{high} 的跨度",
            f"--tolerance {tolerance:g}: must be less than the scale {low}-{high} is wide",
        )
    decide = fitted if fixed else judged
    bar = Bar(len(wanted.levels), 1, tolerance=tolerance)
    answer = decide(file, wanted.levels, high, bar, _variances(variance), "zh" if chinese() else "en")
    answer["competencies"] = [{**one, **_origin(wanted, one["id"])} for one in answer["competencies"]]
    if audit:
        answer["audit"] = _audit(file, low, high)
    _tell(answer, out, picture, as_json=as_json)


def _origin(wanted: Targets, name: str) -> dict[str, str | None]:
    """Who set the level, when and how; null where that is not recorded."""
    one = wanted.origins.get(name, NOT_RECORDED)
    return {
        "set_by": one.set_by or None, "set_on": one.set_on.isoformat() if one.set_on else None,
        "method": one.method or None,
    }  # fmt: skip


def effect(
    ratings: Annotated[
        Path, typer.Argument(help="CSV with the columns of `evidence`, and version. 评价文件。")
    ],
    scale: Annotated[str, typer.Option(help="Lowest and highest level. 量表。")] = "1-5",
    out: Annotated[Path | None, typer.Option(help="Write the answer here as JSON. 结果文件。")] = None,
    controls: Annotated[
        str,
        typer.Option(
            help="Competencies that were not revised, a,b: their change is taken off. 未修订的能力。"
        ),
    ] = "",
    picture: Annotated[
        Path | None, typer.Option(help="Differences with intervals as SVG. 带区间的差异图。")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。")] = False,
) -> None:
    """What a new version changed, by the rule of the service; without controls a rise or a fall is told, its cause is not."""
    file = read(ratings, *scale_of(scale))
    before, after = _versions(file, ratings)
    kept = _controls(file, controls, ratings)
    revised = [at for at, name in enumerate(file.competencies) if name not in kept]
    found = effect_mixed.compare(before, after, revised, len(file.raters), len(file.competencies))
    answer = {"competencies": [_change(one, file.competencies[one.competency]) for one in found]}
    _tell(answer, out, picture, as_json=as_json)


def _versions(file: RatingFile, path: Path) -> tuple[Ratings, Ratings]:
    """The ratings under the older version and under the newer one: 9 is older than 10, v1 than v2."""
    names = sorted(set(file.versions) - {""}, key=lambda name: (len(name), name))
    if len(names) != 2 or "" in file.versions:
        raise bad_file(
            f"{path}：列 version 须恰有两个值且无空白；现有 {', '.join(names) or '无'}",
            f"{path}: the column version must hold exactly two values and no gap; it holds {', '.join(names) or 'none'}",
        )
    sheet = file.sheet
    version = np.array(file.version)
    before, after = (
        Ratings(*(part[version == name] for part in (sheet.rater, sheet.competency, sheet.trainee, sheet.score)))
        for name in names
    )  # fmt: skip
    return before, after


def _controls(file: RatingFile, controls: str, path: Path) -> set[str]:
    named = {name.strip() for name in controls.split(",") if name.strip()}
    unknown = ", ".join(sorted(named - set(file.competencies)))
    if unknown:
        raise bad_file(
            f"--controls：{path} 中没有能力 {unknown}", f"--controls: no competency {unknown} in {path}"
        )
    if named == set(file.competencies):
        raise bad_file(
            f"--controls：列出了全部能力，没有可比较的了（{path}）",
            f"--controls: it names every competency of {path}, so nothing is left to compare",
        )
    return named


def _change(one: Change, name: str) -> dict[str, Any]:
    known = one.low is not None and one.high is not None
    figures = {field: getattr(one, field) for field in one.__dataclass_fields__}
    return {
        "id": name, "n": one.ratings_before + one.ratings_after, "difference": one.difference,
        "interval": [one.low, one.high] if known else None, "raters": one.mentors,
        "verdict": one.verdict.replace("-", " "), "why": getattr(of_effect(figures), "zh" if chinese() else "en"),
    }  # fmt: skip


def _variances(given: str | None) -> Variances | None:
    if given is None:
        return None
    try:
        pairs = [
            (name.strip(), float(value)) for name, value in (part.split("=") for part in given.split(","))
        ]
    except ValueError as error:
        raise bad_file(
            f"--variance {given!r}：写作 rater=0.2,trainee=0.16,residual=0.49",
            f"--variance {given!r}: write rater=0.2,trainee=0.16,residual=0.49",
        ) from error
    wanted = ["rater", "residual", "trainee"]
    if sorted(name for name, _ in pairs) != wanted or not all(1e-9 < value < 1e6 for _, value in pairs):
        raise bad_file(
            f"--variance {given!r}：须有 rater、trainee、residual 各一次，且都大于 0",
            f"--variance {given!r}: needs rater, trainee and residual once each, all above 0",
        )
    return Variances(**dict(pairs))


def _audit(file: RatingFile, low: int, high: int) -> dict[str, Any]:
    found = rasch.audit(file.sheet, low, high)
    return {
        "severity": dict(zip(file.raters, found.severity.tolist(), strict=True)),
        "deviance": found.deviance, "variance": found.variance, "thresholds": found.thresholds.tolist(),
    }  # fmt: skip


def _tell(answer: dict[str, Any], out: Path | None, picture: Path | None, *, as_json: bool) -> None:
    whole = json.dumps(answer, indent=2, ensure_ascii=False)
    if out:
        out.write_text(whole + "\n", encoding="utf-8")
    if picture:
        picture.write_text(drawn(answer["competencies"], VERDICTS if chinese() else {}), encoding="utf-8")
    if as_json:
        typer.echo(whole)
        return
    console.print(_table("competency", answer["competencies"]))
    for one in answer["competencies"]:  # sentences, which a column of a terminal would break into words
        console.print(f"{one['id']}: {one['why']}")
    if all(one.get("set_by", "somebody") is None for one in answer["competencies"]):
        console.print(
            "要求由谁、何时、如何制定：未记录"
            if chinese()
            else "Who set the levels, when and how: not recorded."
        )
    if raters := answer.get("raters"):
        console.print(_table("rater", raters))


def _table(kind: str, rows: list[dict[str, Any]]) -> Table:
    names = [name for name in SHOWN if name in rows[0]]
    names += [name for name in Origin._fields if any(row.get(name) for row in rows)]
    table = Table()
    for name in [kind, *names[1:]]:
        table.add_column(HEADINGS[name] if chinese() else name, overflow="fold")  # a name is never cut
    for row in rows:
        said = VERDICTS.get(row.get("verdict", ""), "") if chinese() else ""
        table.add_row(*(said if said and name == "verdict" else _shown(name, row[name]) for name in names))
    return table


def _shown(name: str, value: object) -> str:
    if value is None and name in Origin._fields:
        return "未记录" if chinese() else "not recorded"
    return _cell(value)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " – ".join(_cell(one) for one in value)
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)
