"""Writes a market as a plain file, and the answer to it: who is where and why, and what would have changed it. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from services.recruitment.explaining import Cutoff, cutoffs, last_places, nearest
from services.recruitment.market import Market
from services.recruitment.matching import Outcome, blocking_pairs, filled

EXPLAINED = 3000
"""Applicants up to whom every refusal gets its verified `would_need`; each takes some runs of the whole market."""


def result(market: Market, outcome: Outcome, *, explain: bool = True) -> dict[str, Any]:
    """`matches` in the order of the applicants, `unfilled` programmes, and the proof of stability."""
    held = outcome.all()
    cuts = cutoffs(market, outcome)
    by_pool = {(cut.programme, cut.pool): cut for cut in cuts}
    last = last_places(cuts)
    matches: list[dict[str, Any]] = []
    for who in market.preferences:
        seat = held.get(who)
        row: dict[str, Any] = {"applicant": who, "programme": seat[0] if seat else None}
        if seat:
            row |= {"pool": seat[1], "reason": "admitted", **_cut(by_pool[seat])}
        else:
            row["reason"] = reason(market, outcome, who)
            row |= _weakest(market, by_pool, who) if row["reason"] == "below-cutoff" else {}
            need = nearest(market, outcome, who, last) if explain and row["reason"] != "not-ranked" else None
            if need is not None:
                row["would_need"] = {
                    name: value
                    for name in ("programme", "pool", "score", "more", "place", "places_better")
                    if (value := getattr(need, name)) is not None
                }
        matches.append(row)
    taken = filled(outcome.seats, outcome.held)
    return {
        "matches": matches,
        "unfilled": {p.id: p.seats - taken[p.id] for p in market.programmes if p.seats > taken[p.id]},
        "blocking_pairs": blocking_pairs(outcome),
        "closed": list(outcome.closed),
        "cutoffs": [{"programme": cut.programme, "pool": cut.pool, **_cut(cut)} for cut in cuts],
    }


def reason(market: Market, outcome: Outcome, who: str) -> str:
    """Why someone has no seat, as a code."""
    wanted = market.preferences[who]
    if not wanted:
        return "no-preferences"
    ranked = [p.id for p in market.programmes if p.id in wanted and who in p.ranking]
    if not ranked:
        return "not-ranked"
    return "class-closed" if all(name in outcome.closed for name in ranked) else "below-cutoff"


def _cut(cut: Cutoff) -> dict[str, Any]:
    """The score of the last one admitted, or that applicant's place (from 1) where there are no scores."""
    if cut.place is None:
        return {}
    return {"cutoff": cut.place + 1 if cut.score is None else cut.score}


def _weakest(market: Market, cuts: Mapping[tuple[str, str], Cutoff], who: str) -> dict[str, Any]:
    """The easiest cut-off of the first choice: that of its pool with the lowest one."""
    for wanted in market.preferences[who]:
        here = [cut for (programme, _), cut in cuts.items() if programme == wanted and cut.place is not None]
        if here:
            return _cut(max(here, key=lambda cut: cut.place or 0))
    return {}


def dump(market: Market, seed: str = "", ranked: Collection[str] = ()) -> dict[str, Any]:
    """The file of a market. Programmes in `ranked` are written with their order, the others by scores alone."""
    programmes = []
    for each in market.programmes:
        row: dict[str, Any] = {"id": each.id, "seats": each.seats}
        if not each.reserve_first:
            row["pool_order"] = "open-first"
        if each.min_seats:
            row["min_seats"] = each.min_seats
        if each.pools:
            row["pools"] = [
                {"name": pool.name, "seats": pool.seats, "eligible": sorted(pool.eligible), "hard": pool.hard}
                for pool in each.pools
            ]
        if each.scores is None or each.id in ranked:
            row["ranking"] = list(each.ranking)
        if each.scores is not None:
            row["scores"] = dict(each.scores)
        programmes.append(row)
    return {
        "programmes": programmes,
        "applicants": [
            {"id": who, "preferences": list(wanted)} for who, wanted in market.preferences.items()
        ],
        "lottery_seed": seed,
    }
