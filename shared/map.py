"""Who hears what, does what with it, and says what: read off the signatures of the handlers.

`python -m shared.map` prints it; `--write` puts it into README.md, contracts/map.json and shared/messaging/map.json.
"""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from shared.events.base import Event
from shared.messaging.listener import Handler, Listener

SERVICES = ("gateway", "recruitment", "curriculum", "placement", "feedback")
ROOT = Path(__file__).parents[1]
TOPOLOGY = ROOT / "shared" / "messaging" / "map.json"
BEGIN, END = "<!-- map -->", "<!-- /map -->"


class Line(NamedTuple):
    """One handler of the system."""

    queue: str
    hears: tuple[str, ...]
    order: str
    says: tuple[str, ...]


def read(services: Iterable[str] = SERVICES) -> list[Line]:
    """Every handler of these services, in the order in which their files declare them."""
    return [line for service in services for line in _of(_listener(service))]


def _listener(service: str) -> Listener:
    found: Listener = importlib.import_module(f"services.{service}.handlers").on
    return found


def _of(on: Listener) -> list[Line]:
    heard = [
        _line(handler) for handler in on.handlers.values() if handler.function.__name__ != "advance_clock"
    ]
    later = [("a day comes", on.timers), ("a worker is free", on.jobs)]
    return heard + [
        Line(f"{on.service}.{name}", (when,), "", says(function))
        for when, functions in later
        for name, function in functions.items()
    ]


def _line(handler: Handler) -> Line:
    heard = tuple(kind.__name__ for kind in handler.hears) or ("every event",)
    return Line(handler.name, heard, handler.order, says(handler.function))


def says(function: Callable[..., Any]) -> tuple[str, ...]:
    """The events that a function's return annotation names; a job, which says them itself, names them in its docstring."""
    found: list[str] = []

    def look(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Event) and annotation is not Event:
            found.append(annotation.__name__)
        for part in get_args(annotation):
            look(part)

    look(get_type_hints(function).get("return"))
    if not found and function.__doc__:
        found = re.findall(r"`([A-Z]\w+)`", function.__doc__)
    return tuple(dict.fromkeys(found))


def markdown(lines: Iterable[Line]) -> str:
    """The map as a table for the README."""
    rows = [f"| {', '.join(line.hears)} | `{line.queue}` | {', '.join(line.says) or '·'} |" for line in lines]
    return "\n".join(["| heard | handler, and queue | said |", "|---|---|---|", *rows])


def write(lines: list[Line]) -> None:
    """Put the map where people and the gateway's catalogue read it."""
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}\n{markdown(lines)}\n{END}{after}")
    contracts = ROOT / "contracts"
    contracts.mkdir(exist_ok=True)
    as_json = [line._asdict() for line in lines]
    (contracts / "map.json").write_text(json.dumps(as_json, indent=1) + "\n")
    TOPOLOGY.write_text(topology())


def topology(services: Iterable[str] = SERVICES) -> str:
    """Every queue with what it is bound to, as relays and the topology job read it; it travels in every image."""
    queues = [
        {"queue": handler.name, "topics": handler.topics, "order": handler.order}
        for service in services
        for handler in _listener(service).handlers.values()
    ]
    return "[\n" + ",\n".join(f" {json.dumps(queue)}" for queue in queues) + "\n]\n"


if __name__ == "__main__":
    whole = read()
    if "--write" in sys.argv:
        write(whole)
    else:
        print(markdown(whole))  # noqa: T201
