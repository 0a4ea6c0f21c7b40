"""The catalogue of public events: meaning, schema, example, consumers, refusals."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.gateway.refusals import REFUSALS
from services.gateway.vocabulary import EVENTS, PUBLIC_NAMES, meaning
from shared.events.base import Event
from shared.events.enterprise import PublicEvent

CONTRACTS = Path(__file__).parents[2] / "contracts"
EXAMPLES = UUID("6f1a1e9e-3d6b-5c0e-9f5e-6c1a3f0b7d21")
DAY = "2021-10-01"
TEXT = {"zh": "转炉终点控制", "en": "Endpoint control of the converter"}


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The JSON schema of an event's data; a source may send nothing beside it."""
    schema = kind.model_json_schema(mode="validation")
    for part in (schema, *schema.get("$defs", {}).values()):
        if part.get("type") == "object" and "properties" in part:
            part["additionalProperties"] = False
    schema["$id"] = f"urn:{kind.type_name().replace('.', ':')}"
    return schema


def example_data(kind: type[PublicEvent]) -> dict[str, Any]:
    """A whole example that the gateway accepts; the key fixes the enterprise, so it is not said."""
    schema = kind.model_json_schema()
    data: dict[str, Any] = _example("", schema, schema.get("$defs", {}))
    del data["enterprise_id"]
    if kind.__name__ == "ShutdownPlanned":
        data["last_day"] = "2021-10-07"
    return data


def _example(name: str, part: dict[str, Any], defs: dict[str, Any]) -> Any:  # noqa: C901, PLR0911 - one line a form
    if ref := part.get("$ref"):
        return _example(name, defs[ref.rpartition("/")[2]], defs)
    if "anyOf" in part:
        return _example(name, part["anyOf"][0], defs)
    if "enum" in part:
        return part["enum"][0]
    match part.get("type"), part.get("format"):
        case "object", _ if part.get("title") == "Text":
            return TEXT
        case "object", _ if "properties" in part:
            return {key: _example(key, value, defs) for key, value in part["properties"].items()}
        case "object", _:
            return {"interview": 82.5}
        case "array", _:
            return [
                _example(
                    name.removesuffix("ies") + "y" if name.endswith("ies") else name, part["items"], defs
                )
            ]
        case "string", "uuid":
            return str(uuid5(EXAMPLES, name))
        case "string", "date":
            return _example_day(name)
        case "string", _:
            return str(part.get("examples", ["bof-endpoint-control"])[0])
        case "integer", _:
            return max(3, part.get("minimum", 0)) if part.get("maximum", 9) >= 3 else part["minimum"]
        case _:
            return 3


def _example_day(name: str) -> str:
    return {"effective_until": "2022-09-30", "hired_on": "2017-07-01", "born_on": "1995-05-20"}.get(name, DAY)


def example_of(kind: type[PublicEvent]) -> dict[str, Any]:
    """A whole CloudEvent, ready to be sent."""
    return {
        "specversion": "1.0",
        "id": "example-1",
        "source": "urn:example:mes",
        "type": kind.type_name(),
        "data": example_data(kind),
    }


@cache
def _map() -> dict[str, list[str]]:
    path = CONTRACTS / "map.json"
    heard: dict[str, list[str]] = {}
    for line in json.loads(path.read_text()) if path.exists() else ():
        for name in line["hears"]:
            heard.setdefault(name, []).append(line["queue"])
    return heard


def consumers_of(kind: type[Event]) -> list[str]:
    """The handlers that listen, `service.function`, as the generated map says."""
    return _map().get(kind.__name__, [])


def entry(kind: type[PublicEvent]) -> dict[str, Any]:
    """One type as the list shows it."""
    return {
        "name": kind.__name__,
        "type": kind.type_name(),
        "meaning": meaning(kind),
        "key": kind.key,
        "consumers": consumers_of(kind),
        "schema_url": f"/v1/catalogue/{kind.__name__}",
        "example": example_of(kind),
    }


def refusals() -> list[dict[str, Any]]:
    """Everything the door can say no with."""
    return [
        {
            "code": each.code,
            "status": each.status,
            "what": {"zh": each.title("zh"), "en": each.title()},
            "remedy": {"zh": each.what_to_do("zh"), "en": each.what_to_do()},
        }
        for each in REFUSALS
    ]


def catalogue() -> dict[str, Any]:
    """All public types and all refusals."""
    return {"types": [entry(kind) for kind in PUBLIC_NAMES.values()], "refusals": refusals()}


def detail(kind: type[PublicEvent], door: str) -> dict[str, Any]:
    """One type with all that an integrator needs to send it to the gateway at this address."""
    return {
        **entry(kind),
        "schema": schema_of(kind),
        "snippets": snippets(kind, f"{door.rstrip('/')}/v1/events"),
        "refusals": refusals(),
    }


def snippets(kind: type[PublicEvent], url: str) -> dict[str, str]:
    """The example in the words of curl, Python and Java."""
    body = json.dumps(example_of(kind), ensure_ascii=False, indent=2)
    return {
        "curl": f"curl -sS {url} -H 'Authorization: Bearer '$TAILORED_KEY "
        f"-H 'Content-Type: application/cloudevents+json' --data @- <<'END'\n{body}\nEND",
        "python": "import json, os, urllib.request\n"
        f"event = json.loads('''{body}''')\n"
        f"request = urllib.request.Request('{url}', json.dumps(event).encode(), {{\n"
        "    'Authorization': 'Bearer ' + os.environ['TAILORED_KEY'],\n"
        "    'Content-Type': 'application/cloudevents+json'})\n"
        "print(urllib.request.urlopen(request).read().decode())",
        "java": f'var body = """\n{body}""";\n'
        f'var request = HttpRequest.newBuilder(URI.create("{url}"))\n'
        '    .header("Authorization", "Bearer " + System.getenv("TAILORED_KEY"))\n'
        '    .header("Content-Type", "application/cloudevents+json")\n'
        "    .POST(HttpRequest.BodyPublishers.ofString(body)).build();\n"
        "System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());",
    }


def vocabulary_schemas() -> dict[str, dict[str, Any]]:
    """The schema of every event of the system by its type: what `contracts/` holds."""
    return {name: schema_of(kind) for name, kind in sorted(EVENTS.items())}
