"""A credential as an Open Badge 3.0: whose, for what, by which plan version; signed as a JWT, verified without a network. Pure.

Proof: the JSON Web Token format of Open Badges 3.0 (section 8): the credential is the payload, `kid` names the issuer's
key, Ed25519 signs. Revocation: the issuer's list, itself a signed token, that a verifier keeps as a file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.curriculum.graduates import Award

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
ALGORITHM = "Ed25519"
LIST_TYPE = "1EdTechRevocationList"


def badge(award: Award, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The criteria point to the competencies of the plan version under which the graduate was taught."""
    plan = f"urn:tailored:plan:{award.plan_id}:{award.plan_version}"
    return {
        "@context": CONTEXT,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": f"urn:uuid:{award.credential_id}",
        "issuer": {"type": ["Profile"], "id": issuer_of(award)},
        "validFrom": f"{award.awarded_on}T00:00:00+08:00",
        "name": award.title["en"],
        "credentialStatus": {
            "id": f"/curriculum/issuers/{award.college_id}/revocations",
            "type": LIST_TYPE,
        },
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


def issuer_of(award: Award) -> str:
    """The college, as the issuer's id."""
    return f"urn:uuid:{award.college_id}"


def _alignment(code: str, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetCode": code,
        "targetName": titles.get(code, {}).get("en", code),
        "targetType": "CFItem",
        "targetUrl": f"urn:tailored:competency:{code}",
    }


def sign(content: Mapping[str, Any], private: Mapping[str, Any], kind: str = "vc+jwt") -> str:
    """The content as a compact token under this key. A credential also says who, whose and from when as claims."""
    key = OKPKey.import_key({**private})
    return jwt.encode(
        {"alg": ALGORITHM, "typ": kind, "kid": key.kid}, {**content}, key, algorithms=[ALGORITHM]
    )


def claims_of(credential: Mapping[str, Any], awarded_on: date) -> dict[str, Any]:
    """The credential with the registered claims that the JWT proof format asks for."""
    subject = credential["credentialSubject"]["id"]
    seconds = (awarded_on - date(1970, 1, 1)).days * 86_400
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "sub": subject,
        "nbf": seconds,
    }


def revocations(issuer: str, revoked: Iterable[Award], told_on: date) -> dict[str, Any]:
    """The issuer's list of credentials that no longer hold, with the reason."""
    return {
        "type": LIST_TYPE,
        "issuer": issuer,
        "told_on": str(told_on),
        "revokedCredentials": [
            {
                "id": f"urn:uuid:{one.credential_id}",
                "revoked": True,
                "revocationReason": one.revoked_because or "",
            }
            for one in revoked
        ],
    }


@dataclass(frozen=True)
class Verdict:
    """What a verifier may say about a badge, and the badge itself where its signature holds."""

    holds: bool
    why: str
    credential: dict[str, Any] | None = None


def verify(token: str, keys: Mapping[str, Any], list_token: str | None = None) -> Verdict:
    """Whether this badge was signed by a key of its issuer, still holds, and is an Open Badge at all."""
    try:
        credential = dict(_decoded(token, keys))
    except (JoseError, ValueError) as bad:
        return Verdict(holds=False, why=f"the signature does not hold: {bad}")
    if "OpenBadgeCredential" not in credential.get("type", []):
        return Verdict(holds=False, why="this is no Open Badge")
    if credential.get("iss") != credential.get("issuer", {}).get("id"):
        return Verdict(holds=False, why="issuer and signature differ")
    if list_token is None:
        return Verdict(
            holds=True, why="signed by its issuer; no revocation list was given", credential=credential
        )
    return _on_list(credential, list_token, keys)


def _on_list(credential: dict[str, Any], list_token: str, keys: Mapping[str, Any]) -> Verdict:
    try:
        told = _decoded(list_token, keys)
    except (JoseError, ValueError) as bad:
        return Verdict(holds=False, why=f"the revocation list is not signed by the issuer: {bad}")
    if told.get("issuer") != credential["iss"] or told.get("type") != LIST_TYPE:
        return Verdict(holds=False, why="the revocation list is another issuer's")
    for entry in told.get("revokedCredentials", []):
        if entry.get("id") == credential["id"]:
            return Verdict(
                holds=False, why=f"revoked: {entry.get('revocationReason')}", credential=credential
            )
    why = f"signed by its issuer, and not revoked on {told.get('told_on')}"
    return Verdict(holds=True, why=why, credential=credential)


def _decoded(token: str, keys: Mapping[str, Any]) -> Mapping[str, Any]:
    known = KeySet.import_key_set({"keys": [_public(one) for one in keys.get("keys", [])]})
    decoded = jwt.decode(token.strip(), known, algorithms=[ALGORITHM])
    return decoded.claims


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "d"}


def as_text(credential: Mapping[str, Any]) -> str:
    """For a person: readable JSON."""
    return json.dumps(credential, ensure_ascii=False, indent=1)
