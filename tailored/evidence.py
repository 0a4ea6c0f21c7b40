"""`tailored evidence` and `tailored effect`: feedback's models on a file, without any other part of the system."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from services.feedback import evalues, mixed, rasch
from services.feedback import evidence as monthly
from services.feedback.mixed import Sheet, Solved, Variances
from tailored.rating_file import RatingFile, bad_file, read, scale_of

console = Console()
Z95 = 1.959963984540054
ALPHA = 0.05
WIDEST = 0.5
Floats = mixed.Floats


def evidence(  # noqa: PLR0913, PLR0917 - the options of the command
    ratings: Annotated[Path, typer.Argument(help="CSV with the columns trainee, rater, competency, score")],
    target: Annotated[float, typer.Option(help="required level")] = 3.5,
    targets: Annotated[
        Path | None, typer.Option(help="JSON {competency: level}, or CSV competency,target")
    ] = None,
    scale: Annotated[str, typer.Option()] = "1-5",
    out: Annotated[Path | None, typer.Option()] = None,
    variance: Annotated[str | None, typer.Option(help="rater=..,trainee=..,residual=.. (variances)")] = None,
    tolerance: Annotated[float, typer.Option(help="levels below the target that are let pass")] = 0.0,
    picture: Annotated[Path | None, typer.Option(help="SVG of estimates with intervals")] = None,
    *,
    fixed: Annotated[bool, typer.Option("--fixed", help="competencies as flat fixed effects")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="add the many-facet Rasch fit")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Which competencies fall short, once the severity of the raters is taken out."""
    low, high = scale_of(scale)
    file = read(ratings, low, high)
    wanted = _targets(file, target, targets)
    used = _variances(file.sheet, wanted, variance)
    model = used if fixed else replace(used, rater_competency=0.3**2, trainee_competency=0.2**2)
    solved = mixed.solve(file.sheet, model, wanted, flat=fixed)
    answer: dict[str, Any] = {
        "competencies": _competencies(file, solved, wanted, model, tolerance, flat=fixed),
        "raters": [
            {"id": name, "severity": float(solved.severity[at]), "se": float(solved.severity_error[at]),
             "n": int((file.sheet.rater == at).sum())}
            for at, name in enumerate(file.raters)
        ],
        "variance": {name: getattr(used, name) for name in ("rater", "trainee", "residual")},
    }  # fmt: skip
    if audit:
        answer["audit"] = _audit(file, low, high)
    _tell(answer, out, picture, as_json=as_json)


