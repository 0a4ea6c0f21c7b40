"""For experts: competencies as flat fixed effects, which is the linear mixed model that statistics programs fit (lme4)."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from services.feedback import evalues, mixed, mixed_evalue
from services.feedback.evidence import Bar, Finding, largest_linked
from services.feedback.mixed import Variances
from services.feedback.mixed_evalue import Z95
from services.feedback.tally import Floats
from tailored.evidence_rule import TOP, moved, told
from tailored.rating_file import RatingFile


def fitted(
    file: RatingFile, wanted: Floats, high: int, bar: Bar, given: Variances | None, language: str
) -> dict[str, Any]:
    """The answer in the format of the command; variances that are not given are found by REML."""
    used = given or mixed.estimate_variances(file.sheet, wanted)
    solved = mixed.solve(file.sheet, used, wanted, flat=True)
    error = np.sqrt(np.diag(solved.covariance))
    rated = np.zeros((len(file.raters), len(file.competencies)), bool)
    rated[file.sheet.rater, file.sheet.competency] = True
    linked = largest_linked(rated)[1]
    prior = used.programme + used.competency
    gaps = solved.estimate - wanted
    evidence = [
        evalues.below(*evalues.posterior(float(gap), float(se) ** 2, prior), prior, bar.tolerance)
        for gap, se in zip(gaps, error, strict=True)
    ]
    chosen = evalues.act_on([one * bool(linked[at]) for at, one in enumerate(evidence)], bar.alpha)
    below = ndtr((-bar.tolerance - gaps) / error)
    found = []
    for at, name in enumerate(file.competencies):
        one = _counted(file, at, float(wanted[at]), int(rated[:, at].sum()))
        middle, half = float(solved.estimate[at]), Z95 * float(error[at])
        one = replace(one, estimate=middle, low=middle - half, high=middle + half, e_value=evidence[at])
        answer, reason = mixed_evalue.answer(
            moved(one, TOP - high), float(below[at]), bar, linked=bool(linked[at]), short=at in chosen
        )
        found.append(told(replace(one, answer=answer, reason=reason), name, bar, language))
    raters = [
        {"id": name, "severity": float(solved.severity[at]), "se": float(solved.severity_error[at]),
         "n": int((file.sheet.rater == at).sum())}
        for at, name in enumerate(file.raters)
    ]  # fmt: skip
    variance = {name: getattr(used, name) for name in ("rater", "trainee", "residual")}
    return {"competencies": found, "raters": raters, "variance": variance}


def _counted(file: RatingFile, at: int, required: float, raters: int) -> Finding:
    mine = file.sheet.competency == at
    return Finding(
        competency=at, answer="fine", reason="not-below", required=required, ratings=int(mine.sum()),
        trainees=len(np.unique(file.sheet.trainee[mine])), mentors=raters, stations=raters,
        uncorrected_mean=float(file.sheet.score[mine].mean()), estimate=None, low=None, high=None, p=None,
        threshold=0.0,
    )  # fmt: skip
