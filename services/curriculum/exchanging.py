"""Frameworks to and from others over HTTP: CASE packages, ESCO and O*NET tables, alignments; and the CASE service itself."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import case, case_checking, case_making, frameworks, importing
from services.curriculum.model import Alignment, CasePackage, Framework
from services.curriculum.refusals import FrameworkBroken, FrameworkUnknown
from services.curriculum.voting import Asked, Coordinator
from shared.events.base import Code, Requirement, Text
from shared.events.curriculum import FrameworkPublished
from shared.events.plan_parts import Competency
from shared.service import Transaction
from shared.web.address import address_of
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1/frameworks", tags=["frameworks"])
served = APIRouter(prefix="/curriculum/ims/case/v1p1", tags=["CASE 1.1"])
SOC = re.compile(r"^\d\d-\d{4}(\.\d\d)?$")
Soc = Annotated[str, Query(pattern=SOC.pattern)]
PARTS = frozenset({"CFItems", "CFAssociations", "CFRubrics", *case_checking.DEFINITIONS})
SETS = frozenset({"CFConcepts", "CFSubjects", "CFItemTypes"})


class NewAlignment(Asked):
    """What a competency corresponds to elsewhere."""

    code: Code
    target: str = Field(min_length=8, max_length=500, pattern=r"^(https?|urn):")
    target_title: str = Field(default="", max_length=500)
    kind: str = Field(
        default="isRelatedTo", pattern=r"^(isPeerOf|isPartOf|exactMatchOf|isRelatedTo|replacedBy|precedes)$"
    )


@router.post("/case", status_code=201)
async def import_case(request: Request, _person: Coordinator, transaction: Transaction) -> FrameworkPublished:
    """A whole CASE package; the same document again is the next version of its framework."""
    return await importing.take_case(transaction, await frameworks.body_of(request))


@router.post("/esco", status_code=201)
async def import_esco(
    request: Request, _person: Coordinator, transaction: Transaction, framework_id: UUID | None = None
) -> FrameworkPublished:
    return await importing.take_esco(transaction, await frameworks.body_of(request), framework_id)


@router.post("/onet", status_code=201)
async def import_onet(
    request: Request,
    _person: Coordinator,
    transaction: Transaction,
    soc: Soc,
    framework_id: UUID | None = None,
) -> dict[str, FrameworkPublished | list[Requirement]]:
    table = await frameworks.body_of(request)
    published, profile = await importing.take_rated(transaction, table, soc, framework_id)
    return {"framework": published, "profile": profile}


@router.post("/onet/tasks", status_code=201)
async def import_tasks(
    request: Request,
    _person: Coordinator,
    transaction: Transaction,
    soc: Soc,
    framework_id: UUID | None = None,
) -> FrameworkPublished:
    return await importing.take_tasks(transaction, await frameworks.body_of(request), soc, framework_id)


@router.post("/onet/activities", status_code=201)
async def import_activities(
    request: Request,
    _person: Coordinator,
    transaction: Transaction,
    soc: Soc,
    framework_id: UUID | None = None,
) -> FrameworkPublished:
    return await importing.take_activities(transaction, await frameworks.body_of(request), soc, framework_id)


@router.post("/{framework_id}/alignments", status_code=201)
async def align(
    framework_id: UUID, new: NewAlignment, person: Coordinator, transaction: Transaction
) -> Alignment:
    framework = await frameworks.read_framework(framework_id, person, transaction)
    if new.code not in {one["code"] for one in framework.competencies}:
        raise FrameworkBroken(f"no competency {new.code!r} in this framework", field="code")
    return await transaction.merge(Alignment(framework_id=framework_id, **new.model_dump()))


@router.get("/{framework_id}/alignments")
async def list_alignments(framework_id: UUID, _person: SignedIn, transaction: Transaction) -> list[Alignment]:
    wanted = select(Alignment).where(Alignment.framework_id == framework_id)
    return list(await transaction.scalars(wanted.order_by(col(Alignment.code), col(Alignment.target))))


async def kept_package(session: AsyncSession, framework: Framework) -> case_checking.Json | None:
    """The package as which this version came in, if it did."""
    kept = await session.get(CasePackage, (framework.framework_id, framework.framework_version))
    return kept.body if kept else None


async def _package(session: AsyncSession, framework: Framework, base: str) -> case_checking.Json:
    """As it came where it came as a package, else made from what was published."""
    if kept := await kept_package(session, framework):
        return kept
    wanted = select(Alignment).where(Alignment.framework_id == framework.framework_id)
    aligned = [
        (one.code, one.kind, one.target, one.target_title)
        for one in await session.scalars(wanted.order_by(col(Alignment.code), col(Alignment.target)))
    ]
    return case_making.package_of(
        framework.framework_id,
        framework.framework_version,
        Text.model_validate(framework.title),
        [Competency.model_validate(one) for one in framework.competencies],
        aligned,
        case_making.Links(base, f"{framework.published_on}T00:00:00+08:00"),
    )


def _base(request: Request) -> str:
    return f"{address_of(request)}{served.prefix}"


async def _newest(session: AsyncSession) -> list[Framework]:
    rows = await session.scalars(select(Framework).order_by(col(Framework.framework_version)))
    return list({row.framework_id: row for row in rows}.values())


@served.get("/CFDocuments")
async def list_documents(
    request: Request,
    _person: SignedIn,
    transaction: Transaction,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> JSONResponse:
    rows = await _newest(transaction)
    packages = [await _package(transaction, row, _base(request)) for row in rows[offset : offset + limit]]
    return JSONResponse(
        {"CFDocuments": [one["CFDocument"] for one in packages]}, headers={"X-Total-Count": str(len(rows))}
    )


@served.get("/CFPackages/{identifier}")
async def read_package(
    identifier: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> JSONResponse:
    try:
        framework = await frameworks.read_framework(identifier, person, transaction)
    except FrameworkUnknown:
        return _unknown(str(identifier))
    return JSONResponse(await _package(transaction, framework, _base(request)))


@served.get("/CFDocuments/{identifier}")
async def read_document(
    identifier: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> JSONResponse:
    try:
        framework = await frameworks.read_framework(identifier, person, transaction)
    except FrameworkUnknown:
        return _unknown(str(identifier))
    return JSONResponse((await _package(transaction, framework, _base(request)))["CFDocument"])


@served.get("/CFItemAssociations/{identifier}")
async def read_ties(
    identifier: str, request: Request, _person: SignedIn, transaction: Transaction
) -> JSONResponse:
    for row in await _newest(transaction):
        package = await _package(transaction, row, _base(request))
        if item := case.part_of(package, "CFItems", identifier):
            return JSONResponse({"CFItem": item, "CFAssociations": case.ties_of(package, identifier)})
    return _unknown(identifier)


@served.get("/{kind}/{identifier}")
async def read_part(
    kind: str, identifier: str, request: Request, _person: SignedIn, transaction: Transaction
) -> JSONResponse:
    """CFItems, CFAssociations, CFRubrics and the definitions: concepts and subjects come as sets of one."""
    for row in await _newest(transaction) if kind in PARTS else ():
        found = case.part_of(await _package(transaction, row, _base(request)), kind, identifier)
        if found is not None:
            return JSONResponse({kind: [found]} if kind in SETS else found)
    return _unknown(identifier)


def _unknown(identifier: str) -> JSONResponse:
    """The status that the CASE binding asks for."""
    minor: dict[str, Any] = {
        "imsx_codeMinorField": [
            {"imsx_codeMinorFieldName": "sourcedId", "imsx_codeMinorFieldValue": "unknownobject"}
        ]
    }
    told = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": f"unknown object {identifier}",
        "imsx_codeMinor": minor,
    }
    return JSONResponse(told, status_code=404)
