"""What a plan version is: checked, laid over the weeks, its requirements dated, its coverage counted. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from services.curriculum.complaining import complaints
from services.curriculum.coverage import effective
from services.curriculum.laying import lay
from services.curriculum.model import Position
from services.curriculum.refusals import OriginMissing, PlanBroken
from shared.events.base import Code, Requirement, Text
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import DueRequirement, Hours, PlanModule, PlanPhase
from shared.programmes.grammar import Template

BY_POSITION = "the enterprise, by the profile of the position"
"""Known to the pages by this text, which older versions of plans hold."""
SETTINGS = ("theory", "simulation", "workshop", "line")


def phases_of(template: Template) -> list[PlanPhase]:
    """The phases that the programme's template gives, one after another."""
    phases: list[PlanPhase] = []
    week = 1
    for phase in template.phases:
        weeks, cycle = template.weeks(phase.length), phase.cycle
        phases.append(
            PlanPhase(
                phase=phase.phase,
                title=phase.title,
                first_week=week,
                last_week=week + weeks - 1,
                theory_weeks=cycle.theory_weeks if cycle else 0,
                workshop_weeks=cycle.workshop_weeks if cycle else 0,
                simulation_weeks=cycle.simulation_weeks if cycle else 0,
                budget=weeks * phase.hours_per_week,
            )
        )
        week += weeks
    return phases


def coverage_of(modules: Iterable[PlanModule]) -> dict[Code, float]:
    """Weighted hours of each competency that any module builds."""
    covered: dict[Code, float] = {}
    for module in modules:
        for competency, hours in weighted(module).items():
            covered[competency] = round(covered.get(competency, 0.0) + hours, 6)
    return covered


def weighted(module: PlanModule) -> dict[Code, float]:
    """Weighted hours that one module gives each competency; an hour beyond `full_effect_until` counts half."""
    total = module.hours.total()
    counted = effective(total, total if module.full_effect_until is None else module.full_effect_until)
    return {competency: weight * counted for competency, weight in module.contribution.items() if weight > 0}


def requirements_of(positions: Iterable[Position]) -> list[DueRequirement]:
    """What the positions ask, each competency once: the highest level and the greatest importance of any."""
    asked: dict[Code, DueRequirement] = {}
    for position in positions:
        for one in map(Requirement.model_validate, position.profile):
            had = asked.get(one.competency)
            if had and had.level >= one.level:
                asked[one.competency] = had.model_copy(
                    update={"importance": max(had.importance, one.importance)}
                )
                continue
            asked[one.competency] = DueRequirement(
                competency=one.competency,
                level=one.level,
                importance=max(one.importance, had.importance if had else 0),
                due_week=1,
                position_id=position.position_id,
                set_by=position.set_by or BY_POSITION,
                set_on=position.set_on,
                method=position.method,
            )
    return list(asked.values())


def check_origin(requirements: Iterable[DueRequirement]) -> None:
    """A level given by hand says who set it, when and how; refused where it does not."""
    for number, one in enumerate(requirements):
        for name in ("set_by", "set_on", "method"):
            if not str(getattr(one, name) or "").strip():
                raise OriginMissing(one.competency, field=f"requirements[{number}].{name}")


def dated(
    requirements: Iterable[DueRequirement],
    modules: Sequence[PlanModule],
    phases: Sequence[PlanPhase],
    weeks_of_practice: int,
) -> list[DueRequirement]:
    """Each requirement from the end of the last module that builds it plus practice, at the latest in the last week."""
    end = max((phase.last_week for phase in phases), default=1)
    ends: dict[Code, int] = {}
    for module in modules:
        for competency in weighted(module):
            ends[competency] = max(ends.get(competency, 1), module.last_week or end)
    return [
        one.model_copy(update={"due_week": min(end, ends.get(one.competency, end) + weeks_of_practice)})
        for one in requirements
    ]


def compose(  # noqa: PLR0913 - each is a part of the version
    *,
    plan_id: UUID,
    plan_version: int,
    programme_id: UUID,
    title: Text,
    phases: Sequence[PlanPhase],
    modules: Sequence[PlanModule],
    requirements: Sequence[DueRequirement],
    weeks_of_practice: int,
    revision_id: UUID | None = None,
) -> PlanPublished:
    """The whole version; refused with the first thing that does not hold together."""
    for field, *complaint in complaints(modules, phases):
        raise PlanBroken(*complaint, field=field)
    laid = lay(phases, modules)
    due = dated(requirements, laid, phases, weeks_of_practice)
    draft = PlanPublished(
        plan_id=plan_id,
        plan_version=plan_version,
        programme_id=programme_id,
        title=title,
        phases=list(phases),
        modules=laid,
        requirements=due,
        coverage=coverage_of(laid),
        content_hash="",
        revision_id=revision_id,
    )
    return draft.model_copy(
        update={"content_hash": hash_of(draft.model_dump(mode="json", exclude={"content_hash"}))}
    )


def hash_of(content: object) -> str:
    """SHA-256 of the canonical JSON of a content."""
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(plain.encode()).hexdigest()


def sums(modules: Iterable[PlanModule]) -> dict[str, dict[str, float]]:
    """Hours by phase and setting."""
    found: dict[str, dict[str, float]] = {}
    for module in modules:
        by = found.setdefault(module.phase, dict.fromkeys(SETTINGS, 0.0))
        for setting in SETTINGS:
            by[setting] += getattr(module.hours, setting)
    return found


def with_hours(modules: Iterable[PlanModule], hours: Mapping[Code, Hours]) -> list[PlanModule]:
    """The modules with new hours where there are any; what an hour beyond the designed ones is worth stays."""
    return [
        module.model_copy(
            update={
                "hours": hours[module.module],
                "full_effect_until": module.hours.total()
                if module.full_effect_until is None
                else module.full_effect_until,
            }
        )
        if module.module in hours and hours[module.module] != module.hours
        else module
        for module in modules
    ]
