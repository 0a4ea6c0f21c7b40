"""A framework as a page shows it: each competency with its levels, its profile, and to what it is tied. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from services.curriculum import case
from services.curriculum.case_checking import Json
from services.curriculum.model import Alignment, Framework

Tie = dict[str, Any]
Shown = dict[str, Any]


def framework_shown(
    framework: Framework, alignments: Iterable[Alignment], package: Json | None
) -> list[Shown]:
    """A row for each competency, in the order of the framework."""
    ties: dict[str, list[Tie]] = defaultdict(list)
    for one in alignments:
        ties[one.code].append(_tie(one.kind, one.target_title or one.target, one.target))
    codes = {one["source"].removeprefix("CASE "): one["code"] for one in framework.competencies}
    for code, tie in _package_ties(package, codes) if package else ():
        ties[code].append(tie)
    asked = {one["competency"]: one for one in framework.profile}
    return [_row(one, asked.get(one["code"]), ties[one["code"]]) for one in framework.competencies]


def _row(competency: Json, asked: Json | None, ties: list[Tie]) -> Shown:
    words = [competency["code"], competency["source"], *competency["title"].values()]
    return {**competency, "asked": asked, "ties": ties, "searched": " ".join(words).casefold()}


def _package_ties(package: Json, codes: dict[str, str]) -> Iterable[tuple[str, Tie]]:
    """Every association of the package, at each of its ends that is a competency; translations are its words already."""
    names = {one["identifier"]: case.words_of(one) for one in package.get("CFItems") or []}
    document = package["CFDocument"]
    names[document["identifier"]] = str(document.get("title") or document["identifier"])
    for link in package.get("CFAssociations") or []:
        if link["associationType"] == "isTranslationOf":
            continue
        origin, destination = link["originNodeURI"], link["destinationNodeURI"]
        first, last = case.node_of(link, "originNodeURI"), case.node_of(link, "destinationNodeURI")
        for own, other, node, backwards in (
            (first, last, destination, False),
            (last, first, origin, True),
        ):
            if own in codes:
                said = node if isinstance(node, dict) else {"uri": node}
                words = names.get(other) or said.get("title") or said.get("uri") or other
                tie = _tie(link["associationType"], str(words), said.get("uri"))
                yield codes[own], tie | {"backwards": backwards}


def _tie(kind: str, words: str, uri: Any) -> Tie:
    """An address is followed only where a browser may go."""
    safe = isinstance(uri, str) and uri.startswith(("http://", "https://"))
    return {"kind": kind, "words": words, "uri": uri if safe else None, "backwards": False}
