"""What feedback's deciding rule says of a file: the very functions by which the service decides, and nothing else."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from services.feedback import mixed_evalue, running
from services.feedback.beliefs import Assumed, Mentors
from services.feedback.columns import Key, Pair
from services.feedback.evidence import Bar, Finding
from services.feedback.mixed import Variances
from services.feedback.mixed_evalue import Z95, Model
from services.feedback.running import Due, Running
from services.feedback.sentences import of_reason
from services.feedback.tally import Floats, Spread
from tailored.rating_file import RatingFile

TOP = 5
"""The service rates from 1 to 5 and decides nothing above one level less; the file's scale is moved so that it ends there."""
UNDATED = date.min
MISSING = {
    "zh": "缺少的联系：请 {rater} 也评价 {competency}。",
    "en": " Missing link: let {rater} rate {competency}, too.",
}


def judged(
    file: RatingFile, wanted: Floats, high: int, bar: Bar, given: Variances | None, language: str
) -> dict[str, Any]:
    """Verdicts, severities and the variances that were used, in the format of the command."""
    spread, assumed = assumptions(given)
    levels = wanted + TOP - high
    ratings = running_of(file, TOP - high, spread)
    asked: dict[Key, float] = {
        (name, None): float(level) for name, level in zip(file.competencies, levels, strict=True)
    }
    found = mixed_evalue.judge(ratings, (), asked, {}, bar, assumed)
    required = {key[0]: level for key, level in asked.items()}
    solved = mixed_evalue.model(ratings, (), required, {}, assumed)
    return {
        "competencies": [
            {
                **told(moved(one, high - TOP), file.competencies[one.competency], bar, language),
                **_linked(one, file, language),
            }
            for one in found
        ],
        "raters": _raters(file, solved),
        "variance": {"rater": _rater(solved), "trainee": spread.trainee, "residual": spread.residual},
    }


def assumptions(given: Variances | None) -> tuple[Spread, Assumed]:
    """Those that the service states beforehand; what is given takes their place, strictness on one competency stays open."""
    if given is None:
        return Spread(), Assumed()
    own = sorted({one.own for one in Assumed().mentors})
    mentors = tuple(Mentors(given.rater, one) for one in own)
    return Spread(trainee=given.trainee, residual=given.residual), Assumed(mentors=mentors)


def running_of(file: RatingFile, shift: int, spread: Spread) -> Running:
    """The statistics that the service keeps, of the whole file."""
    sheet = file.sheet
    columns = (part.tolist() for part in (sheet.trainee, sheet.rater, sheet.competency, sheet.score))
    return running.of(
        [
            Due(UUID(int=who), Pair(UUID(int=rater), file.competencies[code]), int(score) + shift, UNDATED)
            for who, rater, code, score in zip(*columns, strict=True)
        ],
        spread,
    )


def moved(one: Finding, shift: int) -> Finding:
    """On the scale of the file."""

    def there(value: float | None) -> float | None:
        return None if value is None else value + shift

    return replace(
        one, required=one.required + shift, uncorrected_mean=there(one.uncorrected_mean),
        estimate=there(one.estimate), low=there(one.low), high=there(one.high),
    )  # fmt: skip


def told(one: Finding, name: str, bar: Bar, language: str) -> dict[str, Any]:
    """A finding as the command says it."""
    known = one.low is not None and one.high is not None
    figures = {field: getattr(one, field) for field in one.__dataclass_fields__}
    return {
        "id": name, "n": one.ratings, "estimate": one.estimate,
        "se": (one.high - one.low) / (2 * Z95) if known else None,  # type: ignore[operator]
        "interval": [one.low, one.high] if known else None, "e_value": one.e_value, "target": one.required,
        "raters": one.mentors, "verdict": one.answer.replace("-", " "),
        "why": getattr(of_reason(one.reason, {**figures, "tolerance": bar.tolerance}), language),
    }  # fmt: skip


def _linked(one: Finding, file: RatingFile, language: str) -> dict[str, Any]:
    """The rating that is missing where its raters cannot be compared with the others."""
    if one.link is None:
        return {}
    words = of_reason(one.reason, {"required": one.required, "link": one.link})
    rater, competency = file.raters[one.link.mentor.int], one.link.competency
    more = MISSING[language].format(rater=rater, competency=competency)
    return {"link": {"rater": rater, "competency": competency}, "why": f"{getattr(words, language)}{more}"}


def _raters(file: RatingFile, solved: Model) -> list[dict[str, Any]]:
    severities = mixed_evalue.severities(solved)
    return [
        {"id": name, "severity": severities[UUID(int=at)][0], "se": severities[UUID(int=at)][1],
         "n": int((file.sheet.rater == at).sum())}
        for at, name in enumerate(file.raters)
    ]  # fmt: skip


def _rater(solved: Model) -> float:
    """The mean over the candidates, weighed by how well each explains the ratings."""
    logs = np.array([one.likelihood for one in solved.beliefs])
    weight = np.exp(logs - logs.max())
    return float(np.average([one.rater for one in solved.assumed.mentors], weights=weight))
