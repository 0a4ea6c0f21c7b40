"""Groups of a cohort: who moves together, and who of them may be at a station."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.placement.known import Known
from services.placement.model import Member
from services.placement.papers import Proof
from services.placement.rule_packs import PROOFS, Pack, binds, pack_of
from shared.events.base import Text
from shared.programmes.grammar import Template
from shared.programmes.part import Length

FRIDAY = timedelta(days=4)


@dataclass(frozen=True)
class GroupOf:
    """Trainees who move together; those who withdrew are gone."""

    group: str
    trainee_ids: tuple[UUID, ...]
    direction: str | None
    enterprise_id: UUID


def groups_of(members: Iterable[Member], size: int, today: date) -> list[GroupOf]:
    """The groups that recruitment made; whoever has none is put with others of the same enterprise and direction."""
    named: dict[str, list[Member]] = defaultdict(list)
    loose: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for member in sorted(members, key=lambda one: one.trainee_id):
        if member.group:
            named[member.group].append(member)
        else:
            loose[str(member.enterprise_id), member.direction or ""].append(member)
    number = 0
    for key in sorted(loose):
        for start in range(0, len(loose[key]), size):
            number += 1
            while f"g{number:02d}" in named:
                number += 1
            named[f"g{number:02d}"] = loose[key][start : start + size]
    groups = []
    for name in sorted(named):
        present = [one for one in named[name] if one.withdrew_on is None or one.withdrew_on > today]
        if present:
            ids = tuple(one.trainee_id for one in present)
            groups.append(GroupOf(name, ids, present[0].direction, present[0].enterprise_id))
    return groups


def held_back(known: Known, stints: Iterable[tuple[str, date]]) -> dict[UUID, list[Text]]:
    """Trainees who may not be at a station in the week of their group's next stint, with the reasons.

    `stints` are groups with Mondays.
    """
    template = known.template
    if template is None:
        return {}
    papers: dict[UUID, list[Proof]] = defaultdict(list)
    for proof in known.proofs:
        papers[proof.trainee_id].append(proof)
    next_monday = _next_stints(stints, known.today)
    pack = pack_of(template.rule_pack)
    member_of = {member.trainee_id: member for member in known.members}
    found = {}
    for group in groups_of(known.members, template.group_size, known.today):
        monday = next_monday.get(group.group)
        if monday is None:
            continue
        for trainee in group.trainee_ids:
            member = member_of[trainee]
            reasons = missing_proofs(template, member.status, papers[trainee], monday)
            reasons += _too_young(pack, member, monday)
            if reasons:
                found[trainee] = reasons
    return found


def _next_stints(stints: Iterable[tuple[str, date]], today: date) -> dict[str, date]:
    ahead: dict[str, date] = {}
    for group, monday in stints:
        if monday + FRIDAY >= today:
            ahead[group] = min(monday, ahead.get(group, monday))
    return ahead


def missing_proofs(template: Template, status: str, papers: list[Proof], monday: date) -> list[Text]:
    """What the template asks of a trainee of this status who cannot show it for that week."""
    missing = []
    for prerequisite in template.prerequisites:
        rule = PROOFS.get(prerequisite.proof)
        if rule and not binds(rule.of, status):
            continue
        valid = any(
            paper.proof == prerequisite.proof
            and paper.valid_from <= monday
            and (paper.valid_until is None or paper.valid_until >= monday + FRIDAY)
            for paper in papers
        )
        if not valid:
            zh, en = (rule.title.zh, rule.title.en) if rule else (prerequisite.proof, prerequisite.proof)
            missing.append(
                Text(zh=f"{monday} 当周没有有效的{zh}", en=f"no valid {en} in the week of {monday}")
            )
    return missing


def _too_young(pack: Pack, member: Member, monday: date) -> list[Text]:
    least, born_on = int(pack.value("minimum_age", 0)), member.born_on
    if not least or born_on is None or not binds(pack.of, member.status):
        return []
    age = monday.year - born_on.year - ((monday.month, monday.day) < (born_on.month, born_on.day))
    if age >= least:
        return []
    return [Text(zh=f"{monday} 时未满{least}周岁", en=f"not yet {least} years old on {monday}")]


def end_of(valid_from: date, length: Length | None) -> date | None:
    """The last day on which a proof of this length is valid."""
    if length is None:
        return None
    days = {"day": 1, "week": 7, "month": 30, "semester": 183, "year": 365}[length.unit.value]
    return valid_from + timedelta(days=round(length.amount * days) - 1)
