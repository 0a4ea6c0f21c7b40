"""A credential as an Open Badge 3.0: whose, for what, by which plan version. Pure; not signed."""

from collections.abc import Mapping
from typing import Any

from services.curriculum.graduates import Award

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


def badge(award: Award, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The criteria point to the competencies of the plan version under which the graduate was taught."""
    plan = f"urn:tailored:plan:{award.plan_id}:{award.plan_version}"
    return {
        "@context": CONTEXT,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": f"urn:uuid:{award.credential_id}",
        "issuer": {"type": ["Profile"], "id": f"urn:uuid:{award.college_id}"},
        "validFrom": f"{award.awarded_on}T00:00:00+08:00",
        "name": award.title["en"],
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "id": f"urn:uuid:{award.trainee_id}",
            "achievement": {
                "type": ["Achievement"],
                "id": plan,
                "achievementType": "Degree" if award.degree else "Certificate",
                "name": award.title["en"],
                "description": f"{award.title['zh']} / {award.title['en']}",
                "criteria": {"id": plan, "narrative": f"Plan version {award.plan_version}, completed."},
                "alignment": [_alignment(code, titles) for code in award.competencies],
            },
        },
    }


def _alignment(code: str, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetCode": code,
        "targetName": titles.get(code, {}).get("en", code),
        "targetType": "CFItem",
        "targetUrl": f"urn:tailored:competency:{code}",
    }
