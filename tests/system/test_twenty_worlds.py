"""Twenty generated worlds, two at a time: what is short is revised, what severe mentors say never, and else nothing is."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.system.playing import play

SEEDS = range(1, 21)
AT_ONCE = 2
pytestmark = [pytest.mark.long, pytest.mark.seeds]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The end of the demo of every seed, with a shortfall and without; they begin when the first is asked for."""
    homes = tmp_path_factory.mktemp("worlds")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends: dict[tuple[int, bool], Future] = {}
        for seed in SEEDS:
            ends[seed, True] = pool.submit(play, homes / f"{seed}-short", "--approve", "yes", seed=seed)
        for seed in SEEDS:
            ends[seed, False] = pool.submit(
                play, homes / f"{seed}", "--approve", "yes", "--no-shortfall", seed=seed
            )
        yield ends
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_short_is_revised_and_what_severe_mentors_say_is_not(played, seed):
    code, found, said = played[seed, True].result()

    assert code == 0, said
    assert found["confirmed"] == [found["truth"]["short"]]
    assert found["truth"]["looks_short"] in found["rejected"]
    assert (found["revisions_approved"], found["plan_version"]) == (1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_is_short_nothing_is_revised(played, seed):
    code, found, said = played[seed, False].result()

    assert code == 0, said
    assert (found["confirmed"], found["gaps_confirmed"]) == ([], 0)
    assert (found["revisions_approved"], found["plan_version"], found["effect"]) == (0, 1, [])
