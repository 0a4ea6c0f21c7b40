"""Every list of recruitment as CSV or Excel, with the rights of the list itself."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from services.recruitment import queries, roster, sheets
from services.recruitment.access import agreements_for, cohorts_for, intakes_for, programmes_for
from services.recruitment.views import outcomes_for
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter()
Kind = Literal["csv", "xlsx"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def exported(content: bytes, name: str, kind: Kind) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, media_type=MEDIA[kind], headers=headers)


def _listed(rows: list[dict[str, Any]], columns: list[str], name: str, kind: Kind) -> Response:
    """Columns of plain rows; a title or a text has one column for each language."""
    header = [
        each
        for column in columns
        for each in ([f"{column} zh", f"{column} en"] if column in TEXTS else [column])
    ]
    table = [
        [cell for column in columns for cell in (_texts(row[column]) if column in TEXTS else [row[column]])]
        for row in rows
    ]
    return exported(sheets.table(header, table, as_csv=kind == "csv"), name, kind)


TEXTS = frozenset({"title", "programme", "sentences"})


def _texts(value: Any) -> list[str]:
    """One or several texts, in Chinese and in English."""
    texts = value if isinstance(value, list) else [value] if value else []
    return [" ".join(text[language] for text in texts) for language in ("zh", "en")]


@router.get("/agreements.{kind}")
async def export_agreements(kind: Kind, person: SignedIn, transaction: Transaction) -> Response:
    """One row a promise."""
    rows = [
        {**each.model_dump(mode="json"), **promise}
        for each in await agreements_for(transaction, person)
        for promise in (each.promises or [{}])
    ]
    columns = ["agreement_id", "enterprise_id", "college_id", "signed_on", "kind", "amount", "unit", "due_on"]
    return _listed([{**dict.fromkeys(columns), **row} for row in rows], columns, "agreements", kind)


@router.get("/programmes.{kind}")
async def export_programmes(kind: Kind, person: SignedIn, transaction: Transaction) -> Response:
    rows = [
        {**each.model_dump(mode="json"), "template": each.template["template"]}
        for each in await programmes_for(transaction, person)
    ]
    return _listed(
        rows, ["programme_id", "agreement_id", "title", "template", "opened_on"], "programmes", kind
    )


@router.get("/intakes.{kind}")
async def export_intakes(kind: Kind, person: SignedIn, transaction: Transaction) -> Response:
    titles = {each.programme_id: each.title for each in await programmes_for(transaction, person)}
    rows = [
        {**queries.shown(each), "programme": titles.get(each.programme_id)}
        for each in await intakes_for(transaction, person)
    ]
    columns = ["intake_id", "programme", "year", "state", "seats", "opens_on", "closes_on"]
    counts = ["applicants", "eligible", "selected", "waiting", "seed_hash"]
    return _listed(rows, [*columns, *counts], "intakes", kind)


@router.get("/intakes/{intake_id}/outcomes.{kind}")
async def export_outcomes(
    intake_id: UUID, kind: Kind, person: SignedIn, transaction: Transaction
) -> Response:
    rows = await outcomes_for(transaction, intake_id, person)
    columns = ["name", "person_number", "state", "pool", "score", "cutoff", "waiting_place", "reason"]
    return _listed(rows, [*columns, "sentences"], "outcomes", kind)


@router.get("/cohorts.{kind}")
async def export_cohorts(kind: Kind, person: SignedIn, transaction: Transaction) -> Response:
    rows = [each.model_dump(mode="json") for each in await cohorts_for(transaction, person)]
    return _listed(rows, ["cohort_id", "title", "year", "first_monday", "ends_on"], "cohorts", kind)


@router.get("/cohorts/{cohort_id}/trainees.{kind}")
async def export_trainees(
    cohort_id: UUID, kind: Kind, person: SignedIn, transaction: Transaction
) -> Response:
    trainees = await roster.trainees_of(transaction, cohort_id)
    names = await roster.persons_of(transaction, [row.applicant_id for row in trainees])
    rows = [
        {
            **row.trainee,
            "name": names[row.applicant_id].name,
            "withdrew_on": row.withdrew_on.isoformat() if row.withdrew_on else None,
        }
        for row in trainees
        if roster.may_see(row, person)
    ]
    columns = ["name", "college_number", "enterprise_number", "status", "direction", "group", "withdrew_on"]
    return _listed(rows, columns, "trainees", kind)
