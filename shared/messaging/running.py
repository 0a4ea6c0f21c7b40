"""Runs a handler over what a batch may run now; what it declines before it has written is kept without a rollback."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.errors import Declined
from shared.events.base import Event
from shared.messaging.causes import Causes
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import handling
from shared.messaging.failures import Failure
from shared.messaging.faults import Offence, is_said_calmly
from shared.messaging.listener import Handler
from shared.messaging.outbox import emit, say
from shared.messaging.writes import watching
from shared.statements import Within

Heard = list[tuple[Delivery, Any]]


async def run_each(
    within: Within, handler: Handler, run: list[Delivery], failures: list[Failure]
) -> list[Delivery]:
    """One message after the other; returns those that have taken effect."""
    done: list[Delivery] = []
    stopped: set[str] = set()
    writes = await watching(within)
    for one in run:
        if one.envelope.key in stopped:
            failures.append(Failure(one, None))
            continue
        await writes.begin()
        try:
            with handling(one.envelope):
                say(within, await handler.function(handler.read(one.envelope, one.body), within))
            writes.check()
        except Exception as error:
            if not is_said_calmly(error) or writes.happened():
                raise Offence(error, [one], inside=True) from error
            writes.unsay()
            failures.append(Failure(one, error))
            if handler.order == "in_order":
                stopped.add(one.envelope.key)
            continue
        done.append(one)
    return done


async def run_list(
    within: Within, handler: Handler, run: list[Delivery], failures: list[Failure]
) -> list[Delivery]:
    """All at once, and again without those that the handler declines by name; returns those that have taken effect."""
    heard = _read(handler, run, failures)
    writes = await watching(within)
    while heard:
        await writes.begin()
        try:
            await _run_at_once(within, handler, heard)
            writes.check()
        except Exception as error:
            named = _named(error, heard)
            if not named or writes.happened():
                offenders = [one for one, _ in heard if one.id in named]
                raise Offence(next(iter(named.values()), error), offenders, inside=True) from error
            writes.unsay()
            heard = _without(handler, heard, named, failures)
        else:
            break
    return [one for one, _ in heard]


def _read(handler: Handler, run: list[Delivery], failures: list[Failure]) -> Heard:
    heard: Heard = []
    broken: dict[UUID, BaseException] = {}
    for one in run:
        try:
            heard.append((one, handler.read(one.envelope, one.body)))
        except Exception as error:  # noqa: BLE001 - a broken message is kept, whatever is wrong with it
            heard.append((one, None))
            broken[one.id] = error
    return _without(handler, heard, broken, failures) if broken else heard


async def _run_at_once(within: Within, handler: Handler, heard: Heard) -> None:
    events, envelopes = [event for _, event in heard], [one.envelope for one, _ in heard]
    with handling(envelopes[-1]):
        result: Event | list[Event] | None = await handler.function(list(events), within)
    if result is not None:
        causes = Causes(events, envelopes)
        for event in result if isinstance(result, list) else [result]:
            emit(within, event, because=causes.of(event))


def _named(error: BaseException, heard: Heard) -> Mapping[UUID, BaseException]:
    """Whom the handler declined, and why: those that it names, or the only one that there is."""
    if isinstance(error, Declined):
        reasons = {id(event): reason for event, reason in error.reasons}
        return {one.id: reasons[id(event)] for one, event in heard if id(event) in reasons}
    return {heard[0][0].id: error} if len(heard) == 1 and is_said_calmly(error) else {}


def _without(
    handler: Handler, heard: Heard, named: Mapping[UUID, BaseException], failures: list[Failure]
) -> Heard:
    """The others may run; where order matters, not those behind one of their key that may not."""
    left: Heard = []
    stopped: set[str] = set()
    for one, event in heard:
        if one.envelope.key in stopped:
            failures.append(Failure(one, None))
        elif one.id in named:
            failures.append(Failure(one, named[one.id]))
            if handler.order == "in_order":
                stopped.add(one.envelope.key)
        else:
            left.append((one, event))
    return left
