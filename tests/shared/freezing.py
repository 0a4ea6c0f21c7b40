"""Freezes what a release says, hears and asks of its database: `python -m tests.shared.freezing 0.1.0`, once for each release."""

import json
import sys
from pathlib import Path
from typing import Any

from services.gateway import catalogue
from services.gateway.vocabulary import EVENTS
from shared.events.base import Event
from shared.messaging import failures, inbox, inprocess, order, outbox, relay, retrying
from tests.shared.test_relay import an_envelope

RELEASES = Path(__file__).with_name("releases")
WORDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def sample(kind: type[Event]) -> dict[str, Any] | None:
    """Content that this event type takes; None where its own rules refuse what the schema alone suggests."""
    schema = kind.model_json_schema()
    try:
        made = catalogue._example("", schema, schema.get("$defs", {}))
        return kind.model_validate(made).model_dump(mode="json")
    except Exception:  # noqa: BLE001 - a rule between fields; other types stand for it
        return None


def statements() -> dict[str, str]:
    """Every statement of delivery that is a constant of its module."""
    found = {}
    for module in (failures, inbox, inprocess, order, outbox, relay, retrying):
        for name, value in vars(module).items():
            if isinstance(value, str) and name.isupper() and value.strip().startswith(WORDS):
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = value
    return found


def freeze(release: str) -> None:
    bodies = {kind.type_name(): sample(kind) for kind in EVENTS.values()}
    frozen = {
        "headers": an_envelope(externalid="7").headers(),
        "bodies": {name: body for name, body in sorted(bodies.items()) if body is not None},
        "schemas": {kind.type_name(): kind.model_json_schema() for kind in EVENTS.values()},
        "statements": statements(),
    }
    RELEASES.mkdir(exist_ok=True)
    (RELEASES / f"{release}.json").write_text(
        json.dumps(frozen, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    freeze(sys.argv[1])