def effect(
    ratings: Annotated[Path, typer.Argument(help="CSV with the columns of `evidence`, and version")],
    scale: Annotated[str, typer.Option()] = "1-5",
    out: Annotated[Path | None, typer.Option()] = None,
    variance: Annotated[str | None, typer.Option(help="rater=..,trainee=..,residual=.. (variances)")] = None,
    controls: Annotated[
        str, typer.Option(help="competencies that were not revised, a,b: their change is taken off")
    ] = "",
    picture: Annotated[Path | None, typer.Option(help="SVG of differences with intervals")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """What a new version changed: one model of both versions, with an interval that holds at every look."""
    file = read(ratings, *scale_of(scale))
    if len(file.versions) != 2 or "" in file.versions:
        raise bad_file(
            f"{ratings}: the column version must hold exactly two values, found {len(set(file.versions) - {''})}"
        )
    ordered = sorted(file.versions, key=lambda name: (len(name), name))
    later = np.array([one == ordered[1] for one in file.version])
    count = len(file.competencies)
    doubled = np.unique(file.sheet.competency + count * later, return_inverse=True)
    sheet = replace(file.sheet, competency=doubled[1].astype(np.int64))
    middle = np.full(len(doubled[0]), float(file.sheet.score.mean()))
    solved = mixed.solve(sheet, _variances(sheet, middle, variance), middle, flat=True)
    chosen = {name.strip() for name in controls.split(",") if name.strip()}
    unknown = chosen - set(file.competencies)
    if unknown:
        raise bad_file(f"--controls: no competency {', '.join(sorted(unknown))} in {ratings}")
    place = {int(code): at for at, code in enumerate(doubled[0])}
    _tell(
        {"competencies": [_difference(file, at, place, solved, chosen) for at in range(count)]},
        out,
        picture,
        as_json=as_json,
    )


def _difference(
    file: RatingFile, at: int, place: dict[int, int], solved: Solved, controls: set[str]
) -> dict[str, Any]:
    count, name = len(file.competencies), file.competencies[at]
    others = [k for k, one in enumerate(file.competencies) if one in controls and one != name]
    others = [k for k in others if k in place and k + count in place]
    if at not in place or at + count not in place:
        return {"id": name, "difference": None, "interval": None, "verdict": "not enough data"}
    contrast = np.zeros(len(solved.estimate))
    for k, weight in [(at, 1.0), *((k, -1.0 / len(others)) for k in others)]:
        contrast[place[k + count]] += weight
        contrast[place[k]] -= weight
    middle = float(contrast @ solved.estimate)
    half = evalues.half_width(float(contrast @ solved.covariance @ contrast), ALPHA)
    verdict = "improved" if middle > half else "worse" if middle < -half else "no effect"
    if verdict == "no effect" and half > WIDEST:
        verdict = "not enough data"
    return {"id": name, "difference": middle, "interval": [middle - half, middle + half], "verdict": verdict}


def _competencies(
    file: RatingFile, solved: Solved, wanted: Floats, model: Variances, tolerance: float, *, flat: bool
) -> list[dict[str, Any]]:
    prior = model.programme + model.competency
    rated = np.zeros((len(file.raters), len(file.competencies)), bool)
    rated[file.sheet.rater, file.sheet.competency] = True
    linked = monthly.largest_linked(rated)[1]
    error = np.sqrt(np.diag(solved.covariance))
    found: list[dict[str, Any]] = []
    for at, name in enumerate(file.competencies):
        estimate, se = float(solved.estimate[at]), float(error[at])
        gap = estimate - float(wanted[at])
        mean, spread = evalues.posterior(gap, se**2, prior) if flat else (gap, se**2)
        found.append({
            "id": name, "n": int((file.sheet.competency == at).sum()), "estimate": estimate, "se": se,
            "interval": [estimate - Z95 * se, estimate + Z95 * se],
            "e_value": evalues.below(mean, spread, prior, tolerance), "target": float(wanted[at]),
        })  # fmt: skip
    chosen = evalues.act_on([one["e_value"] if linked[at] else 0.0 for at, one in enumerate(found)], ALPHA)
    for at, one in enumerate(found):
        one["verdict"], one["why"] = _verdict(
            one, int(rated[:, at].sum()), tolerance, linked=bool(linked[at]), short=at in chosen
        )
    return found


def _verdict(
    one: dict[str, Any], raters: int, tolerance: float, *, linked: bool, short: bool
) -> tuple[str, str]:
    below = one["target"] - tolerance - one["estimate"]
    if not linked:
        return (
            "not identifiable",
            "its raters rate nothing that the others rate too: severity and shortfall look alike",
        )
    if short and raters > 2:
        return "short", f"{below:.2f} below the target; e-value {one['e_value']:.3g} passes e-BH at {ALPHA:g}"
    if below > one["se"]:
        why = "too few raters" if raters <= 2 else f"e-value {one['e_value']:.3g} does not carry a verdict"
        return "ask", f"{below:.2f} below the target, but {why}"
    return "fine", "no sign that it lies below the target"


def _targets(file: RatingFile, target: float, targets: Path | None) -> Floats:
    given: dict[str, float] = {}
    if targets:
        try:
            words = targets.read_text(encoding="utf-8-sig")
            if words.lstrip().startswith("{"):
                given = {name: float(value) for name, value in json.loads(words).items()}
            else:
                rows = [line.split(",") for line in words.splitlines()[1:] if line.strip()]
                given = {row[0].strip(): float(row[1]) for row in rows}
        except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
            raise bad_file(f"{targets}: cannot be read as targets: {error}") from error
        unknown = sorted(set(given) - set(file.competencies))
        if unknown:
            raise bad_file(f"{targets}: nobody rated {', '.join(unknown)}")
    return np.array([given.get(name, target) for name in file.competencies])


def _variances(sheet: Sheet, wanted: Floats, given: str | None) -> Variances:
    if given is None:
        return mixed.estimate_variances(sheet, wanted)
    try:
        parts = {name.strip(): float(value) for name, value in (part.split("=") for part in given.split(","))}
    except ValueError as error:
        raise bad_file(f"--variance {given!r}: write rater=0.2,trainee=0.16,residual=0.49") from error
    if set(parts) != {"rater", "trainee", "residual"} or not all(0 < value < 1e6 for value in parts.values()):
        raise bad_file(f"--variance {given!r}: needs rater, trainee and residual, each above 0")
    return Variances(**parts)


def _audit(file: RatingFile, low: int, high: int) -> dict[str, Any]:
    if (file.sheet.score % 1).any():
        raise bad_file("--audit needs whole scores")
    fitted = rasch.audit(file.sheet, low, high)
    return {
        "severity": dict(zip(file.raters, fitted.severity.tolist(), strict=True)),
        "deviance": fitted.deviance, "variance": fitted.variance, "thresholds": fitted.thresholds.tolist(),
    }  # fmt: skip


def _tell(answer: dict[str, Any], out: Path | None, picture: Path | None, *, as_json: bool) -> None:
    whole = json.dumps(answer, indent=2, ensure_ascii=False)
    if out:
        out.write_text(whole + "\n", encoding="utf-8")
    if picture:
        picture.write_text(drawn(answer["competencies"]), encoding="utf-8")
    if as_json:
        typer.echo(whole)
        return
    rows = answer["competencies"]
    names = [
        name
        for name in ("id", "n", "estimate", "difference", "se", "interval", "e_value", "verdict", "why")
        if name in rows[0]
    ]
    table = Table(*names)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(_cell(one) for one in value)
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def drawn(rows: list[dict[str, Any]]) -> str:
    """Estimates with their intervals, one line each."""
    known = [row for row in rows if row["interval"]]
    low = min((row["interval"][0] for row in known), default=0.0)
    high = max((row["interval"][1] for row in known), default=1.0)
    width = max(high - low, 1e-9)
    lines = []
    for at, row in enumerate(known):
        left, right = (220 + 400 * (end - low) / width for end in row["interval"])
        middle = 220 + 400 * (float(row.get("estimate", row.get("difference", low))) - low) / width
        name = str(row["id"]).replace("&", "&amp;").replace("<", "&lt;")
        y = 24 + 24 * at
        lines.append(
            f'<text x="8" y="{y + 4}">{name}</text><line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{middle:.1f}" cy="{y}" r="4"/><text x="630" y="{y + 4}">{row["verdict"]}</text>'
        )
    style = "text{font:13px sans-serif;fill:#14202e}line{stroke:#1a5fa8;stroke-width:2}circle{fill:#1a5fa8}"
    size = f'viewBox="0 0 780 {24 * len(known) + 24}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{"".join(lines)}</svg>\n'
