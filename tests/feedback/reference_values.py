"""Makes `data/mixed_model_reference.json` with statsmodels: `.venv/bin/python tests/feedback/reference_values.py`.

A crossed mixed model of 30 people x 8 raters x 4 criteria of the CC0 ratings, REML, as lme4's
score ~ 0 + competency + (1 | trainee) + (1 | rater). And one of `generated()` ratings with (1 | trainee:competency) +
(1 | rater:competency) beside these: all five variances of the audit.
"""

import csv
import json
import warnings
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
CRITERIA = ("style", "org", "conv", "sent_form")


def rows(people=30, raters=8):
    with (DATA / "writing.csv").open() as file:
        read = list(csv.DictReader(file))
    chosen = list(dict.fromkeys(row["student"] for row in read))[:people]
    return [
        (chosen.index(row["student"]), int(row["rater"]) - 1, place, float(row[name]))
        for row in read
        if row["student"] in chosen and int(row["rater"]) <= raters
        for place, name in enumerate(CRITERIA)
    ]


def generated(trainees=20, raters=6, competencies=4):
    """Seven of ten possible ratings, 1 to 5, in which every part of the model differs clearly: trainee, rater, competency, score."""
    chance = np.random.default_rng(7)
    trainee, rater, competency = (one.ravel() for one in np.mgrid[0:trainees, 0:raters, 0:competencies])
    kept = chance.random(len(trainee)) < 0.7
    trainee, rater, competency = trainee[kept], rater[kept], competency[kept]
    able, severe = chance.normal(0, 0.4, trainees)[trainee], chance.normal(0, 0.45, raters)[rater]
    strict = chance.normal(0, 0.4, (raters, competencies))[rater, competency]
    talent = chance.normal(0, 0.4, (trainees, competencies))[trainee, competency]
    level = 3.5 + able - severe - strict + talent + chance.normal(0, 0.6, len(trainee))
    return trainee, rater, competency, np.clip(np.round(level), 1, 5)


def fit(columns, parts, **how):
    """By statsmodels, with the named random parts."""
    import pandas as pd
    from statsmodels.regression.mixed_linear_model import MixedLM

    frame = pd.DataFrame(dict(zip(("trainee", "rater", "competency", "score"), columns, strict=True)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedLM.from_formula(
            "score ~ 0 + C(competency)", frame, groups=np.ones(len(frame)), vc_formula=parts
        )
        return model.exog_vc.names, model.fit(reml=True, **how)


def main():
    alone = {"trainee": "0 + C(trainee)", "rater": "0 + C(rater)"}
    beside = {f"{name}_competency": f"0 + C({name}):C(competency)" for name in alone}
    names, fitted = fit(zip(*rows(), strict=True), alone, gtol=1e-10, maxiter=500)
    found = {
        "variance": {name: float(value) for name, value in zip(names, fitted.vcomp, strict=True)},
        "estimate": fitted.fe_params.tolist(),
        "se": fitted.bse_fe.tolist(),
        "rater": [
            float(value) for name, value in fitted.random_effects[1.0].items() if name.startswith("rater")
        ],
    }
    found["variance"]["residual"] = float(fitted.scale)
    names, fitted = fit(generated(), alone | beside, method=["nm", "bfgs"], maxiter=2000)
    five = {name: float(value) for name, value in zip(names, fitted.vcomp, strict=True)}
    found["generated"] = {**five, "residual": float(fitted.scale)}
    (DATA / "mixed_model_reference.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
