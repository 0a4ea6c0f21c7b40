"""Frameworks of competencies over HTTP: published as JSON, read from the tables of others."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import case, views
from services.curriculum.model import CasePackage, Framework
from services.curriculum.refusals import FrameworkBroken, FrameworkUnknown
from services.curriculum.voting import Asked, Coordinator
from shared.events.base import Requirement, Text
from shared.events.curriculum import FrameworkPublished
from shared.events.plan_parts import Competency
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1", tags=["frameworks"])
LARGEST_TABLE = 20_000_000
MOST = 5000
SOURCES = {"CASE": "case", "ESCO": "esco", "O*NET": "onet"}


class NewFramework(Asked):
    """Competencies, exchanged as JSON."""

    framework_id: UUID = Field(default_factory=uuid7)
    title: Text = Text(zh="能力框架", en="Framework of competencies")
    competencies: list[Competency] = Field(min_length=1, max_length=MOST)


async def publish(
    transaction: AsyncSession, new: NewFramework, profile: Sequence[Requirement] = ()
) -> FrameworkPublished:
    """Its next version; `profile` is what its source says of the importance and level of each competency."""
    codes = Counter(one.code for one in new.competencies)
    if twice := sorted(code for code, times in codes.items() if times > 1):
        raise FrameworkBroken(f"stands there twice: {', '.join(twice)}", field="competencies")
    versions = select(Framework.framework_version).where(Framework.framework_id == new.framework_id)
    had = len((await transaction.scalars(versions.with_for_update())).all())
    published = FrameworkPublished(
        framework_id=new.framework_id, framework_version=had + 1, competencies=new.competencies
    )
    said = published.model_dump(mode="json") | {"framework_id": new.framework_id}
    transaction.add(
        Framework(
            **said,
            title=new.title.model_dump(),
            published_on=await today(transaction),
            profile=[one.model_dump(mode="json") for one in profile],
        )
    )
    emit(transaction, published)
    return published


@router.post("/frameworks", status_code=201)
async def publish_framework(
    new: NewFramework, _person: Coordinator, transaction: Transaction
) -> FrameworkPublished:
    return await publish(transaction, new)


@router.get("/frameworks")
async def list_frameworks(_person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    """Every version, with where it comes from and, of a CASE package, what its document says of itself."""
    documents = await _documents(transaction)
    rows = await transaction.scalars(
        select(Framework).order_by(col(Framework.framework_id), col(Framework.framework_version))
    )
    return [
        row.model_dump(exclude={"competencies", "profile"})
        | {"competencies": len(row.competencies), "source": source_of(row)}
        | {"document": documents.get((row.framework_id, row.framework_version))}
        for row in rows
    ]


def source_of(framework: Framework) -> str:
    """case, esco, onet where every competency of it says so; else own."""
    said = {one["source"].partition(" ")[0] for one in framework.competencies}
    return SOURCES.get(said.pop(), "own") if len(said) == 1 else "own"


async def document_of(session: AsyncSession, framework: Framework) -> dict[str, str] | None:
    """What the document of a CASE package says of itself; none of what came otherwise."""
    key = (framework.framework_id, framework.framework_version)
    return (await _documents(session, col(CasePackage.document_id) == framework.framework_id)).get(key)


async def _documents(session: AsyncSession, *which: Any) -> dict[tuple[UUID, int], dict[str, str]]:
    body = col(CasePackage.body)
    wanted = select(
        CasePackage.document_id,
        CasePackage.framework_version,
        body["CFDocument"],
        body["CFDefinitions"]["CFLicenses"],
    )
    rows = await session.execute(wanted.where(*which))
    return {(document, version): case.about(said, licences) for document, version, said, licences in rows}


@router.get("/frameworks/{framework_id}")
async def read_framework(framework_id: UUID, _person: SignedIn, transaction: Transaction) -> Framework:
    wanted = select(Framework).where(Framework.framework_id == framework_id)
    found = await transaction.scalar(wanted.order_by(col(Framework.framework_version).desc()).limit(1))
    if found is None:
        raise FrameworkUnknown(str(framework_id))
    return found


async def body_of(request: Request) -> str:
    """The text that was sent; refused where it is too large or not UTF-8."""
    return text_of(await request.body())


def text_of(body: bytes) -> str:
    """The text of a table; refused where it is too large or not UTF-8."""
    if len(body) > LARGEST_TABLE:
        raise FrameworkBroken("it is larger than 20 MB / 超过 20 MB")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = body.count(b"\n", 0, bad.start) + 1
        raise FrameworkBroken(f"line {line}: this is not UTF-8 text; save it as UTF-8") from None
    if (at := text.find("\0")) >= 0:
        raise FrameworkBroken(f"line {text.count(chr(10), 0, at) + 1}: it holds the character U+0000")
    return text
