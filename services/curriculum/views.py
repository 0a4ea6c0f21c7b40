"""What pages and programs are shown: the coverage matrix, the difference of two versions, a revision with all that bears on it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries, rules, voters
from services.curriculum.acting import frozen
from services.curriculum.drafting import Draft
from services.curriculum.model import Plan, Revision, Signal
from services.curriculum.people import Teacher
from services.curriculum.planning import SETTINGS, coverage_of, sums, weighted, with_hours
from services.curriculum.publishing import next_version
from services.curriculum.transitions import TABLE, Act
from shared.events.curriculum import Hours, PlanModule, PlanPublished
from shared.messaging import today

THIN = 0.5
"""A competency with less than half the weighted hours that its importance would give it is thin. Ours."""
BY_PEOPLE = (
    Act.VOTE,
    Act.RETURN,
    Act.REJECT,
    Act.EDIT,
    Act.WITHDRAW,
    Act.SEAT,
    Act.NUDGE,
    Act.EXTEND,
)
Shown = dict[str, Any]


def coverage_matrix(plan: PlanPublished) -> Shown:
    """Module x competency in weighted hours, and how well each requirement is covered."""
    by: dict[str, dict[str, float]] = {}
    for module in plan.modules:
        for name, hours in weighted(module).items():
            by.setdefault(name, {})[module.module] = round(hours, 2)
    asked = {one.competency: one for one in plan.requirements}
    fair = sum(plan.coverage.get(name, 0.0) for name in asked) / (
        sum(one.importance for one in asked.values()) or 1
    )
    rows = []
    for name in [*asked, *(extra for extra in plan.coverage if extra not in asked)]:
        one, has = asked.get(name), round(plan.coverage.get(name, 0.0), 2)
        state = "not-asked" if one is None else "uncovered" if not has else "covered"
        if one and has and has < THIN * fair * one.importance:
            state = "thin"
        rows.append({
            "competency": name,
            "level": one.level if one else None,
            "importance": one.importance if one else None,
            "due_week": one.due_week if one else None,
            "weight": has,
            "hours": round(sum(m.hours.total() for m in plan.modules if m.contribution.get(name, 0) > 0), 2),
            "by": by.get(name, {}),
            "state": state,
        })  # fmt: skip
    return {
        "plan_id": plan.plan_id,
        "plan_version": plan.plan_version,
        "modules": [{"module": m.module, "title": m.title, "hours": m.hours.total()} for m in plan.modules],
        "competencies": rows,
    }


def difference(before: PlanPublished, after: PlanPublished) -> Shown:
    """What another version changes: modules, hours, weeks, sums of hours per phase and setting, coverage."""
    had = {one.module: one for one in before.modules}
    has = {one.module: one for one in after.modules}
    return {
        "from": before.plan_version,
        "to": after.plan_version,
        "added": [name for name in has if name not in had],
        "removed": [name for name in had if name not in has],
        "changes": [
            change_of(one, had[name].hours, one.hours)
            | {"weeks_before": weeks_of(had[name]), "weeks_after": weeks_of(one)}
            for name, one in has.items()
            if name in had and (one.hours != had[name].hours or weeks_of(one) != weeks_of(had[name]))
        ],
        "sums": sums_before_after(before.modules, after.modules),
        "coverage": coverage_before_after(before.coverage, after.coverage),
        "requirements": [
            {"competency": new.competency, "before": old.level, "after": new.level}
            for new in after.requirements
            for old in before.requirements
            if old.competency == new.competency and old.level != new.level
        ],
    }


def weeks_of(module: PlanModule) -> list[int | None]:
    """First and last week."""
    return [module.first_week, module.last_week]


def change_of(module: PlanModule, before: Hours, after: Hours) -> Shown:
    """One module, before and after."""
    delta = {setting: round(getattr(after, setting) - getattr(before, setting), 2) for setting in SETTINGS}
    return {
        "module": module.module,
        "title": module.title.model_dump(),
        "phase": module.phase,
        "before": before.model_dump(),
        "after": after.model_dump(),
        "delta": {**delta, "total": round(after.total() - before.total(), 2)},
    }


def sums_before_after(before: Iterable[PlanModule], after: Iterable[PlanModule]) -> Shown:
    """Hours per phase and setting, before and after."""
    had, has = sums(before), sums(after)
    none = dict.fromkeys(SETTINGS, 0.0)
    return {
        phase: {
            setting: {"before": had.get(phase, none)[setting], "after": has.get(phase, none)[setting]}
            for setting in SETTINGS
        }
        for phase in dict.fromkeys([*had, *has])
    }


def coverage_before_after(before: dict[str, float], after: dict[str, float]) -> Shown:
    """Weighted hours of each competency that changes."""
    return {
        name: {"before": round(before.get(name, 0), 2), "after": round(after.get(name, 0), 2)}
        for name in dict.fromkeys([*before, *after])
        if abs(before.get(name, 0) - after.get(name, 0)) > 1e-6
    }


def summary(revision: Revision, signals: Iterable[Signal]) -> Shown:
    """A revision in one line of a list."""
    known = list(signals)
    shown = revision.model_dump(exclude={"draft"})
    return shown | {
        "causes": [
            {"kind": one.kind, "cause_id": one.cause_id, "competencies": sorted(one.asks)} for one in known
        ],
        "competencies": sorted({name for one in known for name in one.asks}),
    }


async def revision_shown(session: AsyncSession, revision_id: UUID) -> Shown:
    """Everything a panel needs: evidence, draft with sums, impact, votes of both sides, deadline, history."""
    revision = await queries.revision_of(session, revision_id)
    plan = await queries.plan_of(session, revision.plan_id)
    base = await queries.version_of(session, plan.plan_id, revision.plan_version)
    signals = await queries.signals_of(session, revision_id)
    approval = (await queries.template_of(session, plan)).approval
    votes = await queries.votes_on(session, revision)
    draft = Draft.model_validate(revision.draft) if revision.draft else None
    seats = await queries.seats_of(session, revision_id)
    return summary(revision, signals) | {
        "title": plan.title,
        "programme_id": plan.programme_id,
        "draft": draft_shown(base, draft, signals) | {"content_hash": revision.content_hash}
        if draft
        else None,
        "evidence": frozen(signals) if revision.evidence is None else revision.evidence,
        "votes": [
            one.model_dump(exclude={"revision_id", "void"}) | {"counts": not one.void} for one in votes
        ],
        "seats": [one.model_dump(exclude={"revision_id"}) for one in seats],
        "needs": {
            side: least + len(voters.added(seats, side)) for side, least in voters.needed(approval).items()
        },
        "approvals": voters.approvals(votes),
        "lacking": voters.lacking(votes, approval, seats),
        "escalates_to": approval.escalates_to,
        "impact": await impact(session, plan, base, draft, revision_id),
        "history": [
            one.model_dump(exclude={"revision_id"}) for one in await queries.steps_of(session, revision_id)
        ],
        "may": [act for act in TABLE[revision.state] if act in BY_PEOPLE],
    }


def draft_shown(base: PlanPublished, draft: Draft, signals: Iterable[Signal]) -> Shown:
    """The proposal against the version that it would change."""
    by = {one.module: one for one in base.modules}
    after = with_hours(base.modules, {change.module: change.after for change in draft.changes})
    touched = {name for one in signals for name in one.asks}
    return {
        "revision_class": draft.revision_class,
        "changes": [change_of(by[c.module], c.before, c.after) for c in draft.changes],
        "sums": sums_before_after(base.modules, after),
        "coverage": coverage_before_after(base.coverage, coverage_of(after)),
        "missing": draft.missing,
        "given_up": draft.given_up,
        "alternatives": [
            [change_of(by[c.module], c.before, c.after) for c in other] for other in draft.alternatives
        ],
        "modules_gap": draft.modules_gap,
        "renew": [
            one.module for one in base.modules if any(one.contribution.get(name, 0) > 0 for name in touched)
        ],
    }


async def impact(
    session: AsyncSession, plan: Plan, base: PlanPublished, draft: Draft | None, revision_id: UUID
) -> Shown:
    """Whom it would touch if it were approved today: cohorts with the week of their move, and teachers."""
    after = next_version(base, draft, revision_id) if draft else base
    day, cohorts = await today(session), []
    for cohort, force in await queries.cohorts_on(session, plan.plan_id):
        start = rules.moves_in(after, cohort.first_monday, day)
        if start:
            cohorts.append({
                "cohort_id": cohort.cohort_id, "title": cohort.title, "trainees": cohort.trainees,
                "plan_version": force.plan_version, "from_week": start[0], "from_day": start[1],
            })  # fmt: skip
    changed = {change.module for change in draft.changes} if draft else set()
    programme = await queries.programme_of(session, plan.programme_id)
    teachers = await session.scalars(select(Teacher).where(col(Teacher.college_id) == programme.college_id))
    return {
        "cohorts": cohorts,
        "trainees": sum(one["trainees"] for one in cohorts),
        "modules": sorted(changed),
        "teachers": [
            {"teacher_id": one.teacher_id, "name": one.name} for one in teachers if changed & set(one.modules)
        ],
        "weeks_moved": difference(base, after)["changes"] if draft else [],
    }
