"""Crews as enterprises have stated them: to the college all, to an enterprise its own."""

from fastapi import APIRouter
from sqlalchemy import select
from sqlmodel import col

from services.placement.rota_api import Planner
from services.placement.staff import Crew
from shared.service import Transaction
from shared.web.identity import Role

router = APIRouter(prefix="/placement/v1/crews", tags=["rotas"])


@router.get("")
async def list_crews(transaction: Transaction, person: Planner) -> list[Crew]:
    """Each with its learners, and how many of them may be away in one week."""
    wanted = select(Crew).order_by(col(Crew.enterprise_id), col(Crew.crew_id))
    if not person.has(Role.COORDINATOR):
        wanted = wanted.where(col(Crew.enterprise_id) == person.enterprise_id)
    return list((await transaction.scalars(wanted)).all())
