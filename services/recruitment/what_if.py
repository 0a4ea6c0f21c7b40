"""What would change if seats, reserves, weights or rules were others: decided twice, nothing saved. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel, Field

from services.recruitment.refusals import ReservesTooLarge, UnknownName
from services.recruitment.rules import Decision, Round, decide
from shared.events.base import Code
from shared.programmes.grammar import Criterion


class WhatIf(BaseModel, extra="forbid", allow_inf_nan=False):
    """What a panel may try. What is left out stays as it is."""

    seats: int | None = Field(default=None, ge=0, le=100_000)
    reserved: dict[Code, float] = Field(
        default_factory=dict, description="source group -> share of the seats"
    )
    hard: dict[Code, bool] = Field(default_factory=dict)
    weights: dict[Code, float] = Field(default_factory=dict, description="fact -> weight; 0 leaves it out")
    minimum: int | None = Field(default=None, ge=1)
    reserve_first: bool | None = None


class Difference(BaseModel):
    """Who would move."""

    selected_before: int
    selected_after: int
    would_enter: list[str] = Field(description="application ids")
    would_leave: list[str]
    cutoffs_before: dict[str, float | None]
    cutoffs_after: dict[str, float | None]
    closed: bool = Field(description="the class would be too small")


def changed(intake: Round, what: WhatIf) -> Round:
    """The intake under other rules."""
    _named(what.reserved, {group.group for group in intake.groups}, "reserved")
    _named(what.hard, {group.group for group in intake.groups}, "hard")
    groups = [
        group.model_copy(
            update={
                "reserved_share": what.reserved.get(group.group, group.reserved_share),
                "hard_quota": what.hard.get(group.group, group.hard_quota),
            }
        )
        for group in intake.groups
    ]
    shares = [group.reserved_share for group in groups]
    if sum(shares) > 1 + 1e-9 or min(shares, default=0) < 0:
        raise ReservesTooLarge(f"{sum(shares):g}", field="reserved")
    selection = intake.selection
    scaled = {criterion.fact: criterion for criterion in selection.criteria}
    _named(what.weights, scaled, "weights")
    weights = {fact: what.weights.get(fact, criterion.weight) for fact, criterion in scaled.items()}
    criteria: list[Criterion] = [
        criterion.model_copy(update={"weight": weights[fact]})
        for fact, criterion in scaled.items()
        if weights[fact] > 0
    ]
    first = selection.reserve_first if what.reserve_first is None else what.reserve_first
    update = {"criteria": criteria, "minimum": what.minimum or selection.minimum, "reserve_first": first}
    seats = intake.seats if what.seats is None else what.seats
    return replace(intake, seats=seats, groups=groups, selection=selection.model_copy(update=update))


def _named(given: Mapping[str, object], known: Mapping[str, object] | set[str], field: str) -> None:
    for name in given:
        if name not in known:
            raise UnknownName(f"{name}; known: {', '.join(sorted(known)) or '-'}", field=f"{field}.{name}")


def difference(intake: Round, what: WhatIf, seed: str) -> Difference:
    """Decide with the rules as they are and as they might be, under one lottery."""
    other = changed(intake, what)
    before, after = decide([intake], seed), decide([other], seed)
    admitted_before, admitted_after = _admitted(intake, before), _admitted(other, after)
    return Difference(
        selected_before=len(admitted_before),
        selected_after=len(admitted_after),
        would_enter=sorted(admitted_after - admitted_before),
        would_leave=sorted(admitted_before - admitted_after),
        cutoffs_before={cut.pool: cut.score for cut in before.cuts},
        cutoffs_after={cut.pool: cut.score for cut in after.cuts},
        closed=intake.name in after.outcome.closed,
    )


def _admitted(intake: Round, decision: Decision) -> set[str]:
    held = decision.outcome.all()
    return {str(each.application_id) for each in intake.candidates if each.applicant in held}
