"""Whatever is said, relayed, delivered, refused, retried, replayed and killed, in whatever order: once, in order, nothing lost."""

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.shared.machine import Machine
from tests.shared.steps import Ground
from tests.simulation.broken import BUGS

FREE = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
CHOSEN = settings(max_examples=25, stateful_step_count=25, **FREE)
FOUND = settings(
    max_examples=200,
    stateful_step_count=25,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    **FREE,
)
OF_THE_BATCHER = "acknowledge_before_the_commit"


@pytest.fixture
def ground(database_url):
    with asyncio.Runner() as runner:
        made = Ground(runner.run(database_url("shared")), runner)
        yield made
        made.close()


def test_every_promise_holds_after_every_step(ground):
    run_state_machine_as_test(lambda: Machine(ground), settings=CHOSEN)


def test_effects_without_an_inbox_are_found_to_happen_twice(ground, monkeypatch):
    BUGS["trust_every_delivery_to_be_the_first"](monkeypatch)

    with pytest.raises(AssertionError, match="twice"):
        run_state_machine_as_test(lambda: Machine(ground), settings=FOUND)


@pytest.mark.long
@pytest.mark.parametrize("bug", sorted(BUGS.keys() - {OF_THE_BATCHER}))
def test_a_broken_promise_is_found(ground, monkeypatch, bug):
    BUGS[bug](monkeypatch)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Machine(ground), settings=FOUND)
