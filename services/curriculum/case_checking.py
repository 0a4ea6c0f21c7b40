"""Whether a CASE package is one, as far as its parts and links must be read; every fault with its place. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from uuid import UUID

from services.curriculum import tabled
from services.curriculum.refusals import FrameworkBroken

Package = Mapping[str, Any]
Json = dict[str, Any]
DEFINITIONS = ("CFConcepts", "CFSubjects", "CFLicenses", "CFItemTypes", "CFAssociationGroupings")
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")


def parsed(text: str) -> Any:
    """What the JSON says; refused with the place where it is none, or holds what no database keeps."""
    try:
        given = json.loads(text)
    except json.JSONDecodeError as bad:
        raise FrameworkBroken(f"line {bad.lineno}, column {bad.colno}: {bad.msg}") from None
    except (RecursionError, ValueError) as bad:
        raise FrameworkBroken(f"this JSON cannot be read: {bad}") from None
    tabled.refuse([(f"{where}: {what}", where) for where, what in _unkept(given)])
    return given


def _unkept(given: Any) -> Iterator[tuple[str, str]]:
    """Every place with a number that is none, or a text with a character that PostgreSQL refuses."""
    waiting: list[tuple[str, Any]] = [("", given)]
    while waiting:
        where, part = waiting.pop()
        if isinstance(part, dict):
            waiting += [(f"{where}.{name}".strip("."), each) for name, each in reversed(part.items())]
            waiting += [(f"{where}, a name in it".strip(", "), name) for name in part]
        elif isinstance(part, list):
            waiting += [(f"{where}[{at}]", each) for at, each in reversed([*enumerate(part)])]
        elif isinstance(part, float) and not isfinite(part):
            yield where, f"{part} is no number in JSON"
        elif isinstance(part, str) and UNKEPT.search(part):
            yield where, "it holds the character U+0000 or half of one (U+D800 to U+DFFF)"


def unwrapped(given: Any) -> Json:
    """The package itself, checked as far as links need it; some servers wrap it in `CFPackage`."""
    if isinstance(given, dict) and isinstance(given.get("CFPackage"), dict):
        given = given["CFPackage"]
    if not isinstance(given, dict) or not isinstance(given.get("CFDocument"), dict):
        raise FrameworkBroken("a CASE package has a CFDocument", field="CFDocument")
    tabled.refuse(list(_misshapen(given)))
    tabled.refuse(list(_complaints(given)))
    return given


def _misshapen(package: Package) -> Iterator[tuple[str, str | None]]:
    """Parts that are no lists of objects where CASE has such; none at all, or null, is well."""
    definitions = package.get("CFDefinitions") or {}
    if not isinstance(definitions, dict):
        yield "CFDefinitions: it is no object", "CFDefinitions"
        definitions = {}
    lists = [(name, package.get(name)) for name in ("CFItems", "CFAssociations", "CFRubrics")]
    lists += [(f"CFDefinitions.{name}", definitions.get(name)) for name in DEFINITIONS]
    for name, part in lists:
        yield from _no_objects(name, part)
    if not isinstance(package.get("CFRubrics") or [], list):
        return
    for at, rubric in enumerate(package.get("CFRubrics") or []):
        criteria = rubric.get("CFRubricCriteria") if isinstance(rubric, dict) else None
        yield from _no_objects(f"CFRubrics[{at}].CFRubricCriteria", criteria)
        for number, criterion in enumerate(criteria if isinstance(criteria, list) else []):
            steps = criterion.get("CFRubricCriterionLevels") if isinstance(criterion, dict) else None
            yield from _no_objects(
                f"CFRubrics[{at}].CFRubricCriteria[{number}].CFRubricCriterionLevels", steps
            )


def _no_objects(name: str, part: Any) -> Iterator[tuple[str, str | None]]:
    if part is not None and not isinstance(part, list):
        yield f"{name} is a list", name
    for at, one in enumerate(part if isinstance(part, list) else []):
        if not isinstance(one, dict):
            yield f"{name}[{at}]: it is no object", f"{name}[{at}]"


def _complaints(package: Package) -> Iterator[tuple[str, str | None]]:
    if not _is_id(package["CFDocument"].get("identifier")):
        yield "the document has no UUID as identifier", "CFDocument.identifier"
    seen: set[str] = set()
    for number, item in enumerate(package.get("CFItems") or []):
        where = f"CFItems[{number}]"
        if not all(is_said(item.get(name)) for name in ("identifier", "fullStatement")):
            yield f"{where}: an item has identifier and fullStatement", where
        elif item["identifier"] in seen:
            yield f"{where}: identifier {item['identifier']} stands there twice", where
        else:
            seen.add(item["identifier"])
    for number, link in enumerate(package.get("CFAssociations") or []):
        ends = [_end(link.get(end)) for end in ("originNodeURI", "destinationNodeURI")]
        if not all(ends) or not is_said(link.get("associationType")):
            where = f"CFAssociations[{number}]"
            yield f"{where}: an association has associationType, originNodeURI and destinationNodeURI", where


def is_said(given: Any) -> bool:
    """A text with words in it."""
    return isinstance(given, str) and bool(given.strip())


def _end(node: Any) -> bool:
    """Whether it says where it leads; version 1.0 packages write a bare URI."""
    named = [node.get("identifier"), node.get("uri")] if isinstance(node, dict) else [node]
    return any(is_said(one) for one in named)


def _is_id(given: Any) -> bool:
    try:
        UUID(str(given))
    except ValueError:
        return False
    return True
