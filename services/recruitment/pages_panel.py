"""The screens of a panel: other rules tried, and the marks of examiners."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from sqlmodel import col, select

from services.recruitment import access, deciding, marks, queries, rules, views
from services.recruitment.deciding import Panel
from services.recruitment.marks import Examiner
from services.recruitment.model import Applicant, Application
from services.recruitment.what_if import Difference, WhatIf
from shared.errors import Invalid, Refused
from shared.programmes.grammar import Selection, SourceGroup
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(include_in_schema=False)
MOVING = 200
MARKED = 100


async def frame(transaction: Transaction, intake_id: UUID, person: Person) -> dict[str, Any]:
    """What every page about an intake needs."""
    intake, programme = await access.intake_for(transaction, intake_id, person)
    return {
        "intake": intake,
        "names": views.named(intake, programme),
        "selection": Selection.model_validate(intake.selection),
        "groups": [SourceGroup.model_validate(group) for group in intake.source_groups],
        "minimum": rules.minimum_of(intake.selection),
    }


@router.get("/intakes/{intake_id}/what-if")
async def what_if_page(
    intake_id: UUID, request: Request, person: Panel, transaction: Transaction
) -> Response:
    """The rules as they are, to be changed and tried."""
    values = await frame(transaction, intake_id, person)
    return render(request, "what_if.html", person=person, given={}, seen=None, problem=None, **values)


@router.post("/intakes/{intake_id}/what-if")
async def what_if_tried(
    intake_id: UUID, request: Request, person: Panel, transaction: Transaction
) -> Response:
    """Who would move under the rules of the form. Nothing is saved."""
    values = await frame(transaction, intake_id, person)
    given = {name: str(value) for name, value in (await request.form()).items()}
    seen, refused = None, None
    try:
        seen = await deciding.tried(transaction, intake_id, wished(given))
    except Refused as problem:
        refused = problem
    moving = await _moving(transaction, seen, person) if seen else []
    values |= {"given": given, "seen": seen, "problem": problem_of(request, refused)}
    values |= {"moving": moving[:MOVING], "hidden": max(0, len(moving) - MOVING)}
    page = "what_if_seen.html" if "hx-request" in request.headers else "what_if.html"
    return render(request, page, person=person, **values)


def wished(given: dict[str, str]) -> WhatIf:
    """The rules of the form; an empty field stays as it is."""
    of = {
        kind: {name.partition("|")[2]: value for name, value in given.items() if name.startswith(f"{kind}|")}
        for kind in ("reserved", "hard", "weights")
    }
    try:
        return WhatIf.model_validate(
            {
                "seats": given.get("seats") or None,
                "minimum": given.get("minimum") or None,
                "reserve_first": given["order"] == "reserve" if "order" in given else None,
                "reserved": {name: float(value) / 100 for name, value in of["reserved"].items() if value},
                "hard": {name: value == "yes" for name, value in of["hard"].items()},
                "weights": {name: value for name, value in of["weights"].items() if value},
            }
        )
    except ValidationError as broken:
        first = broken.errors()[0]
        raise Invalid(str(first["msg"]), field=".".join(map(str, first["loc"]))) from broken
    except ValueError as broken:
        raise Invalid(str(broken), field="reserved") from broken


async def _moving(transaction: Transaction, seen: Difference, person: Person) -> list[dict[str, Any]]:
    """Who would get or lose a seat, as far as this person may see them."""
    tones = dict.fromkeys(seen.would_enter, "add") | dict.fromkeys(seen.would_leave, "del")
    rows = (
        select(Application, Applicant)
        .join(Applicant, col(Applicant.applicant_id) == col(Application.applicant_id))
        .where(col(Application.application_id).in_(map(UUID, tones)), queries.examinable(person))
        .order_by(col(Application.score).desc().nulls_last(), col(Application.application_id))
    )
    found = (await transaction.execute(rows)).all()
    every = [
        {
            "application_id": str(application.application_id),
            "name": applicant.name,
            "score": application.score,
            "tone": tones[str(application.application_id)],
        }
        for application, applicant in found
    ]
    return sorted(every, key=lambda one: str(one["tone"]))


@router.get("/intakes/{intake_id}/marks")
async def marks_page(
    intake_id: UUID,
    request: Request,
    person: Examiner,
    transaction: Transaction,
    fact: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """One examiner's marks for one criterion."""
    return await _marks(request, person, transaction, intake_id, fact=fact, page=page)


async def _marks(
    request: Request,
    person: Person,
    transaction: Transaction,
    intake_id: UUID,
    *,
    fact: str,
    page: int = 1,
    given: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Response:
    values = await frame(transaction, intake_id, person)
    criteria = {each.fact: each for each in values["selection"].criteria}
    chosen = criteria.get(fact) or next(iter(criteria.values()), None)
    rows = await marks.read_marks(intake_id, person, transaction)
    values |= {
        "criteria": list(criteria.values()),
        "fact": chosen.fact if chosen else "",
        "scale": sorted((chosen.worst, chosen.best)) if chosen else (0, 0),
        "rows": rows[(page - 1) * MARKED : page * MARKED],
        "page": page,
        "pages": -(-len(rows) // MARKED),
        "given": given or {},
        "problem": problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "marks.html", person=person, status=status, **values)


@router.post("/intakes/{intake_id}/marks")
async def marks_given(
    intake_id: UUID,
    request: Request,
    person: Examiner,
    transaction: Transaction,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Keep what the form says; an emptied field takes the mark back."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    fact = form.get("fact", "")

    async def act() -> None:
        await marks.give_marks(intake_id, _giving(form, fact), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _marks(
            request, person, transaction, intake_id, fact=fact, page=page, given=form, refused=refused
        )

    then = f"/recruitment/intakes/{intake_id}/marks?fact={fact}&page={page}"
    return await tried(transaction, act(), then, again)


def _giving(form: dict[str, str], fact: str) -> marks.Giving:
    given = [
        {"application_id": name.partition("|")[2], "fact": fact, "value": value.strip() or None}
        for name, value in form.items()
        if name.startswith("mark|")
    ]
    try:
        return marks.Giving.model_validate({"marks": given})
    except ValidationError as broken:
        first = broken.errors()[0]
        raise Invalid(str(first["msg"]), field=str(first["loc"][-1])) from broken
