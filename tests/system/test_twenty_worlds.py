"""Twenty generated worlds, two at a time: what is short is revised, what severe mentors say never, and else nothing is."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.system.playing import play

SEEDS = range(1, 21)
WITHOUT = SEEDS[3::4]
AT_ONCE = 2
pytestmark = [pytest.mark.long, pytest.mark.seeds]


@pytest.fixture(scope="module")
def played(request, tmp_path_factory):
    """The end of the demo of every world that is asked for: its options and its seed; they begin with the first."""
    homes = tmp_path_factory.mktemp("worlds")
    wanted = [item.callspec.params["world"] for item in request.session.items if item.path == request.path]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends: dict[tuple[int, str], Future] = {}
        for seed, more in wanted:
            home = homes / f"{seed}{more}"
            ends[seed, more] = pool.submit(play, home, "--approve", "yes", *more.split(), seed=seed)
        yield ends
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("world", [(seed, "") for seed in SEEDS], ids=map(str, SEEDS))
def test_what_is_short_is_revised_and_what_severe_mentors_say_is_not(played, world):
    code, found, said = played[world].result()

    assert code == 0, said
    assert found["confirmed"] == [found["truth"]["short"]]
    assert found["truth"]["looks_short"] in found["rejected"]
    assert (found["revisions_approved"], found["plan_version"]) == (1, 2)


@pytest.mark.parametrize("world", [(seed, "--no-shortfall") for seed in WITHOUT], ids=map(str, WITHOUT))
def test_where_nothing_is_short_nothing_is_revised(played, world):
    code, found, said = played[world].result()

    assert code == 0, said
    assert (found["confirmed"], found["gaps_confirmed"]) == ([], 0)
    assert (found["revisions_approved"], found["plan_version"], found["effect"]) == (0, 1, [])
