"""A proposal changed by hand: hours, texts, phases, modules that are new or taken out, by the same checks. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.curriculum.changing import changes_between, with_changes
from services.curriculum.complaining import complaints
from services.curriculum.drafting import Draft, describe
from services.curriculum.planning import with_hours
from services.curriculum.refusals import DraftBroken, RuleBroken
from services.curriculum.rule_packs import NONE, ROUNDING, Pack
from shared.events.base import Code, Text
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import Hours, PlanModule

LIMITS = ("least_hours", "most_hours")
STAYS = ("phase", *LIMITS)
"""What of a locked module nobody changes, beside its hours; its words may be better ones."""


class Rewording(BaseModel):
    """What is to be said of a module from now on; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Text | None = None
    outcomes: list[Text] | None = Field(default=None, max_length=30)
    phase: Code | None = None
    prerequisites: list[Code] | None = Field(default=None, max_length=50)
    qualifications: list[Code] | None = Field(
        default=None, max_length=20, description="its teacher must hold"
    )
    practised_at: list[UUID] | None = Field(
        default=None, max_length=100, description="stations of the plan, or where a mentor is named"
    )
    least_hours: float | None = Field(default=None, ge=0, description="null: no limit of its own from now on")
    most_hours: float | None = Field(default=None, ge=0, description="null: no limit of its own from now on")

    def said(self) -> dict[str, Any]:
        """What was said; null takes a limit away, and says nothing of anything else."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in given.items() if value is not None or name in LIMITS}


class Changes(BaseModel):
    """What a person changes; modules that are not named stay as drafted."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    hours: dict[Code, Hours] = Field(default_factory=dict, max_length=400)
    modules: dict[Code, Rewording] = Field(default_factory=dict, max_length=400)
    added: list[PlanModule] = Field(
        default_factory=list,
        max_length=50,
        description="new modules; one that this draft has added is replaced",
    )
    removed: list[Code] = Field(default_factory=list, max_length=50)


def edited(
    base: PlanPublished,
    draft: Draft,
    given: Changes,
    asked: Mapping[str, float],
    pack: Pack = NONE,
    stations: Collection[UUID] = (),
) -> Draft:
    """The proposal with these changes; the same checks as for a plan, and nothing that is locked moves."""
    known = {module.module: module for module in base.modules}
    after = with_changes(base.modules, draft.changes)
    after = _without(after, known, given.removed)
    after = _with_new(after, base, given.added, asked)
    after = _reworded(after, given.modules, {*stations, *_stations(base.modules), *_stations(after)})
    after = _with_hours(after, known, given.hours)
    _keep_limits(after, given.modules)
    after = with_changes(base.modules, changes_between(base.modules, after))
    for field, *complaint in complaints(after, base.phases):
        raise DraftBroken(*complaint, field=field)
    check_pack(pack, after, base)
    return describe(base, after, asked).model_copy(
        update={
            "alternatives": draft.alternatives,
            "hour_price": draft.hour_price,
            "introduction": draft.introduction,
        }
    )


def _without(
    modules: list[PlanModule], known: Mapping[Code, PlanModule], removed: Sequence[Code]
) -> list[PlanModule]:
    for name in removed:
        _one(modules, name, "removed")
        if name in known and known[name].locked:
            raise DraftBroken(f"module {name!r} is locked", f"模块 {name} 已锁定", field="removed")
    return [one for one in modules if one.module not in removed]


def _with_new(
    modules: list[PlanModule],
    base: PlanPublished,
    added: Sequence[PlanModule],
    asked: Mapping[str, float],
) -> list[PlanModule]:
    built = {*base.coverage, *asked, *(one.competency for one in base.requirements)}
    for new in added:
        field = f"added.{new.module}"
        if any(one.module == new.module for one in base.modules):
            raise DraftBroken(
                f"there is a module {new.module!r} in this plan already",
                f"本方案已有模块 {new.module}",
                field=field,
            )
        if unknown := sorted(set(new.contribution) - built):
            raise DraftBroken(
                f"the plan knows no competency {', '.join(unknown)}",
                f"本方案没有能力 {'、'.join(unknown)}",
                field=f"{field}.contribution",
            )
        if not new.hours.total():
            raise DraftBroken(
                f"module {new.module!r} needs hours", f"模块 {new.module} 须有学时", field=f"{field}.hours"
            )
        modules = [one for one in modules if one.module != new.module] + [new]
    return modules


