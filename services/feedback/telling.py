"""What each new version changed, as people and programs read it: figures of enough trainees only."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select

from services.feedback import sentences, tasks
from services.feedback.copies import Programme
from services.feedback.model import Effect
from services.feedback.protection import Panels, enough, only_of
from services.feedback.rules_of_effect import TOO_FEW
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["evidence"])
FIGURES = ("difference", "low", "high", "ratings_before", "ratings_after", "mentors", "trainees")


@router.get("/effects")
async def list_effects(
    person: Panels, transaction: Transaction, programme_id: UUID | None = None, plan_id: UUID | None = None
) -> list[dict[str, Any]]:
    """What each new version changed; a panel of an enterprise sees the programmes that it is part of."""
    wanted = select(Effect).order_by(col(Effect.measured_on), col(Effect.effect_id))
    for column, value in ((Effect.programme_id, programme_id), (Effect.plan_id, plan_id)):
        wanted = wanted.where(column == value) if value is not None else wanted
    enterprise = only_of(person)
    if enterprise:
        theirs = select(Programme.programme_id).where(
            col(Programme.enterprise_ids).contains([str(enterprise)])
        )
        wanted = wanted.where(col(Effect.programme_id).in_(theirs))
    rows = (await transaction.scalars(wanted)).all()
    names = await tasks.titles(transaction, [one["competency"] for row in rows for one in row.effects])
    return [
        {
            **row.model_dump(exclude={"mentors", "trainees"}),
            "effects": [_effect(row, one, names[one["competency"]]) for one in row.effects],
        }
        for row in rows
    ]  # fmt: skip


def _effect(row: Effect, one: dict[str, Any], title: dict[str, str]) -> dict[str, Any]:
    """Figures only where every part that was compared has enough trainees, also of what was measured by an earlier rule."""
    competency = one["competency"]
    trainees, mentors = row.trainees.get(competency, 0), row.mentors.get(competency, 0)
    whole = {"reason": None, **one, "title": title, "mentors": mentors, "trainees": trainees}
    if not enough(trainees) or whole["reason"] == TOO_FEW:
        hidden = {"reason": TOO_FEW, "verdict": "not-enough-data", "why": sentences.TOO_FEW_TO_COMPARE}
        return {**whole, **dict.fromkeys(FIGURES), **hidden, "suppressed": True}
    return {**whole, "suppressed": False, "why": sentences.of_effect(one, row.rule)}
