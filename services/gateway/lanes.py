"""The lanes and tasks of the overview in words, zh and en, from the folded picture. Pure."""

from datetime import date
from typing import Any

from services.gateway.loop import Picture, causes
from services.gateway.proposal import OPEN, Revision
from services.gateway.words import Words
from shared.events.curriculum import PlanInForce
from shared.events.feedback import EffectMeasured, GapConfirmed
from shared.events.recruitment import CohortEnrolled

NEEDED_VOTES = "college", "enterprise"
HALF_AN_HOUR = 0.5
FIGURES = ("difference", "low", "high", "ratings_before", "ratings_after")
"""Of an effect; none is told of fewer trainees than may be shown."""
STEPS = ("feedback", "trigger", "revision", "approval", "effect")
PILLS = {
    "collecting": Words("收集中", "collecting"),
    "asking": Words("证据不足，正在询问师傅", "asking mentors for more"),
    "gap": Words("已确认差距", "gap confirmed"),
    "opened": Words("修订已发起", "revision opened"),
    "undrafted": Words("预算内无解，需人工决定", "needs a decision: no change fits the hours"),
    "drafted": Words("等待会签", "waiting for joint approval"),
    "returned": Words("已退回修改", "returned for changes"),
    "escalated": Words("逾期，已上报", "overdue, escalated"),
    "approved": Words("已会签通过", "approved by both sides"),
    "rejected": Words("未通过", "rejected"),
    "withdrawn": Words("已撤回", "withdrawn"),
    "in_effect": Words("新版方案已生效", "new plan in effect"),
    "measured": Words("效果已测量", "effect measured"),
}


def lane(picture: Picture, cohort: CohortEnrolled, ratings: int, today: date) -> dict[str, Any]:
    """One row of the overview: where this cohort's loop stands, and why."""
    force = picture.plan_of(cohort.cohort_id, today)
    revision = picture.revision_of(force.plan_id) if force else None
    gaps = [gap for gap, _ in picture.gaps.values() if force and gap.plan_id == force.plan_id]
    effect = picture.effects.get(force.plan_id) if force else None
    state = _state(picture, cohort, force, revision, gaps, effect, today)
    return {
        "cohort_id": cohort.cohort_id,
        "title": cohort.title.model_dump(),
        "year": cohort.year,
        "first_monday": cohort.first_monday,
        "trainees": len(cohort.trainees),
        "programme_id": cohort.programme_id,
        "plan_id": force.plan_id if force else None,
        "plan_version": force.plan_version if force else None,
        "state": state,
        "pill": PILLS[state].as_json(),
        "late": bool(revision and revision.state in OPEN and revision.deadline_on < today),
        "steps": _steps(picture, cohort, ratings, gaps, revision, force, effect, state, today),
        "revision": _revision(revision),
        "evidence": _evidence(picture, gaps),
        "effect": _effect(picture, effect),
    }


def _evidence(picture: Picture, gaps: list[GapConfirmed]) -> dict[str, Any] | None:
    """The latest gap as the small picture beside the title: level, interval and what is required."""
    if not gaps:
        return None
    gap = gaps[-1]
    figures = gap.model_dump(include={"competency", "estimate", "low", "high", "required"})
    return {**figures, "name": picture.name(gap.competency).model_dump()}


