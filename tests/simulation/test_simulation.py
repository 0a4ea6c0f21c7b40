"""A system under a virtual clock and a seeded scheduler: `python -m tests.simulation` plays many more seeds."""

import logging

import pytest

from tests.simulation.broken import BUGS
from tests.simulation.stage import Stage

SEEDS = 10
FOUND_WITHIN = 150  # the rarest shows in ten seeds of three hundred


@pytest.fixture(scope="module")
def stage(postgres_server):
    logging.disable(logging.CRITICAL)
    made = Stage(postgres_server)
    yield made
    made.close()
    logging.disable(logging.NOTSET)


def test_every_promise_holds_whatever_the_seed_chooses(stage):
    wrong = {seed: found for seed in range(SEEDS) if (found := stage.play(seed))}

    assert not wrong, f"again: python -m tests.simulation --seed {min(wrong)} --trace"


def test_one_seed_is_the_same_run_again(stage):
    for seed in (3, 5):
        stage.play(seed)
        first = list(stage.gate.trace)
        stage.play(seed)
        assert stage.gate.trace == first


@pytest.mark.long
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_bug_that_was_put_in_is_found(stage, monkeypatch, bug):
    BUGS[bug](monkeypatch)

    assert any(stage.play(seed) for seed in range(FOUND_WITHIN))
