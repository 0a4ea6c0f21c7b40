"""Reads ESCO (v1.2): skills as competencies with their alignment kept, occupations as what a position corresponds to. Pure.

Takes the columns of ESCO's own download (`conceptUri, preferredLabel, description`) and those of extracts that
give `id, description`. ESCO has no Chinese: the English label stands in for zh until someone translates it.
"""

import csv
import io
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Text
from shared.events.plan_parts import Competency

LABELS = ("preferredLabel", "title")
URIS = ("conceptUri", "uri", "id")
LONGEST = 120
ADDRESS = "http://data.europa.eu/esco/"
SKILL, OCCUPATION = f"{ADDRESS}skill/", f"{ADDRESS}occupation/"
Alignment = tuple[str, str, str, str]


class Related(BaseModel):
    """An occupation as ESCO has it: its address, name, and ISCO-08 group."""

    model_config = ConfigDict(frozen=True)

    uri: str
    label: str
    isco: str


def read(table: str) -> tuple[list[Competency], list[Alignment]]:
    """Competencies, and for each `(code, "exactMatchOf", ESCO uri, label)`. Occupations are no competencies."""
    found: dict[str, Competency] = {}
    aligned: list[Alignment] = []
    for uri, label, _ in _rows(table, SKILL, "a skill; occupations go to /occupations/esco"):
        code = f"esco-{uri.rpartition('/')[2]}"[:64]
        if code in found:
            continue
        found[code] = Competency(code=code, title=Text(zh=label, en=label), source=f"ESCO {uri}")
        aligned.append((code, "exactMatchOf", uri, label))
    return list(found.values()), aligned


def read_occupations(table: str) -> list[Related]:
    """Each occupation once, in the order of the table."""
    rows = _rows(table, OCCUPATION, "an occupation; skills go to /frameworks/esco")
    isco = ("iscoGroup", "isco_code", "code")
    found = {
        uri: Related(uri=uri, label=label, isco=next((row[name] for name in isco if row.get(name)), ""))
        for uri, label, row in rows
    }
    return list(found.values())


def _rows(table: str, kind: str, wanted: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Address, label and row of each line; refused with the line where it is not of this kind."""
    rows = csv.DictReader(io.StringIO(table))
    columns = rows.fieldnames or []
    uri_in = next((name for name in URIS if name in columns), None)
    if uri_in is None or "description" not in columns:
        raise FrameworkBroken("an ESCO table has conceptUri (or uri, id) and description", field="columns")
    label_in = next((name for name in LABELS if name in columns), "description")
    number = 1
    for number, row in enumerate(rows, start=2):
        uri = (row[uri_in] or "").strip()
        if not uri.startswith(kind):
            raise FrameworkBroken(f"line {number}: {uri!r} is no ESCO address of {wanted}", field=uri_in)
        label = _short(row[label_in])
        if not label:
            raise FrameworkBroken(f"line {number}: it has no words", field=label_in)
        yield uri, label, row
    if number == 1:
        raise FrameworkBroken("the table has no rows")


def _short(words: str | None) -> str:
    said = " ".join((words or "").split())
    if len(said) <= LONGEST:
        return said
    return said[:LONGEST].rpartition(" ")[0] + " …"
