"""Takes frameworks from the files of others: CASE packages, O*NET and ESCO tables. The calls and the page both end here."""

from asyncio import to_thread
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import case, case_checking, esco, frameworks, onet
from services.curriculum.frameworks import NewFramework
from services.curriculum.model import Alignment, CasePackage
from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Requirement, Text
from shared.events.curriculum import FrameworkPublished
from shared.events.plan_parts import Competency
from shared.ids import uuid7


async def take_case(session: AsyncSession, text: str) -> FrameworkPublished:
    """A whole CASE package; the same document again is the next version of its framework."""
    package, title, found = await to_thread(_read_case, text)
    document = UUID(str(package["CFDocument"]["identifier"]))
    published = await _publish(session, document, title, found)
    session.add(
        CasePackage(document_id=document, framework_version=published.framework_version, body=package)
    )
    return published


def _read_case(text: str) -> tuple[case_checking.Json, Text, list[Competency]]:
    package = case_checking.unwrapped(case_checking.parsed(text))
    return package, case.title_of(package["CFDocument"]), case.competencies_of(package)


async def take_esco(
    session: AsyncSession, table: str, framework_id: UUID | None = None
) -> FrameworkPublished:
    """Skills of ESCO, each with its address there."""
    found, aligned = await to_thread(esco.read, table)
    published = await _publish(session, framework_id, Text(zh="ESCO 技能", en="ESCO skills"), found)
    return await _align(session, published, aligned)


async def take_rated(
    session: AsyncSession, table: str, soc: str, framework_id: UUID | None = None
) -> tuple[FrameworkPublished, list[Requirement]]:
    """Skills or knowledge of an occupation of O*NET, with the importance and level that it gives them."""
    found, profile = await to_thread(onet.read, table, soc)
    title = Text(zh=f"O*NET {soc}", en=f"O*NET {soc}")
    return await _publish(session, framework_id, title, found, profile), profile


async def take_tasks(
    session: AsyncSession, table: str, soc: str, framework_id: UUID | None = None
) -> FrameworkPublished:
    """The tasks of an occupation of O*NET."""
    found = await to_thread(onet.read_tasks, table, soc)
    return await _publish(session, framework_id, Text(zh=f"O*NET {soc} 任务", en=f"O*NET {soc} tasks"), found)


async def take_activities(
    session: AsyncSession, table: str, soc: str, framework_id: UUID | None = None
) -> FrameworkPublished:
    """The detailed work activities of an occupation of O*NET, each tied to its tasks."""
    found, aligned = await to_thread(onet.read_activities, table, soc)
    title = Text(zh=f"O*NET {soc} 工作活动", en=f"O*NET {soc} work activities")
    return await _align(session, await _publish(session, framework_id, title, found), aligned)


async def _publish(
    session: AsyncSession,
    framework_id: UUID | None,
    title: Text,
    found: list[Competency],
    profile: list[Requirement] | None = None,
) -> FrameworkPublished:
    if not found:
        raise FrameworkBroken("it holds no competency", field="competencies")
    if len(found) > frameworks.MOST:
        raise FrameworkBroken(
            f"{len(found)} competencies are more than {frameworks.MOST}: divide it", field="competencies"
        )
    new = NewFramework(framework_id=framework_id or uuid7(), title=title, competencies=found)
    return await frameworks.publish(session, new, profile or [])


async def _align(
    session: AsyncSession, published: FrameworkPublished, aligned: list[esco.Alignment]
) -> FrameworkPublished:
    for code, kind, target, title in aligned:
        await session.merge(
            Alignment(
                framework_id=published.framework_id, code=code, target=target, kind=kind, target_title=title
            )
        )
    return published
