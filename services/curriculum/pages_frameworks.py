"""The screens of frameworks: which are in force, what stands in one, files of others, positions held against them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile

from services.curriculum import api, case, exchanging, frameworks, importing
from services.curriculum.frameworks_shown import framework_shown
from services.curriculum.refusals import FrameworkBroken
from services.curriculum.voting import Coordinator
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person, SignedIn
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(prefix="/curriculum/frameworks", include_in_schema=False)
PAGE = "/curriculum/frameworks"
A_PAGE = 50
Kind = Literal["case", "esco", "onet", "onet-tasks", "onet-activities"]
Searched = Annotated[str, Query(max_length=100)]


@router.get("")
async def frameworks_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Every framework in its newest version, the positions to hold against them, and the form for a file."""
    return await _shown(request, person, transaction, {})


async def _shown(
    request: Request,
    person: Person,
    transaction: Transaction,
    given: dict[str, Any],
    refused: Refused | None = None,
) -> Response:
    every = await frameworks.list_frameworks(person, transaction)
    newest = {one["framework_id"]: one for one in every}
    values: dict[str, Any] = {
        "frameworks": sorted(newest.values(), key=lambda one: one["published_on"], reverse=True),
        "positions": await api.list_positions(person, transaction),
        "given": {"kind": "", "soc": "", "framework_id": None} | given,
        "nothing": case.about({}),
        "problem": problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "frameworks.html", person=person, status=status, **values)


@router.post("")
async def take_file(  # noqa: PLR0917 - the fields of the form
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    kind: Annotated[Kind, Form()],
    file: UploadFile,
    soc: Annotated[str, Form(max_length=20)] = "",
    framework_id: Annotated[UUID | None, Form()] = None,
) -> Response:
    """The file becomes a framework or its next version; with a fault anywhere nothing of it stays."""
    given = {"kind": kind, "soc": soc, "framework_id": framework_id}

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, given, refused)

    act = _take(transaction, kind, file, soc.strip(), framework_id)
    return await tried(transaction, act, PAGE, again)


async def _take(
    transaction: Transaction, kind: Kind, file: UploadFile, soc: str, framework_id: UUID | None
) -> None:
    text = frameworks.text_of(await file.read(frameworks.LARGEST_TABLE + 1))
    if kind == "case":
        await importing.take_case(transaction, text)
        return
    if kind == "esco":
        await importing.take_esco(transaction, text, framework_id)
        return
    if not exchanging.SOC.match(soc):
        raise FrameworkBroken(
            f"{soc!r} is no O*NET-SOC code such as 51-4051.00 / 请填写职业代码，如 51-4051.00", field="soc"
        )
    take = {
        "onet": importing.take_rated,
        "onet-tasks": importing.take_tasks,
        "onet-activities": importing.take_activities,
    }[kind]
    await take(transaction, text, soc, framework_id)


@router.get("/positions/{position_id}")
async def position_page(
    position_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    plan_id: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What the position asks against the frameworks in force and a plan: new, higher, lower, unknown, gone."""
    plans = await api.list_plans(person, transaction)
    chosen = next((one.plan_id for one in plans if str(one.plan_id) == plan_id), None)
    return render(
        request,
        "framework_position.html",
        person=person,
        position=await api.read_position(position_id, person, transaction),
        rows=await api.read_profile(position_id, person, transaction, chosen),
        plans=plans,
        chosen=chosen,
    )


@router.get("/{framework_id}")
async def framework_page(
    framework_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    like: Searched = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Its competencies with levels and texts, and to what each is tied."""
    framework = await frameworks.read_framework(framework_id, person, transaction)
    aligned = await exchanging.list_alignments(framework_id, person, transaction)
    every = framework_shown(framework, aligned, await exchanging.kept_package(transaction, framework))
    wanted = like.strip().casefold()
    found = [one for one in every if wanted in one["searched"]]
    return render(
        request,
        "framework.html",
        person=person,
        framework=framework,
        source=frameworks.source_of(framework),
        document=await frameworks.document_of(transaction, framework) or case.about({}),
        every=len(every),
        found=len(found),
        rows=found[(page - 1) * A_PAGE : page * A_PAGE],
        first=(page - 1) * A_PAGE,
        page=page,
        pages=-(-len(found) // A_PAGE),
        like=like,
    )
