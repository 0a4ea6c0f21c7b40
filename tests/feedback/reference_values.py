"""Makes `data/mixed_model_reference.json` with statsmodels: `.venv/bin/python tests/feedback/reference_values.py`.

A crossed mixed model of 30 people x 8 raters x 4 criteria of the CC0 ratings, REML, as lme4's
score ~ 0 + competency + (1 | trainee) + (1 | rater).
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


def main():
    import pandas as pd
    from statsmodels.regression.mixed_linear_model import MixedLM

    frame = pd.DataFrame(rows(), columns=["trainee", "rater", "competency", "score"])
    parts = {"trainee": "0 + C(trainee)", "rater": "0 + C(rater)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedLM.from_formula(
            "score ~ 0 + C(competency)", frame, groups=np.ones(len(frame)), vc_formula=parts
        )
        fitted = model.fit(reml=True, gtol=1e-10, maxiter=500)
    names = model.exog_vc.names
    found = {
        "variance": {name: float(value) for name, value in zip(names, fitted.vcomp, strict=True)},
        "estimate": fitted.fe_params.tolist(),
        "se": fitted.bse_fe.tolist(),
        "rater": [
            float(value) for name, value in fitted.random_effects[1.0].items() if name.startswith("rater")
        ],
    }
    found["variance"]["residual"] = float(fitted.scale)
    (DATA / "mixed_model_reference.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
