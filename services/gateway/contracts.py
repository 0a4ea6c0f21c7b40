"""The committed schemas, and whether the code still keeps them: `python -m services.gateway.contracts [--write]`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.gateway.catalogue import CONTRACTS, vocabulary_schemas

FOLDER = CONTRACTS / "events"
LOWER, UPPER = ("minimum", "exclusiveMinimum", "minLength", "minItems"), (
    "maximum", "exclusiveMaximum", "maxLength", "maxItems",
)  # fmt: skip
Schema = Mapping[str, Any]


def breaks(before: Schema, now: Schema) -> list[str]:
    """What a sender or a listener of yesterday would trip over today."""
    return list(_breaks("", before, now, before.get("$defs", {}), now.get("$defs", {})))


def _breaks(path: str, before: Schema, now: Schema, old: Schema, new: Schema) -> Iterator[str]:
    before, now = _resolved(before, old), _resolved(now, new)
    if _types(before, old) - _types(now, new):
        yield f"{path or 'data'}: was {sorted(_types(before, old))}, is {sorted(_types(now, new))}"
        return
    yield from _narrower(path, before, now)
    fields, left = before.get("properties", {}), now.get("properties", {})
    for name in fields:
        if name not in left:
            yield f"{path}.{name}: is gone".lstrip(".")
        else:
            yield from _breaks(f"{path}.{name}".lstrip("."), fields[name], left[name], old, new)
    for name in sorted(set(now.get("required", ())) - set(before.get("required", ()))):
        yield f"{path}.{name}: is required now".lstrip(".")
    for part in ("items", "additionalProperties"):
        if isinstance(before.get(part), dict) and isinstance(now.get(part), dict):
            yield from _breaks(f"{path}[]", before[part], now[part], old, new)
    for one, other in zip(before.get("anyOf", ()), now.get("anyOf", ()), strict=False):
        yield from _breaks(path, one, other, old, new)


def _narrower(path: str, before: Schema, now: Schema) -> Iterator[str]:
    for bound in LOWER:
        if bound in now and now[bound] > before.get(bound, float("-inf")):
            yield f"{path}: {bound} is {now[bound]} now"
    for bound in UPPER:
        if bound in now and now[bound] < before.get(bound, float("inf")):
            yield f"{path}: {bound} is {now[bound]} now"
    if now.get("pattern") not in {None, before.get("pattern")}:
        yield f"{path}: has another pattern"
    if lost := set(before.get("enum", ())) - set(now.get("enum", before.get("enum", ()))):
        yield f"{path}: no longer takes {sorted(lost)}"


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    ref = schema.get("$ref")
    return definitions[ref.rpartition("/")[2]] if ref else schema


def _types(schema: Schema, definitions: Schema) -> set[str]:
    schema = _resolved(schema, definitions)
    if "anyOf" in schema:
        return set().union(*(_types(each, definitions) for each in schema["anyOf"]))
    told = schema.get("type", "anything")
    return {"number", "integer"} if told == "number" else {told}


def committed(folder: Path = FOLDER) -> dict[str, Schema]:
    """The schemas that stand in the repository, by event type."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def problems(folder: Path = FOLDER) -> list[str]:
    """Every incompatible change, and every event that is not written down."""
    now, found = vocabulary_schemas(), []
    for name, before in committed(folder).items():
        if name not in now:
            found.append(f"{name}: is gone; keep it until nobody says or hears it")
        else:
            found += [f"{name}: {each}" for each in breaks(before, now[name])]
    return found + [f"{name}: not in contracts/events" for name in sorted(set(now) - set(committed(folder)))]


def write(folder: Path = FOLDER) -> None:
    """Write down what is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in vocabulary_schemas().items():
        (folder / f"{name}.json").write_text(
            json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        )


if __name__ == "__main__":
    broken = [each for each in problems() if "not in contracts" not in each]
    if "--write" in sys.argv and not broken:
        write()
    else:
        broken = problems()
    sys.stdout.writelines(f"{each}\n" for each in broken)
    sys.exit(1 if broken else 0)
