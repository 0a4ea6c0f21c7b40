"""Reads ESCO (v1.2): skills as competencies with their alignment kept, occupations as what a position corresponds to. Pure.

Takes the columns of ESCO's own download (`conceptUri, preferredLabel, description`) and those of extracts that
give `id, description`. ESCO has no Chinese: the English label stands in for zh until someone translates it.
"""

from pydantic import BaseModel, ConfigDict

from services.curriculum import tabled
from services.curriculum.refusals import FrameworkBroken
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
    aligned: dict[str, Alignment] = {}

    def skill(part: tuple[str, str, str, dict[str, str]]) -> Competency:
        where, uri, label, _ = part
        code = f"esco-{uri.removeprefix(SKILL)}"[:64]
        aligned.setdefault(code, (code, "exactMatchOf", uri, label))
        return tabled.competency(where, code, label, f"ESCO {uri}")

    rows = _rows(table, SKILL, "a skill; occupations go to /occupations/esco")
    found: dict[str, Competency] = {}
    for one in tabled.every(rows, skill):
        found.setdefault(one.code, one)
    return list(found.values()), list(aligned.values())


def read_occupations(table: str) -> list[Related]:
    """Each occupation once, in the order of the table."""
    rows = _rows(table, OCCUPATION, "an occupation; skills go to /frameworks/esco")
    isco = ("iscoGroup", "isco_code", "code")
    found = {
        uri: Related(uri=uri, label=label, isco=next((row[name] for name in isco if row.get(name)), ""))
        for _, uri, label, row in rows
    }
    return list(found.values())


def _rows(table: str, kind: str, wanted: str) -> list[tuple[str, str, str, dict[str, str]]]:
    """Place, address, label and row of each line; refused with every line that is not of this kind."""
    rows = tabled.rows(table, ("description",), "an ESCO table, with conceptUri (or uri, id) and description")
    columns = rows[0][1]
    uri_in = next((name for name in URIS if name in columns), None)
    if uri_in is None:
        raise FrameworkBroken("an ESCO table has conceptUri (or uri, id) and description", field="columns")
    label_in = next((name for name in LABELS if name in columns), "description")

    def one(part: tabled.Row) -> tuple[str, str, str, dict[str, str]]:
        where, row = part
        uri, label = row[uri_in].strip(), _short(row[label_in])
        if not uri.startswith(kind) or uri == kind:
            raise FrameworkBroken(f"{where}: {uri!r} is no ESCO address of {wanted}", field=uri_in)
        if not label:
            raise FrameworkBroken(f"{where}: it has no words", field=label_in)
        return where, uri, label, row

    return tabled.every(rows, one)


def _short(words: str) -> str:
    said = " ".join(words.split())
    if len(said) <= LONGEST:
        return said
    return said[:LONGEST].rpartition(" ")[0] + " …"
