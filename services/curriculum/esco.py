"""Reads ESCO skills (v1.2): competencies with their alignment to ESCO kept. Pure.

Takes the columns of ESCO's own download (`conceptUri, preferredLabel, description`) and those of extracts that
give `id, description`. ESCO has no Chinese: the English label stands in for zh until someone translates it.
"""

import csv
import io

from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Text
from shared.events.plan_parts import Competency

LABELS = ("preferredLabel", "title")
URIS = ("conceptUri", "uri", "id")
LONGEST = 120
Alignment = tuple[str, str, str, str]


def read(table: str) -> tuple[list[Competency], list[Alignment]]:
    """Competencies, and for each `(code, "exactMatchOf", ESCO uri, label)`."""
    rows = csv.DictReader(io.StringIO(table))
    columns = rows.fieldnames or []
    uri_in = next((name for name in URIS if name in columns), None)
    if uri_in is None or "description" not in columns:
        raise FrameworkBroken("an ESCO table has conceptUri (or uri, id) and description", field="columns")
    label_in = next((name for name in LABELS if name in columns), None)
    found: dict[str, Competency] = {}
    aligned: list[Alignment] = []
    for number, row in enumerate(rows, start=2):
        uri = (row[uri_in] or "").strip()
        if not uri.startswith("http://data.europa.eu/esco/"):
            raise FrameworkBroken(f"line {number}: {uri!r} is no ESCO address", field=uri_in)
        code = f"esco-{uri.rpartition('/')[2]}"[:64]
        label = _short(row[label_in] if label_in else row["description"])
        if not label:
            raise FrameworkBroken(f"line {number}: it has no words", field="description")
        if code in found:
            continue
        found[code] = Competency(code=code, title=Text(zh=label, en=label), source=f"ESCO {uri}")
        aligned.append((code, "exactMatchOf", uri, label))
    if not found:
        raise FrameworkBroken("the table has no rows")
    return list(found.values()), aligned


def _short(words: str | None) -> str:
    said = " ".join((words or "").split())
    if len(said) <= LONGEST:
        return said
    return said[:LONGEST].rpartition(" ")[0] + " …"
