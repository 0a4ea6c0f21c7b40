"""Frameworks as 1EdTech CASE 1.1 packages: read without losing anything. Pure.

A package that came in is kept whole and goes out as it came. From it competencies are read: one for each CFItem that is
no translation of another; texts of an item that `isTranslationOf` another become its other language; the five levels are
those of a CFRubric whose criterion points to the item.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Text
from shared.events.plan_parts import Competency

Package = Mapping[str, Any]
Json = dict[str, Any]
CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
LONGEST = 500
DEFINITIONS = ("CFConcepts", "CFSubjects", "CFLicenses", "CFItemTypes", "CFAssociationGroupings")


def unwrapped(given: Any) -> Json:
    """The package itself, checked as far as links need it; some servers wrap it in `CFPackage`."""
    if isinstance(given, dict) and isinstance(given.get("CFPackage"), dict):
        given = given["CFPackage"]
    if not isinstance(given, dict) or not isinstance(given.get("CFDocument"), dict):
        raise FrameworkBroken("a CASE package has a CFDocument", field="CFDocument")
    for part in ("CFItems", "CFAssociations"):
        if not isinstance(given.get(part, []), list):
            raise FrameworkBroken(f"{part} is a list", field=part)
    for complaint, field in _complaints(given):
        raise FrameworkBroken(complaint, field=field)
    return given


def _complaints(package: Package) -> Iterator[tuple[str, str]]:
    if not _is_id(package["CFDocument"].get("identifier")):
        yield "the document has no UUID as identifier", "CFDocument.identifier"
    seen: set[str] = set()
    for number, item in enumerate(package.get("CFItems", [])):
        where = f"CFItems[{number}]"
        if not isinstance(item, dict) or not item.get("identifier") or not item.get("fullStatement"):
            yield "an item has identifier and fullStatement", where
        elif item["identifier"] in seen:
            yield f"identifier {item['identifier']} stands there twice", where
        else:
            seen.add(item["identifier"])
    for number, link in enumerate(package.get("CFAssociations", [])):
        ends = (
            [link.get(end) for end in ("originNodeURI", "destinationNodeURI")]
            if isinstance(link, dict)
            else []
        )
        if not ends or not all(ends) or not link.get("associationType"):
            yield (
                "an association has associationType, originNodeURI and destinationNodeURI",
                f"CFAssociations[{number}]",
            )


def _is_id(given: Any) -> bool:
    try:
        UUID(str(given))
    except ValueError:
        return False
    return True


def competencies_of(package: Package) -> list[Competency]:
    """What the package says that people can do, each with a code that is its own."""
    translations = _translations(package)
    other_words = dict(translations.values())
    levels = _levels(package)
    found: list[Competency] = []
    taken: set[str] = set()
    for item in package.get("CFItems", []):
        name = item["identifier"]
        if name in translations:
            continue
        found.append(
            Competency(
                code=_code(item, taken),
                title=_title(item, other_words.get(name)),
                source=f"CASE {name}"[:300],
                levels=levels.get(name, []),
            )
        )
    return found


def _translations(package: Package) -> dict[str, tuple[str, Json]]:
    """Translating item -> the item that it translates, and itself."""
    items = {item["identifier"]: item for item in package.get("CFItems", [])}
    return {
        node_of(link, "originNodeURI"): (
            node_of(link, "destinationNodeURI"),
            items[node_of(link, "originNodeURI")],
        )
        for link in package.get("CFAssociations", [])
        if link["associationType"] == "isTranslationOf" and node_of(link, "originNodeURI") in items
    }


def node_of(link: Mapping[str, Any], end: str) -> str:
    """The identifier at one end of an association; version 1.0 packages write a bare URI."""
    node = link[end]
    return (
        str(node.get("identifier") or node.get("uri"))
        if isinstance(node, dict)
        else str(node).rpartition("/")[2]
    )


def _code(item: Mapping[str, Any], taken: set[str]) -> str:
    """The human coding scheme where it can be a code here and is free, else the identifier."""
    scheme = re.sub(r"[^A-Za-z0-9._-]+", "-", str(item.get("humanCodingScheme") or "")).strip("-._")[:64]
    code = scheme if CODE.match(scheme) and scheme not in taken else str(item["identifier"])
    taken.add(code)
    return code


def _title(item: Mapping[str, Any], other: Mapping[str, Any] | None) -> Text:
    own, else_ = _words(item), _words(other) if other else _words(item)
    return Text(zh=own, en=else_) if _is_chinese(item) else Text(zh=else_, en=own)


def _is_chinese(item: Mapping[str, Any]) -> bool:
    return str(item.get("language") or "").lower().startswith("zh")


def _words(item: Mapping[str, Any]) -> str:
    said = str(item.get("abbreviatedStatement") or "").strip() or str(item["fullStatement"]).strip()
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _levels(package: Package) -> dict[str, list[Text]]:
    """Item -> what its levels mean, from the rubrics of the package, lowest first."""
    found: dict[str, list[Text]] = {}
    for rubric in package.get("CFRubrics") or []:
        for criterion in rubric.get("CFRubricCriteria") or []:
            link = criterion.get("CFItemURI") or {}
            steps = sorted(
                criterion.get("CFRubricCriterionLevels") or [], key=lambda one: one.get("position") or 0
            )
            if link.get("identifier") and steps:
                found[link["identifier"]] = [_level(one) for one in steps][:5]
    return found


def _level(step: Mapping[str, Any]) -> Text:
    said = str(step.get("description") or step.get("quality") or step.get("identifier"))[:LONGEST]
    both = (step.get("extensions") or {}).get("tailored:title") or {}
    return Text(zh=both.get("zh") or said, en=both.get("en") or said)


def part_of(package: Package, kind: str, identifier: str) -> Any | None:
    """A part of a package by its kind at the CASE service, for example CFItems; none where it has no such part."""
    parts = (package.get("CFDefinitions") or {}).get(kind) if kind in DEFINITIONS else package.get(kind)
    return next((one for one in parts or [] if one.get("identifier") == identifier), None)


def ties_of(package: Package, item: str) -> list[Json]:
    """Every association that starts or ends at an item."""
    ends = ("originNodeURI", "destinationNodeURI")
    return [
        link for link in package.get("CFAssociations", []) if item in {node_of(link, end) for end in ends}
    ]
