"""A credential as an Open Badge 3.0: whose, for what, by which plan version; signed as a JWT, verified without a network. Pure.

Proof: the JSON Web Token format of Open Badges 3.0: the credential is the payload, Ed25519 signs, and the header brings
the public key as `jwk`, which counts only where it is one of the issuer's (badges given out earlier name it by `kid`).
Revocation: the issuer's list, plain as 1EdTech has it, and as a signed token that a verifier keeps as a file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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


def badge(award: Award, titles: Mapping[str, Mapping[str, str]], address: str) -> dict[str, Any]:
    """The criteria point to the competencies of the plan version under which the graduate was taught.

    `address` is where the system is reached from outside; where it is empty, the status is a path there.
    """
    plan = f"urn:tailored:plan:{award.plan_id}:{award.plan_version}"
    return {
        "@context": CONTEXT,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": f"urn:uuid:{award.credential_id}",
        "issuer": {"type": ["Profile"], "id": issuer_of(award)},
        "validFrom": f"{award.awarded_on}T00:00:00+08:00",
        "name": award.title["en"],
        "credentialStatus": {
            "id": f"{address}/curriculum/issuers/{award.college_id}/revocations",
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


def sign(content: Mapping[str, Any], private: Mapping[str, Any]) -> str:
    """The content as a compact token under this key, whose public half goes along."""
    key = OKPKey.import_key({**private})
    header = {"alg": ALGORITHM, "typ": "JWT", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, {**content}, key, algorithms=[ALGORITHM])


def claims_of(credential: Mapping[str, Any]) -> dict[str, Any]:
    """The credential with the registered claims that the JWT proof format asks for; `nbf` is its `validFrom`."""
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": int(datetime.fromisoformat(credential["validFrom"]).timestamp()),
    }


def revocations(issuer: str, revoked: Iterable[Award], told_on: date, address: str) -> dict[str, Any]:
    """The issuer's list of credentials that no longer hold, with the reason."""
    return {
        "id": address,
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
    said = [credential.get("issuer", {}).get("id"), credential.get("id")]
    said.append(credential.get("credentialSubject", {}).get("id"))
    if [credential.get(claim) for claim in ("iss", "jti", "sub")] != said:
        return Verdict(holds=False, why="its claims differ from the badge: issuer, id or graduate")
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

    def key_for(signature: Any) -> Any:
        brought = signature.headers().get("jwk")
        if brought is None:
            return known
        mine = [one for one in known.keys if one.as_dict(private=False).get("x") == brought.get("x")]
        if not mine:
            raise ValueError("its key is none of the issuer's")
        return mine[0]

    return jwt.decode(token.strip(), key_for, algorithms=[ALGORITHM]).claims


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "d"}


def as_text(credential: Mapping[str, Any]) -> str:
    """For a person: readable JSON."""
    return json.dumps(credential, ensure_ascii=False, indent=1)