def _effect(picture: Picture, effect: EffectMeasured | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    told = effect.model_dump(mode="json")
    for each in told["effects"]:
        each["name"] = picture.name(each["competency"]).model_dump()
        each.update(dict.fromkeys(FIGURES) if each["reason"] else {})
    return told


def _state(  # noqa: PLR0917 - the order of the questions is the rule
    picture: Picture,
    cohort: CohortEnrolled,
    force: PlanInForce | None,
    revision: Revision | None,
    gaps: list[GapConfirmed],
    effect: EffectMeasured | None,
    today: date,
) -> str:
    if revision is None:
        if gaps:
            return "gap"
        return (
            "asking" if any(cohort_id == cohort.cohort_id for cohort_id, _ in picture.asked) else "collecting"
        )
    if revision.state != "approved":
        return revision.state
    carried = _carried(picture, revision)
    if carried is None or force is None or force.plan_version < carried or force.effective_from > today:
        return "approved"
    return "measured" if effect and effect.to_version == carried else "in_effect"


def _carried(picture: Picture, revision: Revision) -> int | None:
    """The plan version that carries a revision out."""
    versions = picture.plans.get(revision.opened.plan_id, {})
    return next(
        (number for number, plan in versions.items() if plan.revision_id == revision.opened.revision_id), None
    )


def _steps(  # noqa: PLR0913, PLR0917
    picture: Picture,
    cohort: CohortEnrolled,
    ratings: int,
    gaps: list[GapConfirmed],
    revision: Revision | None,
    force: PlanInForce | None,
    effect: EffectMeasured | None,
    state: str,
    today: date,
) -> list[dict[str, Any]]:
    words = (
        _feedback_words(picture, cohort, ratings),
        _trigger_words(picture, gaps, revision),
        _revision_words(revision),
        _approval_words(revision, today),
        _effect_words(picture, revision, force, effect, state),
    )
    at = {"collecting": 0, "asking": 0, "gap": 1, "opened": 2, "undrafted": 2, "returned": 2}.get(state, 3)
    at = {"approved": 4, "in_effect": 4, "measured": 5}.get(state, at)
    return [
        {
            "step": step,
            "state": "done" if index < at else "now" if index == at else "to_come",
            "what": what.as_json() if what else None,
            "note": note.as_json() if note else None,
        }
        for index, (step, (what, note)) in enumerate(zip(STEPS, words, strict=True))
    ]


Pair = tuple[Words | None, Words | None]


def _feedback_words(picture: Picture, cohort: CohortEnrolled, ratings: int) -> Pair:
    asked = [each for (cohort_id, _), each in picture.asked.items() if cohort_id == cohort.cohort_id]
    name = picture.name(asked[-1].competency) if asked else None
    note = Words(f"另需“{name.zh}”的评价", f"more needed on {name.en}") if name else None
    return Words(f"{ratings} 条评价", f"{ratings} ratings"), note


def _trigger_words(picture: Picture, gaps: list[GapConfirmed], revision: Revision | None) -> Pair:
    if gaps:
        gap = gaps[-1]
        name, level = picture.name(gap.competency), f"{gap.estimate:.1f}\u00a0<\u00a0{gap.required:.1f}"
        who = Words(
            f"{gap.mentors} 位师傅、{gap.trainees} 名学员，区间 {gap.low:.1f}–{gap.high:.1f}",
            f"{gap.mentors} mentors, {gap.trainees} trainees, interval {gap.low:.1f} to {gap.high:.1f}",
        )
        return Words(f"{name.zh} {level}", f"{name.en} {level}"), who
    if revision:
        kinds = ", ".join(causes(revision))
        return Words(kinds, kinds), None
    return None, None


def _revision_words(revision: Revision | None) -> Pair:
    if revision is None:
        return None, None
    if revision.drafted is None:
        return Words("起草中", "being drafted"), Words(f"{revision.since}", f"{revision.since}")
    moves = [change.after.total() - change.before.total() for change in revision.drafted.changes]
    gained, total = sum(move for move in moves if move > 0), sum(moves)
    what = Words(f"{len(moves)} 个模块变动", f"{len(moves)} modules change")
    if abs(total) < HALF_AN_HOUR:
        return what, Words(f"调整 {gained:.0f} 学时，总数不变", f"{gained:.0f} h moved, sum unchanged")
    return what, Words(f"总计 {total:+.0f} 学时", f"{total:+.0f} h in sum")


def _approval_words(revision: Revision | None, today: date) -> Pair:
    if revision is None or revision.drafted is None:
        return None, None
    college, enterprise = (revision.count(side) for side in NEEDED_VOTES)
    what = Words(f"院校 {college} 票，企业 {enterprise} 票", f"college {college}, enterprise {enterprise}")
    if revision.approved:
        return what, Words("双方同意", "both sides agree")
    left = (revision.deadline_on - today).days
    late = (
        Words(f"逾期 {-left} 天", f"{-left} days over")
        if left < 0
        else Words(f"还剩 {left} 天", f"{left} days left")
    )
    return what, late


def _effect_words(
    picture: Picture,
    revision: Revision | None,
    force: PlanInForce | None,
    effect: EffectMeasured | None,
    state: str,
) -> Pair:
    if effect and state == "measured" and effect.effects:
        told = [each for each in effect.effects if each.reason is None]
        if not told:
            few = Words("学员太少，不显示数值", "too few trainees to show figures")
            return Words("数据不足", "not enough data"), few
        best = max(told, key=lambda each: abs(each.difference))
        n = best.ratings_before + best.ratings_after
        name, what = picture.name(best.competency), f"{best.difference:+.2f} (n={n})"
        return Words(f"{name.zh} {what}", f"{name.en} {what}"), Words(
            f"区间 {best.low:+.2f} 至 {best.high:+.2f}", f"interval {best.low:+.2f} to {best.high:+.2f}"
        )
    carried = _carried(picture, revision) if revision else None
    if force and carried and force.plan_version >= carried:
        return (
            Words(
                f"第 {force.plan_version} 版，自第 {force.from_week} 周",
                f"v{force.plan_version} since week {force.from_week}",
            ),
            Words(f"{force.effective_from}", f"{force.effective_from}"),
        )
    if revision and revision.approved and revision.approved.queued_until:
        until = revision.approved.queued_until
        return Words("等待年度修订窗口", "waits for the yearly window"), Words(f"{until}", f"{until}")
    return None, None


def _revision(revision: Revision | None) -> dict[str, Any] | None:
    if revision is None:
        return None
    return {
        "revision_id": revision.opened.revision_id,
        "state": revision.state,
        "class": revision.drafted.revision_class if revision.drafted else None,
        "deadline_on": revision.deadline_on,
        "votes": {side: revision.count(side) for side in NEEDED_VOTES},
        "changes": len(revision.drafted.changes) if revision.drafted else 0,
        "url": f"/curriculum/revisions/{revision.opened.revision_id}",
    }
