"""A market as a plain file: read with every rule checked, written so that reading gives the same market again.

`{"programmes": [{"id", "seats", "min_seats"?, "pools"?: [{"name", "seats", "eligible": [..], "hard"?}], "ranking": [..]
or "scores": {..}, "pool_order"?}], "applicants": [{"id", "preferences": [..]}], "lottery_seed"?, "pool_order"?}`. Equal
scores are ordered by SHA-256 of `seed:applicant`. Where both are given, `ranking` orders and `scores` explain. The market's
`pool_order` holds for every programme that says none itself.
"""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise
from math import isfinite
from typing import Any

from services.recruitment.eligibility import lottery
from services.recruitment.market import OPEN, Market, Pool, Programme
from shared.events.base import Text

Path = tuple[str | int, ...]
KEYS: Mapping[str, tuple[str, ...]] = {
    "market": ("programmes", "applicants", "lottery_seed", "pool_order"),
    "programme": ("id", "seats", "min_seats", "pools", "ranking", "scores", "pool_order"),
    "pool": ("name", "seats", "eligible", "hard"),
    "applicant": ("id", "preferences"),
}


class BadMarket(Exception):  # noqa: N818 - said to a person, as the file's fault
    """The file does not describe a market. `path` leads to the place, `what` says it in both languages."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        self.path = path
        self.what = Text(zh=zh[:500], en=en[:500])
        super().__init__(en)


def load(document: object) -> Market:
    """Read a market, or raise `BadMarket` at the first thing that is wrong."""
    market = _object(document, (), "market")
    seed = market.get("lottery_seed", "")
    if not isinstance(seed, str | int) or isinstance(seed, bool):
        raise BadMarket(
            ("lottery_seed",), "抽签种子必须是文本或整数", "lottery_seed must be text or a whole number"
        )
    first = _reserve_first(market, (), default=True)
    applicants = [
        _object(each, ("applicants", at), "applicant")
        for at, each in enumerate(_list(market, (), "applicants"))
    ]
    people = _ids(applicants, ("applicants",))
    programmes = [
        _object(each, ("programmes", at), "programme")
        for at, each in enumerate(_list(market, (), "programmes"))
    ]
    schemes = _ids(programmes, ("programmes",))
    preferences = {}
    for at, (who, each) in enumerate(zip(people, applicants, strict=True)):
        path = ("applicants", at, "preferences")
        preferences[who] = _known(_list(each, path[:-1], "preferences"), path, schemes, "项目", "programme")
    return Market(
        tuple(
            _programme(each, ("programmes", at), name, people, str(seed), first=first)
            for at, (name, each) in enumerate(zip(schemes, programmes, strict=True))
        ),
        preferences,
    )


def _reserve_first(holder: Mapping[str, Any], path: Path, *, default: bool) -> bool:
    """Said for all programmes, and by one of them otherwise."""
    order = holder.get("pool_order", "reserve-first" if default else "open-first")
    if order not in ("reserve-first", "open-first"):
        said = f'"reserve-first" / "open-first", not {order!r}'
        raise BadMarket((*path, "pool_order"), f"pool_order 只能是 {said}", f"pool_order must be {said}")
    return bool(order == "reserve-first")


def _programme(
    each: Mapping[str, Any], path: Path, name: str, people: Collection[str], seed: str, *, first: bool
) -> Programme:
    seats = _count(each, path, "seats")
    least = _count(each, path, "min_seats", default=0)
    if least > seats:
        raise BadMarket(
            (*path, "min_seats"),
            f"最低人数 {least} 多于名额 {seats}",
            f"min_seats {least} is more than seats {seats}",
        )
    scores = _scores(each, path, people) if "scores" in each else None
    if "ranking" in each:
        ranking = _known(_list(each, path, "ranking"), (*path, "ranking"), people, "申请人", "applicant")
        _agree(ranking, scores, path)
    elif scores is not None:
        ranking = tuple(sorted(scores, key=lambda who: (-scores[who], lottery(seed, who))))
    else:
        raise BadMarket(
            path, f"项目 {name} 缺少 ranking 或 scores", f"programme {name} has neither ranking nor scores"
        )
    pools = _pools(each, path, people, seats)
    return Programme(name, seats, ranking, pools, least, scores, _reserve_first(each, path, default=first))


def _pools(each: Mapping[str, Any], path: Path, people: Collection[str], seats: int) -> tuple[Pool, ...]:
    found: dict[str, Pool] = {}
    for at, raw in enumerate(_list(each, path, "pools") if "pools" in each else []):
        here: Path = (*path, "pools", at)
        pool = _object(raw, here, "pool")
        name = _name(pool.get("name"), (*here, "name"))
        if name == OPEN:
            raise BadMarket(
                (*here, "name"),
                f"名称 {OPEN} 留给未预留的名额",
                f"the name {OPEN!r} is kept for the seats that no pool reserves",
            )
        if name in found:
            raise BadMarket((*here, "name"), f"名额池 {name} 出现两次", f"pool {name!r} appears twice")
        group = _known(_list(pool, here, "eligible"), (*here, "eligible"), people, "申请人", "applicant")
        hard = pool.get("hard", False)
        if not isinstance(hard, bool):
            raise BadMarket((*here, "hard"), "hard 必须是 true 或 false", "hard must be true or false")
        found[name] = Pool(name, _count(pool, here, "seats"), frozenset(group), hard)
    reserved = sum(pool.seats for pool in found.values())
    if reserved > seats:
        raise BadMarket(
            (*path, "pools"),
            f"各名额池共 {reserved} 个名额，多于总名额 {seats}",
            f"the pools reserve {reserved} seats, more than the {seats} there are",
        )
    return tuple(found.values())


def _scores(each: Mapping[str, Any], path: Path, people: Collection[str]) -> dict[str, float]:
    scores = each["scores"]
    if not isinstance(scores, dict):
        raise BadMarket(
            (*path, "scores"), "scores 必须是对象", "scores must be an object of applicant: number"
        )
    _known(list(scores), (*path, "scores"), people, "申请人", "applicant")
    for who, score in scores.items():
        if isinstance(score, bool) or not isinstance(score, int | float) or not isfinite(score):
            raise BadMarket(
                (*path, "scores", who),
                f"{who} 的分数 {score!r} 不是有限的数",
                f"the score of {who} is {score!r}, not a finite number",
            )
    return {who: float(score) for who, score in scores.items()}


def _agree(ranking: tuple[str, ...], scores: Mapping[str, float] | None, path: Path) -> None:
    if scores is None:
        return
    if set(ranking) != set(scores):
        raise BadMarket(
            (*path, "ranking"),
            "ranking 与 scores 的申请人不同",
            "ranking and scores name different applicants",
        )
    for at, (better, worse) in enumerate(pairwise(ranking)):
        if scores[better] < scores[worse]:
            raise BadMarket(
                (*path, "ranking", at + 1),
                f"{worse} 分数更高却排在 {better} 之后",
                f"{worse} is ranked after {better} with a higher score",
            )


def _object(value: object, path: Path, kind: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadMarket(path, "此处应为对象 {}", f"a {kind} must be an object")
    for key in value:
        if key not in KEYS[kind] and (close := get_close_matches(key, KEYS[kind], n=1)):
            raise BadMarket(
                (*path, key),
                f"未知字段 {key}，是否为 {close[0]}？",
                f"unknown field {key!r}: is {close[0]!r} meant?",
            )
    return value


def _list(owner: Mapping[str, Any], path: Path, key: str) -> list[Any]:
    value = owner.get(key)
    if not isinstance(value, list):
        raise BadMarket(
            (*path, key) if key in owner else path, f"{key} 必须是列表", f"{key} must be given as a list"
        )
    return value


def _count(owner: Mapping[str, Any], path: Path, key: str, default: int | None = None) -> int:
    value = owner.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        where = (*path, key) if key in owner else path
        said = "missing" if key not in owner else repr(value)
        raise BadMarket(
            where,
            f"{key} 必须是不小于 0 的整数（现为 {said}）",
            f"{key} must be a whole number of at least 0, not {said}",
        )
    return value


def _name(value: object, path: Path) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise BadMarket(path, "缺少编号或名称", "an id or name is missing")
    return value


def _ids(owners: Iterable[Mapping[str, Any]], path: Path) -> dict[str, int]:
    """The ids in order, each of them once."""
    found: dict[str, int] = {}
    for at, each in enumerate(owners):
        name = _name(each.get("id"), (*path, at, "id") if "id" in each else (*path, at))
        if name in found:
            raise BadMarket((*path, at, "id"), f"编号 {name} 出现两次", f"id {name!r} appears twice")
        found[name] = at
    return found


def _known(names: list[Any], path: Path, known: Collection[str], zh: str, en: str) -> tuple[str, ...]:
    """Ids that exist, each of them once."""
    seen: dict[str, None] = {}
    for at, raw in enumerate(names):
        name = _name(raw, (*path, at))
        here = (*path, name if path[-1] == "scores" else at)
        if name not in known:
            raise BadMarket(here, f"没有编号为 {name} 的{zh}", f"there is no {en} with the id {name!r}")
        if name in seen:
            raise BadMarket(here, f"{path[-1]} 中 {name} 重复", f"{name!r} is repeated in {path[-1]}")
        seen[name] = None
    return tuple(seen)
