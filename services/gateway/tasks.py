"""What waits for a person, from the folded picture. Pure."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.gateway.loop import Picture
from services.gateway.proposal import OPEN, Revision
from services.gateway.words import Words
from shared.events.curriculum import QualificationEnding
from shared.events.feedback import MoreRatingsNeeded, VignettesAsked

UNTIL_THE_NEXT_LOOK = timedelta(days=31)
"""Feedback asks again each month what it still needs; a rating is not told to this service."""


def tasks(
    picture: Picture,
    roles: frozenset[str],
    person_id: UUID,
    today: date,
    college_id: UUID | None = None,
    enterprise_id: UUID | None = None,
) -> list[dict[str, Any]]:
    """What waits for this person, most urgent first."""
    found = [
        _ending(each)
        for each in picture.ending.values()
        if each.ends_on >= today
        and (
            each.teacher_id == person_id or ("coordinator" in roles and college_id in {None, each.college_id})
        )
    ]
    for revision in picture.revisions.values():
        if picture.concerns(revision.opened.plan_id, college_id, enterprise_id):
            found += _votes_due(revision, roles, person_id, today)
    if "coordinator" in roles:
        found += [
            _task(
                "timetable",
                each.cohort_id,
                Words("解决排课冲突", "Resolve a timetable conflict"),
                None,
                f"/placement/cohorts/{each.cohort_id}",
            )
            for each in picture.impossible.values()
        ]
    if "mentor" in roles:
        found += [
            _rating(picture, each)
            for each in picture.asked.values()
            if each.mentor_id == person_id and today - each.asked_on < UNTIL_THE_NEXT_LOOK
        ]
        found += [_cases(each) for each in picture.vignettes.values() if _is_new(each, person_id, today)]
    return sorted(found, key=lambda task: (task["due_on"] is None, task["due_on"] or today))


def _votes_due(
    revision: Revision, roles: frozenset[str], person_id: UUID, today: date
) -> list[dict[str, Any]]:
    id_, due = revision.opened.revision_id, revision.deadline_on
    url = f"/curriculum/revisions/{id_}"
    panel = bool(roles & {"panel-college", "panel-enterprise"})
    if revision.state in {"drafted", "escalated"} and revision.may_vote(person_id, panel=panel):
        if person_id not in revision.votes:
            return [_task("vote", id_, Words("会签修订", "Vote on a revision"), due, url)]
    elif revision.state in {"undrafted", "returned"} and "coordinator" in roles:
        return [_task("draft", id_, Words("修改修订草案", "Rework a revision"), due, url)]
    if revision.state in OPEN and due < today and (revision.asks or "manager") in roles:
        return [_task("overdue", id_, Words("会签逾期", "A joint approval is overdue"), due, url)]
    return []


def _ending(each: QualificationEnding) -> dict[str, Any]:
    zh, en = each.qualification or "“双师型”资格", each.qualification or "a dual qualification"
    what = Words(f"教师资格到期前续期：{zh}", f"Renew before it ends: {en}")
    own = uuid5(each.teacher_id, each.qualification or "dual")
    return _task("qualification", own, what, each.ends_on, "/curriculum/teachers")


def _is_new(asked: VignettesAsked, mentor_id: UUID, today: date) -> bool:
    """An asking is a task until the next one would come; answers are not told to this service."""
    return asked.mentor_id == mentor_id and today - asked.asked_on < timedelta(days=14)


def _rating(picture: Picture, asked: MoreRatingsNeeded) -> dict[str, Any]:
    """Whom, on what; where only another rating would link this mentor to the others, that one."""
    name = picture.name(asked.also_rate or asked.competency)
    cohort = picture.cohorts.get(asked.cohort_id)
    numbers = (
        {one.trainee_id: one.enterprise_number or one.college_number for one in cohort.trainees}
        if cohort
        else {}
    )
    who = numbers.get(asked.trainee_id) if asked.trainee_id else None
    zh, en = (f"学员 {who} 的", f"{who} on ") if who else ("", "")
    what = Words(f"请评价{zh}“{name.zh}”", f"Please rate {en}{name.en}")
    return _task("rating", uuid5(asked.cohort_id, asked.competency), what, asked.asked_on, "/feedback/rate")


def _cases(asked: VignettesAsked) -> dict[str, Any]:
    what = Words(f"请评价共同案例（{asked.open} 个）", f"Please rate the common cases ({asked.open})")
    return _task("vignettes", asked.programme_id, what, asked.asked_on, "/feedback/vignettes")


def _task(kind: str, id_: UUID, what: Words, due_on: date | None, url: str) -> dict[str, Any]:
    return {"kind": kind, "id": id_, "what": what.as_json(), "due_on": due_on, "url": url}
