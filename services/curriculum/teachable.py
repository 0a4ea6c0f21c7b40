"""What a college teaches at present."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries
from services.curriculum.model import Plan, Programme
from services.curriculum.rule_packs import Pack, pack_of
from shared.events.plan_parts import PlanModule
from shared.programmes.grammar import Template


async def taught(session: AsyncSession, college_id: UUID) -> list[tuple[Pack, PlanModule]]:
    """Every module of the latest versions of a college's plans, with the pack that its plan keeps."""
    wanted = select(Plan, Programme).join(Programme, col(Programme.programme_id) == Plan.programme_id)
    rows = await session.execute(wanted.where(Programme.college_id == college_id).order_by(col(Plan.plan_id)))
    found = []
    for plan, programme in rows.all():
        pack = pack_of(Template.model_validate(programme.template).plan_rules)
        version = await queries.version_of(session, plan.plan_id)
        found += [(pack, module) for module in version.modules]
    return found
