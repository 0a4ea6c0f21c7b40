"""What would change if seats, reserves, weights or rules were others: decided twice, nothing saved. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, Field

from services.recruitment.market import pools_of
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


class PoolChange(BaseModel):
    """Seats, admitted and cut-off of one pool, before and after; none where the pool is not there."""

    pool: str
    seats: tuple[int, int]
    admitted: tuple[int, int]
    cutoff: tuple[float | None, float | None]


class Difference(BaseModel):
    """Who would move."""

    selected_before: int
    selected_after: int
    would_enter: list[str] = Field(description="application ids")
    would_leave: list[str]
    would_change_pool: list[str]
    others: int = Field(description="persons who would move in the intakes decided together with this one")
    cutoffs_before: dict[str, float | None]
    cutoffs_after: dict[str, float | None]
    pools: list[PoolChange]
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


def difference(rounds: Sequence[Round], name: str, what: WhatIf, seed: str) -> Difference:
    """Decide with the rules as they are and as they might be, under one lottery."""
    other = [changed(each, what) if each.name == name else each for each in rounds]
    before, after = decide(rounds, seed), decide(other, seed)
    was, would_be = before.outcome.all(), after.outcome.all()
    intake = next(each for each in rounds if each.name == name)
    here = {each.applicant: str(each.application_id) for each in intake.candidates}
    here_before = {who: pool for who, (at, pool) in was.items() if at == name}
    here_after = {who: pool for who, (at, pool) in would_be.items() if at == name}
    both = here_before.keys() & here_after.keys()
    moved = {who for who in was.keys() | would_be.keys() if was.get(who) != would_be.get(who)}
    return Difference(
        selected_before=len(here_before),
        selected_after=len(here_after),
        would_enter=sorted(here[who] for who in here_after.keys() - both),
        would_leave=sorted(here[who] for who in here_before.keys() - both),
        would_change_pool=sorted(here[who] for who in both if here_before[who] != here_after[who]),
        others=len(moved - here_before.keys() - here_after.keys()),
        cutoffs_before={cut.pool: cut.score for cut in before.cuts if cut.programme == name},
        cutoffs_after={cut.pool: cut.score for cut in after.cuts if cut.programme == name},
        pools=_pools(before, after, name),
        closed=name in after.outcome.closed,
    )


def _pools(before: Decision, after: Decision, name: str) -> list[PoolChange]:
    """Each pool that is there before or after."""
    sides = [_figures(decision, name) for decision in (before, after)]
    return [
        PoolChange(pool=pool, seats=(a[0], b[0]), admitted=(a[1], b[1]), cutoff=(a[2], b[2]))
        for pool in dict.fromkeys([*sides[0], *sides[1]])
        for a, b in [tuple(side.get(pool, (0, 0, None)) for side in sides)]
    ]


def _figures(decision: Decision, name: str) -> dict[str, tuple[int, int, float | None]]:
    """Pool -> seats, admitted, cut-off."""
    admitted = Counter(pool for at, pool in decision.outcome.all().values() if at == name)
    cuts = {cut.pool: cut.score for cut in decision.cuts if cut.programme == name}
    return {
        pool: (seats, admitted[pool], cuts.get(pool))
        for pool, seats, _ in pools_of(decision.judged[name].programme)
    }
