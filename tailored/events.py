"""`tailored events`: look up event types, check and send events, follow what happens."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

import typer

from services.gateway import catalogue, rules
from services.gateway.refusals import BadShape
from services.gateway.vocabulary import EVENTS, PUBLIC, PUBLIC_NAMES
from shared.events.enterprise import PublicEvent
from tailored.door import Url, call, fail, language

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Event types, examples, checking and sending."
)
Key = Annotated[str | None, typer.Option(envvar="TAILORED_KEY", help="the API key of a source")]
Where = "http://127.0.0.1:8000"


def _kind(name: str) -> type[PublicEvent]:
    found = PUBLIC_NAMES.get(name) or PUBLIC.get(name)
    if found is None:
        fail(f"there is no public event {name!r}; `tailored events types` lists them")
    return found


@app.command()
def types(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List every public event type with its meaning."""
    if as_json:
        print(json.dumps(catalogue.catalogue()["types"], ensure_ascii=False, indent=2))
        return
    for kind in PUBLIC_NAMES.values():
        entry = catalogue.entry(kind)
        print(f"{kind.__name__:24} {kind.type_name()}\n  {entry['meaning'][language()]}")
        print(f"  -> {', '.join(entry['consumers']) or '-'}")


@app.command()
def schema(name: str) -> None:
    """Print the JSON schema of any event, public or internal."""
    every = {**EVENTS, **{kind.__name__: kind for kind in EVENTS.values()}}
    if name not in every:
        fail(f"there is no event {name!r}")
    print(json.dumps(catalogue.schema_of(every[name]), ensure_ascii=False, indent=2))


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3 document of the whole system: every queue, every event, the CloudEvents headers."""
    from tailored.asyncapi import text  # noqa: PLC0415 - it reads every service

    print(text(), end="")


@app.command()
def example(name: str) -> None:
    """Print a whole CloudEvent that the gateway accepts."""
    print(json.dumps(catalogue.example_of(_kind(name)), ensure_ascii=False, indent=2))


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="a file with one CloudEvent or a list; - is stdin")],
) -> None:
    """Check events against their schema without sending anything."""
    bad = 0
    for place, event in enumerate(_read(file)):
        for problem in _check(event):
            bad += 1
            print(f"event {place + 1}: {problem}", file=sys.stderr)
    if bad:
        raise typer.Exit(1)
    print("valid")


def _check(event: Any) -> list[str]:
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return ["not a CloudEvent with an object as data"]
    kind = PUBLIC.get(str(event.get("type")))
    if kind is None:
        return [f"type: unknown {event.get('type')!r}"]
    try:
        rules.believe(kind, event["data"], UUID(int=0))
    except BadShape as refusal:
        tongue = language()
        return [
            f"{each.field}: {each.what.local(tongue)} {each.remedy.local(tongue)}" for each in refusal.faults
        ]
    return []


def _read(file: Path) -> list[Any]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        found = json.loads(text)
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")
    return found if isinstance(found, list) else [found]


@app.command()
def trigger(
    name: str,
    *,
    set_: Annotated[list[str] | None, typer.Option("--set", help="field=value of the data; repeat")] = None,
    url: Url = Where,
    key: Key = None,
) -> None:
    """Send a test event of a type: the example with new ids."""
    event = catalogue.example_of(_kind(name))
    seed = uuid4()
    event["id"] = str(seed)
    data = _renewed(event["data"], seed)
    for pair in set_ or ():
        field, _, value = pair.partition("=")
        data[field] = _value(value)
    event["data"] = data
    _send(url, key, event)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _renewed(value: Any, seed: UUID) -> Any:
    if isinstance(value, dict):
        return {
            name: str(uuid5(seed, each)) if name.endswith("_id") else _renewed(each, seed)
            for name, each in value.items()
        }
    return [_renewed(each, seed) for each in value] if isinstance(value, list) else value


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="a file with one CloudEvent or a list; - is stdin")],
    *,
    atomic: Annotated[bool, typer.Option(help="all or none of a list")] = False,
    url: Url = Where,
    key: Key = None,
) -> None:
    """Send events; each is told apart, and sending twice is harmless."""
    events = _read(file)
    if len(events) == 1 and not atomic:
        _send(url, key, events[0])
        return
    bad = 0
    for start in range(0, len(events), 100):
        path = "/v1/events" + ("?atomic=true" if atomic else "")
        part = events[start : start + 100]
        for result in call(url, key, "POST", path, part, "application/cloudevents-batch+json")["results"]:
            problem = result.get("problem")
            bad += problem is not None
            print(
                f"{start + result['index'] + 1}: {result['status']} {problem['code'] if problem else result['id']}"
            )
    raise typer.Exit(1 if bad else 0)


def _send(url: str, key: str | None, event: Any) -> None:
    answer = call(url, key, "POST", "/v1/events", event, "application/cloudevents+json")
    print(f"{answer['id']}{' (duplicate)' if answer['duplicate'] else ''}")
    print(f"tailored trace {answer['id']}")


@app.command()
def tail(
    *,
    name: Annotated[str | None, typer.Option("--type", help="only events of this type")] = None,
    url: Url = Where,
    token: Annotated[str | None, typer.Option(envvar="TAILORED_TOKEN")] = None,
    follow: Annotated[bool, typer.Option(help="go on until Ctrl-C")] = True,
) -> None:
    """Print events as they happen, newest last."""
    seen: set[str] = set()
    path = "/v1/events?limit=100" + (f"&type={name}" if name else "")
    while True:
        for event in reversed(call(url, token, "GET", path)["events"]):
            if event["id"] not in seen:
                seen.add(event["id"])
                print(
                    f"{event['time'][:19]}  {event['publisher']:12} {event['name']:24} {event['id']}",
                    flush=True,
                )
        if not follow:
            return
        time.sleep(1)
