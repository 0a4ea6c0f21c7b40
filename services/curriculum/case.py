"""Frameworks as 1EdTech CASE 1.1 packages: read without losing anything. Pure.

A package that came in is kept whole and goes out as it came. From it competencies are read: one for each CFItem that is
no translation of another; texts of an item that `isTranslationOf` another become its other language; the five levels are
those of a CFRubric whose criterion points to the item.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.curriculum import tabled
from services.curriculum.case_checking import DEFINITIONS, Json, Package, is_said
from shared.events.base import Text
from shared.events.plan_parts import Competency

CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
LONGEST = 500
SAID = ("creator", "publisher", "version", "adoptionStatus", "officialSourceURL")


def competencies_of(package: Package) -> list[Competency]:
    """What the package says that people can do, each with a code that is its own."""
    translations = _translations(package)
    translating = {one["identifier"] for others in translations.values() for one in others}
    levels = _levels(package)
    taken: set[str] = set()

    def competency(part: tuple[int, Json]) -> Competency:
        number, item = part
        name = item["identifier"]
        title = _title(item, translations.get(name, []))
        code, source = _code(item, taken), f"CASE {name}"[:300]
        return tabled.competency(f"CFItems[{number}]", code, title, source, levels.get(name, []))

    items = enumerate(package.get("CFItems") or [])
    own = [(number, item) for number, item in items if item["identifier"] not in translating]
    return tabled.every(own, competency)


def title_of(document: Mapping[str, Any]) -> Text:
    """What the document calls itself, in both languages where it was made here."""
    return _both(document, str(document.get("title") or document["identifier"])[:LONGEST])


def about(document: Mapping[str, Any], licences: Any = None) -> dict[str, str]:
    """What a document says of itself: who made it, its version, how far it is adopted, its licence; else empty."""
    link = document.get("licenseURI")
    licence = link if isinstance(link, dict) else {"uri": link}
    names = [licence.get("title"), licence.get("uri")]
    for one in licences if isinstance(licences, list) else []:
        if one.get("identifier") == licence.get("identifier"):
            names.insert(0, one.get("title"))
    found = {name: document[name] if is_said(document.get(name)) else "" for name in SAID}
    return found | {"licence": next((name for name in names if is_said(name)), "")}


def _translations(package: Package) -> dict[str, list[Json]]:
    """Item -> the items that translate it."""
    items = {item["identifier"]: item for item in package.get("CFItems") or []}
    found: dict[str, list[Json]] = {}
    for link in package.get("CFAssociations") or []:
        origin, of = node_of(link, "originNodeURI"), node_of(link, "destinationNodeURI")
        if link["associationType"] == "isTranslationOf" and {origin, of} <= items.keys() and origin != of:
            found.setdefault(of, []).append(items[origin])
    return found


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


def _title(item: Mapping[str, Any], translated: Sequence[Mapping[str, Any]]) -> Text:
    """Chinese and English where the item or a translation has them, else the item's own words.

    An item that names no language is taken for English; such a translation for the language that its item is not in.
    """
    own = _language(item, "en")
    words = {_language(one, "en" if own == "zh" else "zh"): words_of(one) for one in reversed(translated)}
    words[own] = words_of(item)
    return Text(zh=words.get("zh", words[own]), en=words.get("en", words[own]))


def _language(item: Mapping[str, Any], unsaid: str) -> str:
    return str(item.get("language") or unsaid).lower().partition("-")[0]


def words_of(item: Mapping[str, Any]) -> str:
    """What an item says, short where it has a short form."""
    said = str(item.get("abbreviatedStatement") or "").strip() or str(item["fullStatement"]).strip()
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _levels(package: Package) -> dict[str, list[Text]]:
    """Item -> what its levels mean, from the rubrics of the package, lowest first."""
    found: dict[str, list[Text]] = {}
    for rubric in package.get("CFRubrics") or []:
        for criterion in rubric.get("CFRubricCriteria") or []:
            link = criterion.get("CFItemURI")
            steps = sorted(criterion.get("CFRubricCriterionLevels") or [], key=_place)
            if isinstance(link, dict) and is_said(link.get("identifier")) and steps:
                found[link["identifier"]] = [_level(one) for one in steps][:5]
    return found


def _place(step: Mapping[str, Any]) -> float:
    place = step.get("position")
    return place if isinstance(place, int | float) else 0


def _level(step: Mapping[str, Any]) -> Text:
    said = step.get("description") or step.get("quality") or step.get("identifier") or "—"
    return _both(step, str(said)[:LONGEST])


def _both(part: Mapping[str, Any], said: str) -> Text:
    """Both languages where our own extension gives them, else the same words for both."""
    extensions = part.get("extensions")
    both = extensions.get("tailored:title") if isinstance(extensions, dict) else None
    own = both if isinstance(both, dict) else {}
    zh, en = (own[name][:LONGEST] if is_said(own.get(name)) else said for name in ("zh", "en"))
    return Text(zh=zh, en=en)


def part_of(package: Package, kind: str, identifier: str) -> Any | None:
    """A part of a package by its kind at the CASE service, for example CFItems; none where it has no such part."""
    parts = (package.get("CFDefinitions") or {}).get(kind) if kind in DEFINITIONS else package.get(kind)
    return next((one for one in parts or [] if one.get("identifier") == identifier), None)


def ties_of(package: Package, item: str) -> list[Json]:
    """Every association that starts or ends at an item."""
    ends = ("originNodeURI", "destinationNodeURI")
    return [
        link for link in package.get("CFAssociations") or [] if item in {node_of(link, end) for end in ends}
    ]
