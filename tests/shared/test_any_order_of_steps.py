"""Whatever is said, relayed, delivered, refused, retried, replayed and killed, in whatever order: once, in order, nothing lost."""

import asyncio
import logging

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.messaging import batch
from tests.shared.machine import Machine
from tests.shared.steps import Ground
from tests.simulation.broken import BUGS, OF_A_BATCHER

ONE_AT_A_TIME = "acknowledge_up_to_the_highest"  # takes two workers: their turns would differ from run to run
ALL = {name: bug for name, bug in (BUGS | OF_A_BATCHER).items() if name != ONE_AT_A_TIME}
FREE = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
CHOSEN = settings(max_examples=25, stateful_step_count=25, **FREE)
FOUND = settings(
    max_examples=1000,
    stateful_step_count=25,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    **FREE,
)


@pytest.fixture
def ground(database_url, monkeypatch):
    monkeypatch.setattr(batch, "AT_MOST", 2)
    monkeypatch.setattr(batch, "IN_FLIGHT", 1)
    monkeypatch.setattr(batch, "BREATH", 0.0)
    logging.disable(logging.CRITICAL)
    with asyncio.Runner() as runner:
        made = Ground(runner.run(database_url("shared")), runner)
        yield made
        made.close()
    logging.disable(logging.NOTSET)


def test_every_promise_holds_after_every_step(ground):
    run_state_machine_as_test(lambda: Machine(ground), settings=CHOSEN)


def test_effects_without_an_inbox_are_found_to_happen_twice(ground, monkeypatch):
    BUGS["trust_every_delivery_to_be_the_first"](monkeypatch)

    with pytest.raises(AssertionError, match="twice"):
        run_state_machine_as_test(lambda: Machine(ground), settings=FOUND)


def test_what_comes_while_a_batch_fails_waits_behind_it(ground):
    machine = Machine(ground)
    for _ in range(4):
        machine.say(["a"], None, dies=False)
    machine.relay(0, "confirmed")
    handler = machine.on.handlers["hearer.follow"]
    first, *after = list(machine.wire.queues[handler.name])

    machine._consumed(handler, [first], after, failing=4)

    machine.promises_are_kept()
    assert not machine.wire.queues[handler.name]
    machine.teardown()


@pytest.mark.long
@pytest.mark.parametrize("bug", sorted(ALL))
def test_a_broken_promise_is_found(ground, monkeypatch, bug):
    ALL[bug](monkeypatch)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Machine(ground), settings=FOUND)
