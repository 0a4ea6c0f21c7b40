"""Frameworks of competencies over HTTP: published as JSON, read from the tables of others."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import onet, views
from services.curriculum.model import Framework
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


class NewFramework(Asked):
    """Competencies, exchanged as JSON."""

    framework_id: UUID = Field(default_factory=uuid7)
    title: Text = Text(zh="能力框架", en="Framework of competencies")
    competencies: list[Competency] = Field(min_length=1, max_length=5000)


async def publish(transaction: AsyncSession, new: NewFramework) -> FrameworkPublished:
    codes = [one.code for one in new.competencies]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise FrameworkBroken(f"stands there twice: {', '.join(twice)}", field="competencies")
    versions = select(Framework).where(Framework.framework_id == new.framework_id).with_for_update()
    had = len((await transaction.scalars(versions)).all())
    published = FrameworkPublished(
        framework_id=new.framework_id, framework_version=had + 1, competencies=new.competencies
    )
    said = published.model_dump(mode="json") | {"framework_id": new.framework_id}
    transaction.add(Framework(**said, title=new.title.model_dump(), published_on=await today(transaction)))
    emit(transaction, published)
    return published


@router.post("/frameworks", status_code=201)
async def publish_framework(
    new: NewFramework, _person: Coordinator, transaction: Transaction
) -> FrameworkPublished:
    return await publish(transaction, new)


@router.post("/frameworks/onet", status_code=201)
async def import_onet(
    request: Request,
    _person: Coordinator,
    transaction: Transaction,
    soc: Annotated[str, Query(pattern=r"^\d\d-\d{4}(\.\d\d)?$")],
    framework_id: UUID | None = None,
) -> dict[str, FrameworkPublished | list[Requirement]]:
    competencies, profile = onet.read(await body_of(request), soc)
    title = Text(zh=f"O*NET {soc}", en=f"O*NET {soc}")
    new = NewFramework(framework_id=framework_id or uuid7(), title=title, competencies=competencies)
    return {"framework": await publish(transaction, new), "profile": profile}


@router.get("/frameworks")
async def list_frameworks(_person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    rows = await transaction.scalars(select(Framework).order_by(col(Framework.framework_id)))
    return [
        row.model_dump(exclude={"competencies"}) | {"competencies": len(row.competencies)} for row in rows
    ]


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
        raise FrameworkBroken("it is larger than 20 MB")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FrameworkBroken("this is not UTF-8 text") from None
