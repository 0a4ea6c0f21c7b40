"""What the matching promises: published examples, brute force on small markets, reserves, the closing rule."""

import random
from dataclasses import replace
from itertools import permutations

import pytest

from services.recruitment.market import Market, Pool, Programme
from services.recruitment.matching import blocking_pairs, match


def placed(market: Market) -> dict[str, str]:
    return {who: programme for who, (programme, _) in match(market).all().items()}


def marriage(men: dict[str, str], women: dict[str, str]) -> Market:
    schemes = tuple(Programme(name, 1, tuple(ranking)) for name, ranking in women.items())
    return Market(schemes, {name: tuple(wishes) for name, wishes in men.items()})


def test_gale_and_shapley_1962_example_1_gives_each_man_his_first_choice():
    # Men propose; ranking matrix of example 1: (1,3) (2,2) (3,1) / (3,1) (1,3) (2,2) / (2,2) (3,1) (1,3).
    market = marriage({"α": "ABC", "β": "BCA", "γ": "CAB"}, {"A": "βγα", "B": "γαβ", "C": "αβγ"})
    assert placed(market) == {"α": "A", "β": "B", "γ": "C"}


def test_gale_and_shapley_1962_example_2_has_exactly_one_stable_matching_and_it_is_found():
    men = {"α": "ABCD", "β": "ADCB", "γ": "BACD", "δ": "DBCA"}
    women = {"A": "δγαβ", "B": "βδαγ", "C": "δαβγ", "D": "γβαδ"}
    market = marriage(men, women)
    stable = [dict(zip(men, each, strict=True)) for each in permutations("ABCD") if _stable(men, women, each)]
    assert stable == [placed(market)] == [{"α": "C", "β": "D", "γ": "A", "δ": "B"}]


def _stable(men: dict[str, str], women: dict[str, str], wives: tuple[str, ...]) -> bool:
    husband = dict(zip(wives, men, strict=True))
    wife = dict(zip(men, wives, strict=True))
    return not any(
        women[woman].index(man) < women[woman].index(husband[woman])
        for man in men
        for woman in men[man][: men[man].index(wife[man])]
    )


def test_roth_1982_the_applicants_optimum_is_not_that_of_the_programmes():
    market = Market(
        (Programme("h1", 1, ("a", "b")), Programme("h2", 1, ("b", "a"))),
        {"a": ("h2", "h1"), "b": ("h1", "h2")},
    )
    assert placed(market) == {"a": "h2", "b": "h1"}


def small(seed: int, minimum: bool = False) -> Market:
    dice = random.Random(seed)
    people = ["a", "b", "c", "d"]
    schemes = []
    for name in ("x", "y", "z"):
        seats = dice.randint(1, 2)
        least = dice.randint(0, seats) if minimum else 0
        group = frozenset(dice.sample(people, 2))
        pools = (Pool("group", 1, group, dice.random() < 0.3),) if dice.random() < 0.4 else ()
        schemes.append(Programme(name, seats, tuple(dice.sample(people, 4)), pools, least))
    return Market(
        tuple(schemes), {who: tuple(dice.sample(["x", "y", "z"], dice.randint(1, 3))) for who in people}
    )


def lies(market: Market, who: str) -> list[Market]:
    lists = [wishes for n in range(4) for wishes in permutations(("x", "y", "z"), n)]
    return [replace(market, preferences={**market.preferences, who: wishes}) for wishes in lists]


def rank(market: Market, who: str, got: str | None) -> int:
    wishes = market.preferences[who]
    return wishes.index(got) if got in wishes else len(wishes)


def lifted(market: Market, who: str, programme: Programme) -> list[Market]:
    own = programme.ranking.index(who)
    others = [each for each in programme.ranking if each != who]
    better = [(*others[:place], who, *others[place:]) for place in range(own)]
    return [
        replace(
            market,
            programmes=tuple(replace(p, ranking=r) if p.id == programme.id else p for p in market.programmes),
        )
        for r in better
    ]


def gains_by_lying(market: Market) -> bool:
    honest = placed(market)
    return any(
        rank(market, who, placed(lie).get(who)) < rank(market, who, honest.get(who))
        for who in market.preferences
        for lie in lies(market, who)
    )


def hurt_by_a_better_score(market: Market) -> bool:
    before = placed(market)
    return any(
        rank(market, who, placed(better).get(who)) > rank(market, who, before.get(who))
        for who in market.preferences
        for programme in market.programmes
        for better in lifted(market, who, programme)
    )


def test_nobody_gains_by_misreporting_and_a_better_score_never_hurts_by_brute_force():
    for seed in range(60):
        market = small(seed)
        assert not gains_by_lying(market), f"seed {seed}"
        assert not hurt_by_a_better_score(market), f"seed {seed}"


# The smallest cases by exhaustive search over all markets with two programmes: two applicants, and three.
TOO_FEW = (Programme("x", 1, ("a", "b")), Programme("y", 2, ("a", "b"), min_seats=2))


