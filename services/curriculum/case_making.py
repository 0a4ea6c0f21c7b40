"""A CASE 1.1 package of a framework that was published here, with its levels, both languages and alignments. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid5

from shared.events.base import Text
from shared.events.plan_parts import Competency

Json = dict[str, Any]
ROOT = UUID("5f0c4b1e-7e0f-5b55-9a54-2f3f8a3a7c11")


def package_of(
    framework_id: UUID,
    version: int,
    title: Text,
    competencies: Sequence[Competency],
    alignments: Iterable[tuple[str, str, str, str]],
    links: "Links",
) -> Json:
    """A package of what was published here. `alignments`: (code, kind, target uri, target title)."""
    changed = links.changed
    document = links.link("CFDocuments", framework_id, title.en)
    items: list[Json] = []
    ties: list[Json] = []
    for number, one in enumerate(competencies, start=1):
        english, chinese = (_item_id(framework_id, one.code, language) for language in ("en", "zh"))
        for identifier, words, language in ((english, one.title.en, "en"), (chinese, one.title.zh, "zh")):
            items.append({
                "identifier": str(identifier), "uri": links.uri("CFItems", identifier), "CFDocumentURI": document,
                "fullStatement": words, "humanCodingScheme": one.code, "language": language,
                "lastChangeDateTime": changed, **({"notes": one.source} if one.source else {}),
            })  # fmt: skip
        ties.append(links.tie("isChildOf", english, framework_id, one.title.en, title.en, sequence=number))
        ties.append(links.tie("isTranslationOf", chinese, english, one.title.zh, one.title.en))
    for code, kind, uri, name in alignments:
        origin = _item_id(framework_id, code, "en")
        ties.append(links.tie(kind, origin, uuid5(ROOT, uri), code, name, uri=uri))
    package: Json = {
        "CFDocument": {
            "identifier": str(framework_id), "uri": links.uri("CFDocuments", framework_id), "creator": "Tailored",
            "title": title.en, "version": str(version), "language": "en", "adoptionStatus": "Adopted",
            "lastChangeDateTime": changed, "CFPackageURI": links.link("CFPackages", framework_id, title.en),
            "extensions": {"tailored:title": title.model_dump()},
        },
        "CFItems": items,
        "CFAssociations": ties,
    }  # fmt: skip
    if rubrics := _rubrics(framework_id, title, competencies, links):
        package["CFRubrics"] = rubrics
    return package


def _item_id(framework_id: UUID, code: str, language: str) -> UUID:
    return uuid5(framework_id, f"{code} {language}")


def _rubrics(
    framework_id: UUID, title: Text, competencies: Sequence[Competency], links: "Links"
) -> list[Json]:
    """The levels of each competency, as criteria of one rubric."""
    own = uuid5(framework_id, "rubric")
    criteria = [
        {
            "identifier": str(uuid5(own, one.code)), "uri": links.uri("CFRubrics", uuid5(own, one.code)),
            "CFItemURI": links.link("CFItems", _item_id(framework_id, one.code, "en"), one.title.en),
            "rubricId": str(own), "position": number, "lastChangeDateTime": links.changed,
            "CFRubricCriterionLevels": [
                {
                    "identifier": str(uuid5(own, f"{one.code} {place}")), "position": place, "score": place,
                    "uri": links.uri("CFRubrics", uuid5(own, f"{one.code} {place}")), "description": level.en,
                    "rubricCriterionId": str(uuid5(own, one.code)), "lastChangeDateTime": links.changed,
                    "extensions": {"tailored:title": level.model_dump()},
                }
                for place, level in enumerate(one.levels, start=1)
            ],
        }
        for number, one in enumerate(competencies, start=1)
        if one.levels
    ]  # fmt: skip
    if not criteria:
        return []
    head = {"identifier": str(own), "uri": links.uri("CFRubrics", own), "title": title.en}
    return [{**head, "lastChangeDateTime": links.changed, "CFRubricCriteria": criteria}]


class Links:
    """Writes the addresses of a package and the ties between its parts."""

    def __init__(self, base: str, changed: str) -> None:
        """`base` is the address of the CASE service, `changed` the time that everything here bears."""
        self.base = base
        self.changed = changed

    def uri(self, kind: str, identifier: UUID) -> str:
        """Where a part can be read."""
        return f"{self.base}/{kind}/{identifier}"

    def link(self, kind: str, identifier: UUID, title: str) -> Json:
        """A link as CASE writes it."""
        return {"title": title, "identifier": str(identifier), "uri": self.uri(kind, identifier)}

    def tie(
        self,
        kind: str,
        origin: UUID,
        destination: UUID,
        origin_title: str,
        destination_title: str,
        *,
        sequence: int | None = None,
        uri: str | None = None,
    ) -> Json:
        """An association with an identifier of its own."""
        own = uuid5(origin, f"{kind} {destination}")
        end = self.link("CFItems", destination, destination_title)
        return {
            "identifier": str(own), "uri": self.uri("CFAssociations", own), "associationType": kind,
            "originNodeURI": self.link("CFItems", origin, origin_title),
            "destinationNodeURI": end | ({"uri": uri} if uri else {}), "lastChangeDateTime": self.changed,
            **({"sequenceNumber": sequence} if sequence else {}),
        }  # fmt: skip