def _with_hours(
    modules: list[PlanModule], known: Mapping[Code, PlanModule], hours: Mapping[Code, Hours]
) -> list[PlanModule]:
    for name, value in hours.items():
        module = _one(modules, name, f"hours.{name}")
        least, most = limits_of(module)
        unchanged = value == known.get(name, module).hours
        if not unchanged and (module.locked or not least <= value.total() <= most):
            why, zh = ("is locked", "已锁定") if module.locked else _limits(least, most)
            raise DraftBroken(f"module {name!r} {why}", f"模块 {name} {zh}", field=f"hours.{name}")
    new = [
        one.model_copy(update={"hours": hours.get(one.module, one.hours)}) if one.module not in known else one
        for one in modules
    ]
    return with_hours(new, hours)


def limits_of(module: PlanModule) -> tuple[float, float]:
    """The least and the most hours that a person may give it."""
    return module.least_hours or 0.0, float("inf") if module.most_hours is None else module.most_hours


def _keep_limits(modules: Sequence[PlanModule], words: Mapping[Code, Rewording]) -> None:
    """Limits that were just set hold for the hours that the module has."""
    for name, said in words.items():
        module = _one(modules, name, f"modules.{name}")
        least, most = limits_of(module)
        if said.model_fields_set.intersection(LIMITS) and not least <= module.hours.total() <= most:
            takes, zh = _limits(least, most)
            has = module.hours.total()
            raise DraftBroken(
                f"module {name!r} {takes} and has {has:g}",
                f"模块 {name} {zh}，现有 {has:g} 学时",
                field=f"modules.{name}",
            )


def _limits(least: float, most: float) -> tuple[str, str]:
    if most < float("inf"):
        return f"takes {least:g} to {most:g} hours", f"须为 {least:g} 至 {most:g} 学时"
    return f"takes at least {least:g} hours", f"至少须有 {least:g} 学时"


def _stations(modules: Sequence[PlanModule]) -> set[UUID]:
    return {station for one in modules for station in one.practised_at}


def _reworded(
    modules: list[PlanModule], words: Mapping[Code, Rewording], stations: Collection[UUID]
) -> list[PlanModule]:
    for name, said in words.items():
        had = _one(modules, name, f"modules.{name}")
        update = said.said()
        if unknown := [one for one in update.get("practised_at", ()) if one not in stations]:
            why = f"the plan has no station {unknown[0]}, and no mentor is named there"
            zh = f"本方案没有工位 {unknown[0]}，该处也未指派师傅"
            raise DraftBroken(why, zh, field=f"modules.{name}.practised_at")
        if had.locked and any(update.get(one, getattr(had, one)) != getattr(had, one) for one in STAYS):
            raise DraftBroken(
                f"module {name!r} is locked: it stays in its phase",
                f"模块 {name} 已锁定，须留在原阶段",
                field=f"modules.{name}",
            )
        if update.get("phase", had.phase) != had.phase:  # its weeks were those of the other phase
            update |= {"first_week": None, "last_week": None}
        modules = [one.model_copy(update=update) if one.module == name else one for one in modules]
    return modules


def _one(modules: Sequence[PlanModule], name: Code, field: str) -> PlanModule:
    found = next((one for one in modules if one.module == name), None)
    if found is None:
        raise DraftBroken(f"there is no module {name!r} in this plan", f"本方案没有模块 {name}", field=field)
    return found


def check_pack(pack: Pack, after: Sequence[PlanModule], base: PlanPublished) -> None:
    """Modules that the pack holds stay in their phase and keep their hours, and no share that it asks for falls further below."""
    has = {one.module: (one.hours, one.phase) for one in after}
    for one in base.modules:
        held = pack.locks(one)
        if held and has.get(one.module) != (one.hours, one.phase):
            raise RuleBroken(
                f"{one.module}: {held.words.en} ({held.source})",
                f"{one.module}：{held.words.zh}（{held.source}）",
                field="hours",
            )
    for rule, found in pack.broken(after, base.phases):
        if pack.value(rule, after) < pack.value(rule, base.modules) - ROUNDING:
            raise RuleBroken(
                f"{rule.words.en}: {found} ({rule.source})",
                f"{rule.words.zh}：{found}（{rule.source}）",
                field="hours",
            )


def chosen(draft: Draft, number: int) -> Draft:
    """Another of the small changes that were found; what was proposed becomes an alternative in its place."""
    if not 0 <= number < len(draft.alternatives):
        count = len(draft.alternatives)
        raise DraftBroken(f"there are {count} alternatives", f"共有 {count} 个备选", field="number")
    others = [*draft.alternatives]
    others[number] = draft.model_copy(update={"alternatives": [], "hour_price": {}})
    return draft.alternatives[number].model_copy(
        update={"alternatives": others, "hour_price": draft.hour_price, "introduction": draft.introduction}
    )
