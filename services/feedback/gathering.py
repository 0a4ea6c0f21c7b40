"""Reads what looks at several cohorts need, once for all of them: a batch of ratings of forty cohorts asks as often as one of one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback.copies import Cohort, InForce, PlanVersion, Programme
from services.feedback.links import Answer
from services.feedback.model import Gap
from services.feedback.sets import among
from services.feedback.statistics import Vignette, VignetteAnswer

Version = tuple[UUID, int]
"""A plan and its version."""


@dataclass(frozen=True, slots=True)
class Around:
    """Cohorts, programmes, plan versions by cohort (oldest first), what each asks, its gaps, and answers to vignettes."""

    cohorts: Mapping[UUID, Cohort]
    programmes: Mapping[UUID, Programme]
    forces: Mapping[UUID, Sequence[InForce]]
    plans: Mapping[Version, PlanVersion]
    gaps: Mapping[Version, Sequence[Gap]]
    said: Mapping[UUID, Sequence[tuple[VignetteAnswer, Vignette]]]

    def force(self, cohort_id: UUID, day: date) -> InForce | None:
        """The plan version by which the cohort is taught on a day; before the first one, the first."""
        versions = self.forces.get(cohort_id, [])
        begun = [version for version in versions if version.effective_from <= day]
        return begun[-1] if begun else next(iter(versions), None)

    def answers(self, programme_id: UUID, day: date) -> tuple[Answer, ...]:
        """What mentors have said before a day of the programme's vignettes: of each mentor and vignette the newest."""
        newest = {
            (said.vignette_id, said.mentor_id): (said, of)
            for said, of in self.said.get(programme_id, [])
            if said.answered_on < day
        }
        return tuple(
            Answer(said.vignette_id, said.mentor_id, of.competency, said.level, of.agreed)
            for said, of in newest.values()
        )


async def around(session: AsyncSession, cohort_ids: Collection[UUID]) -> Around:
    """Six reads for any number of cohorts."""
    cohorts = {one.cohort_id: one for one in await _all(session, Cohort, "cohort_id", cohort_ids)}
    programme_ids = {one.programme_id for one in cohorts.values()}
    programmes = {
        one.programme_id: one for one in await _all(session, Programme, "programme_id", programme_ids)
    }
    wanted = select(InForce).where(among(InForce.cohort_id, cohort_ids))
    forces = _by(await session.scalars(wanted.order_by(col(InForce.effective_from))), "cohort_id")
    versions = {(one.plan_id, one.plan_version) for those in forces.values() for one in those}
    plans = await plans_of(session, versions | {(plan_id, version - 1) for plan_id, version in versions})
    gaps = await gaps_of(session, versions)
    return Around(cohorts, programmes, forces, plans, gaps, await _said(session, programme_ids))


async def plans_of(session: AsyncSession, versions: Collection[Version]) -> dict[Version, PlanVersion]:
    """Those of them that are known."""
    rows = await session.scalars(select(PlanVersion).where(among(PlanVersion.plan_id, plans_in(versions))))
    there = {(one.plan_id, one.plan_version): one for one in rows}
    return {key: plan for key, plan in there.items() if key in versions}


def plans_in(versions: Collection[Version]) -> set[UUID]:
    return {plan_id for plan_id, _ in versions}


async def gaps_of(session: AsyncSession, versions: Collection[Version]) -> dict[Version, list[Gap]]:
    """Gaps of each plan version, whatever became of them."""
    found: dict[Version, list[Gap]] = {one: [] for one in versions}
    for gap in await session.scalars(select(Gap).where(among(Gap.plan_id, plans_in(versions)))):
        if (gap.plan_id, gap.plan_version) in found:
            found[gap.plan_id, gap.plan_version].append(gap)
    return found


async def _said(
    session: AsyncSession, programme_ids: Collection[UUID]
) -> dict[UUID, list[tuple[VignetteAnswer, Vignette]]]:
    wanted = (
        select(VignetteAnswer, Vignette)
        .join(Vignette, col(Vignette.vignette_id) == VignetteAnswer.vignette_id)
        .where(among(Vignette.programme_id, programme_ids))
        .order_by(
            col(VignetteAnswer.answered_on), col(VignetteAnswer.vignette_id), col(VignetteAnswer.mentor_id)
        )
    )
    found: dict[UUID, list[tuple[VignetteAnswer, Vignette]]] = {}
    for said, of in (await session.execute(wanted)).all():
        found.setdefault(of.programme_id, []).append((said, of))
    return found


async def _all(session: AsyncSession, table: Any, name: str, ids: Collection[UUID]) -> list[Any]:
    return list(await session.scalars(select(table).where(among(getattr(table, name), ids))))


def _by(rows: Iterable[Any], name: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found
