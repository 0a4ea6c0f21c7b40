"""What pages and programs are shown: the coverage matrix, the difference of two versions, a revision with all that bears on it."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries, quoting, rules, staleness, voters
from services.curriculum.acting import frozen
from services.curriculum.blast import impact
from services.curriculum.changing import with_changes
from services.curriculum.comparing import (
    Shown,
    change_of,
    coverage_before_after,
    difference,
    sums_before_after,
)
from services.curriculum.drafting import Draft
from services.curriculum.model import Plan, Revision, Signal
from services.curriculum.people import Secondment, Teacher
from services.curriculum.planning import coverage_of, weighted
from services.curriculum.seats import StationMentor
from services.curriculum.transitions import TABLE, Act
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule
from shared.web.identity import Person

THIN = 0.5
"""A competency with less than half the weighted hours that its importance would give it is thin. Ours."""
OVER = 2.0
"""A competency with more than twice that is over-covered. Ours."""
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
__all__ = ["Shown", "coverage_matrix", "difference", "revision_shown"]


def coverage_matrix(plan: PlanPublished, since: Mapping[str, date] | None = None) -> Shown:
    """Module x competency in weighted hours, and how well each requirement is covered.

    `since`: competencies that the plant has changed, each with the day; their rows and modules are stale.
    """
    changed = since or {}
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
        if one and has > OVER * fair * one.importance:
            state = "over"
        rows.append({
            "competency": name,
            "level": one.level if one else None,
            "importance": one.importance if one else None,
            "due_week": one.due_week if one else None,
            "set_by": one.set_by if one else "",
            "set_on": one.set_on if one else None,
            "method": one.method if one else "",
            "weight": has,
            "hours": round(sum(m.hours.total() for m in plan.modules if m.contribution.get(name, 0) > 0), 2),
            "by": by.get(name, {}),
            "state": state,
            "stale_since": changed.get(name),
        })  # fmt: skip
    return {
        "plan_id": plan.plan_id,
        "plan_version": plan.plan_version,
        "modules": [
            {"module": m.module, "title": m.title, "hours": m.hours.total(), "stale": _builds(m, changed)}
            for m in plan.modules
        ],
        "competencies": rows,
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


def _builds(module: PlanModule, names: Iterable[str]) -> bool:
    return any(module.contribution.get(name, 0) > 0 for name in names)


async def stale_shown(session: AsyncSession, plan: Plan, enterprise_id: UUID | None) -> list[Shown]:
    """What a changed plant leaves behind: modules, teachers, and mentors (an enterprise sees its own)."""
    programme = await queries.programme_of(session, plan.programme_id)
    signals = await queries.unanswered(session, plan.plan_id)
    since = staleness.changed_since(signals)
    teachers = await session.scalars(select(Teacher).where(col(Teacher.college_id) == programme.college_id))
    mentors = await session.scalars(select(StationMentor).where(col(StationMentor.station_id).is_not(None)))
    found = staleness.stale(
        await queries.version_of(session, plan.plan_id),
        since,
        teachers.all(),
        (await session.scalars(select(Secondment))).all(),
        [one for one in mentors if enterprise_id in {None, one.enterprise_id}],
    )
    return [
        {
            "competency": one.competency,
            "since": one.since,
            "modules": one.modules,
            "teachers": [{"teacher_id": t.teacher_id, "name": t.name} for t in one.teachers],
            "mentors": [{"mentor_id": m.mentor_id, "station_id": m.station_id} for m in one.mentors],
            "revisions": staleness.revisions_for(one.competency, signals),
        }
        for one in found
    ]


async def revision_shown(session: AsyncSession, revision_id: UUID, person: Person) -> Shown:
    """Everything a panel needs: evidence as far as this person may read it, draft with sums, impact, votes of both sides, deadline, history."""
    revision = await queries.revision_of(session, revision_id)
    plan = await queries.plan_of(session, revision.plan_id)
    base = await queries.version_of(session, plan.plan_id, revision.plan_version)
    signals = await queries.signals_of(session, revision_id)
    programme = await queries.programme_of(session, plan.programme_id)
    approval = (await queries.template_of(session, plan)).approval
    votes = await queries.votes_on(session, revision)
    draft = Draft.model_validate(revision.draft) if revision.draft else None
    seats = await queries.seats_of(session, revision_id)
    evidence = frozen(signals) if revision.evidence is None else revision.evidence
    return summary(revision, signals) | {
        "title": plan.title,
        "programme_id": plan.programme_id,
        "phases": {phase.phase: phase.title for phase in base.phases},
        "draft": draft_shown(base, draft, signals) | {"content_hash": revision.content_hash}
        if draft
        else None,
        "evidence": quoting.for_reader(evidence, person, seats),
        "votes": [
            one.model_dump(exclude={"revision_id", "void"}) | {"counts": not one.void} for one in votes
        ],
        "seats": [one.model_dump(exclude={"revision_id"}) for one in seats],
        "qualifications": await queries.qualification_titles(session, programme.college_id),
        "needs": {
            side: least + len(voters.added(seats, side)) for side, least in voters.needed(approval).items()
        },
        "approvals": voters.approvals(votes),
        "lacking": voters.lacking(votes, approval, seats),
        "escalates_to": approval.escalates_to,
        "asks": rules.asked(approval, revision.escalation_level),
        "impact": revision.impact or await impact(session, plan, base, draft, revision_id),
        "history": [
            one.model_dump(exclude={"revision_id"}) for one in await queries.steps_of(session, revision_id)
        ],
        "may": [act for act in TABLE[revision.state] if act in BY_PEOPLE],
    }


def draft_shown(base: PlanPublished, draft: Draft, signals: Iterable[Signal]) -> Shown:
    """The proposal against the version that it would change."""
    after = with_changes(base.modules, draft.changes)
    touched = {name for one in signals for name in one.asks}
    return {
        "revision_class": draft.revision_class,
        "changes": changes_shown(base, draft),
        "sums": sums_before_after(base.modules, after),
        "coverage": coverage_before_after(base.coverage, coverage_of(after)),
        "missing": draft.missing,
        "given_up": draft.given_up,
        "alternatives": [_other_shown(base, other) for other in draft.alternatives],
        "hour_price": draft.hour_price,
        "price_words": prices_in_words(base, draft.hour_price),
        "modules_gap": draft.modules_gap,
        "renew": [
            one.module for one in base.modules if any(one.contribution.get(name, 0) > 0 for name in touched)
        ],
    }


def changes_shown(base: PlanPublished, draft: Draft) -> list[Shown]:
    """Each changed module before and after."""
    had = {one.module: one for one in base.modules}
    has = {one.module: one for one in with_changes(base.modules, draft.changes)}
    return [change_of(had.get(one.module), has.get(one.module)) for one in draft.changes]


def _other_shown(base: PlanPublished, other: Draft) -> Shown:
    """An alternative in short: its changes, its sum of moved hours, what it gives up."""
    changes = changes_shown(base, other)
    return {
        "revision_class": other.revision_class,
        "changes": changes,
        "hours_moved": round(sum(abs(one["delta"]["total"]) for one in changes), 2),
        "given_up": other.given_up,
    }


def prices_in_words(plan: PlanPublished, prices: Mapping[str, float]) -> list[Shown]:
    """Each price as a sentence in both languages; the unit is importance x percent of a target."""
    titles = {phase.phase: phase.title for phase in plan.phases}
    said = []
    for key, price in prices.items():
        phase, _, direction = key.partition("|")
        zh, en = (titles[phase].zh, titles[phase].en) if phase in titles else (phase, phase)
        zh, en = (f"{zh}（{direction}）", f"{en} ({direction})") if direction else (zh, en)
        said.append({
            "phase": phase, "direction": direction or None, "price": price,
            "zh": f"“{zh}”每增加 1 学时，加权缺口减少 {price:.2f} 个百分点。" if price else f"“{zh}”增加学时没有收益。",
            "en": f"One more hour in {en} would close {price:.2f} weighted percentage points of what is missing."
            if price else f"One more hour in {en} would save nothing.",
        })  # fmt: skip
    return said
