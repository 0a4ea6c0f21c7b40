"""What a service hears and does about it: handlers, timers and jobs, declared by decorators."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import from_json

from shared.events.base import Event
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.envelope import Envelope
from shared.statements import Plain

Order = Literal["snapshot", "commutes", "in_order"]
ORDERS = ("snapshot", "commutes", "in_order")
EVERYTHING = "#"
# What only the log and pages hear: nobody's decision waits for it, and it is no mistake that no handler listens.
FOR_PEOPLE: frozenset[str] = frozenset(json.loads(Path(__file__).with_name("people.json").read_text()))
Function = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Heard:
    """Any event at all, as the event log hears it: its envelope and the JSON as it came."""

    envelope: Envelope
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """What the event says, not checked against a class."""
        found: dict[str, Any] = from_json(self.body)
        return found


@dataclass(frozen=True)
class Handler:
    """One function with one queue of its own, named after it."""

    service: str
    function: Function
    hears: tuple[type[Event], ...]
    order: Order
    in_batches: bool = False
    plain: bool = False

    @property
    def name(self) -> str:
        """The queue: `<service>.<function>`."""
        return f"{self.service}.{self.function.__name__}"

    @property
    def topics(self) -> list[str]:
        """What the queue is bound to; everything where it hears no class in particular."""
        return [heard.topic() for heard in self.hears] or [EVERYTHING]

    def read(self, envelope: Envelope, body: bytes) -> Event | Heard:
        """The event in a message; raises pydantic's ValidationError where it is broken."""
        if not self.hears:
            return Heard(envelope, body)
        for heard in self.hears:
            if heard.type_name() == envelope.type:
                return heard.model_validate_json(body)
        if len(self.hears) == 1 and not envelope.type:
            return self.hears[0].model_validate_json(body)
        raise UnknownType(envelope.type)


class UnknownType(ValueError):  # noqa: N818 - it says what is the matter
    """A message of a type that this handler does not hear."""


@dataclass
class Listener:
    """The ears of one service."""

    service: str
    handlers: dict[str, Handler] = field(default_factory=dict)
    timers: dict[str, Function] = field(default_factory=dict)
    jobs: dict[str, Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self(ClockAdvanced, order="snapshot")(advance_clock)

    def __call__(self, *hears: type[Event], order: Order) -> Callable[[F], F]:
        """One event at a time: `async def handler(event, session) -> what it says`.

        One that sends its own SQL may ask for `statements: Plain` instead of `session: AsyncSession`; lists too.
        """
        return self._adding(hears, order, in_batches=False)

    def batch(self, *hears: type[Event], order: Order) -> Callable[[F], F]:
        """The list of events that have arrived, for set-based SQL; several of one key may be among them."""
        return self._adding(hears, order, in_batches=True)

    def everything(self, function: F) -> F:
        """Every event of the system once: `async def handler(heard: list[Heard], session) -> None`."""
        return self._adding((), "commutes", in_batches=True)(function)

    def due(self, function: F) -> F:
        """What to do when a Timer is due; at most once for each."""
        self.timers[function.__name__] = function
        return function

    def job(self, function: F) -> F:
        """Long work, done in the worker role."""
        self.jobs[function.__name__] = function
        return function

    def _adding(self, hears: tuple[type[Event], ...], order: Order, *, in_batches: bool) -> Callable[[F], F]:
        if order not in ORDERS:
            raise TypeError(f"A handler declares its order: one of {', '.join(ORDERS)}")

        def add(function: F) -> F:
            handler = Handler(self.service, function, hears, order, in_batches, _wants_plain(function))
            if handler.name in self.handlers:
                raise TypeError(f"{handler.name} is declared twice: its name is its queue")
            self.handlers[handler.name] = handler
            return function

        return add


def _wants_plain(function: Function) -> bool:
    """Whether it asks for plain statements instead of a session."""
    return any(one.annotation in (Plain, "Plain") for one in signature(function).parameters.values())


def arguments_of(function: Function, stored: Sequence[Any]) -> list[Any]:
    """The stored arguments of a timer or job, in the types that the function names."""
    hints = get_type_hints(function)
    names = list(signature(function).parameters)
    return [
        TypeAdapter(hints.get(name, Any)).validate_python(value)
        for name, value in zip(names, stored, strict=False)
    ]