def test_with_a_minimum_class_size_misreporting_can_pay_and_this_is_the_smallest_case():
    honest = Market(TOO_FEW, {"a": ("y", "x"), "b": ("x", "y")})
    lying = replace(honest, preferences={**honest.preferences, "b": ("y",)})
    assert match(honest).closed == ("y",)
    assert placed(honest) == {"a": "x"}
    assert placed(lying) == {"a": "y", "b": "y"}  # b saves the class by giving up the first choice


def test_with_a_minimum_class_size_a_better_score_can_hurt_and_this_is_the_smallest_case():
    wishes = {"a": ("y", "x"), "b": ("x",), "c": ("x", "y")}
    y = Programme("y", 2, ("a", "b", "c"), min_seats=2)
    before = Market((Programme("x", 1, ("a", "b", "c")), y), wishes)
    after = Market((Programme("x", 1, ("a", "c", "b")), y), wishes)
    assert placed(before) == {"a": "y", "b": "x", "c": "y"}
    assert placed(after) == {"a": "x"}  # c takes x at first, y closes without c, and a then takes x from c


def test_about_one_small_market_in_twenty_with_minimum_sizes_can_be_gamed():
    gamed = sum(gains_by_lying(small(seed, minimum=True)) for seed in range(100))
    assert 0 < gamed < 30


def test_over_the_open_programmes_when_they_are_fixed_nobody_gains_by_misreporting_or_loses_by_a_better_score():
    for seed in range(30):
        market = small(seed, minimum=True)
        shut = match(market).closed
        still = tuple(
            replace(p, min_seats=0, seats=0, pools=()) if p.id in shut else replace(p, min_seats=0)
            for p in market.programmes
        )
        fixed = replace(market, programmes=still)
        assert placed(fixed) == placed(market), f"seed {seed}"
        assert not gains_by_lying(fixed), f"seed {seed}"
        assert not hurt_by_a_better_score(fixed), f"seed {seed}"


def random_reserves(seed: int) -> tuple[Market, Market]:
    """Two groups; soft reserves for the minority, against a hard quota on the majority; reserve + quota = seats."""
    dice = random.Random(seed)
    people = [f"a{i}" for i in range(14)]
    minority = frozenset(dice.sample(people, 6))
    soft, quota = [], []
    for name in ("x", "y", "z"):
        seats = dice.randint(1, 4)
        kept = dice.randint(0, seats)
        ranking = tuple(dice.sample(people, len(people)))
        soft.append(Programme(name, seats, ranking, (Pool("minority", kept, minority),) if kept else ()))
        quota.append(
            Programme(name, seats, ranking, (Pool("minority", kept, minority, hard=True),) if kept else ())
        )
    preferences = {who: tuple(dice.sample(["x", "y", "z"], 3)) for who in people}
    return Market(tuple(soft), preferences), Market(tuple(quota), preferences)


def never_worse(seed: int) -> None:
    soft, quota = random_reserves(seed)
    with_reserve, with_quota = placed(soft), placed(quota)
    for who in soft.preferences:
        assert rank(soft, who, with_reserve.get(who)) <= rank(soft, who, with_quota.get(who)), (
            f"seed {seed}, {who}"
        )


def test_soft_reserves_are_never_worse_for_anybody_than_majority_quotas():
    for seed in range(100):
        never_worse(seed)


@pytest.mark.long
def test_soft_reserves_are_never_worse_for_anybody_in_a_thousand_markets():
    for seed in range(1000):
        never_worse(seed)


def test_over_the_programmes_that_stay_open_the_closing_rule_leaves_no_blocking_pair():
    for seed in range(200):
        assert blocking_pairs(match(small(seed, minimum=True))) == 0


def test_the_worst_filled_class_closes_first_and_its_applicants_fill_the_other():
    people = [f"a{i}" for i in range(30)]
    market = Market(
        (
            Programme("big", 30, tuple(people), min_seats=25),
            Programme("small", 30, tuple(people), min_seats=25),
        ),
        {who: ("big", "small") if i < 20 else ("small", "big") for i, who in enumerate(people)},
    )
    outcome = match(market)
    assert outcome.closed == ("small",)
    assert set(placed(market).values()) == {"big"}
    assert len(placed(market)) == 30


def test_nrmp_run_a_match_places_the_five_applicants_as_the_programme_printed():
    # National Resident Matching Program, "Run a Match" (2014): five applicants, three programmes of two positions.
    market = Market(
        (
            Programme("Mercy", 2, ("Chen", "Ford")),
            Programme("City", 2, ("Eastman", "Anderson", "Chen", "Davis", "Ford")),
            Programme("General", 2, ("Eastman", "Anderson", "Ford", "Davis")),
        ),
        {
            "Anderson": ("City",),
            "Chen": ("City", "Mercy"),
            "Ford": ("City", "General", "Mercy"),
            "Davis": ("Mercy", "City", "General"),
            "Eastman": ("City", "Mercy", "General"),
        },
    )
    city, general = (
        dict.fromkeys(("Anderson", "Eastman"), "City"),
        dict.fromkeys(("Ford", "Davis"), "General"),
    )
    assert placed(market) == city | general | {"Chen": "Mercy"}
