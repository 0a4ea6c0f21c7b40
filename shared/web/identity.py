"""Who is asking. The gateway signs a short-lived token; every service verifies it with the public half of the key."""

import json
import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Forbidden, NotSignedIn
from shared.events.plan_parts import Side

__all__ = [
    "COOKIE",
    "Person",
    "Role",
    "Side",
    "SignedIn",
    "issue",
    "person_of",
    "require",
    "signed_in",
    "verify",
]

ALGORITHM = "Ed25519"
COOKIE = "__Host-tailored"
SECONDS = 900
OWN_PAGES = ("/recruitment/applications", "/recruitment/v1/applications")
"""All that an applicant who came with a code may open; whose applications these are, recruitment checks."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    """What a person may do. Enterprise roles are bound to one enterprise."""

    COORDINATOR = "coordinator"
    PANEL_COLLEGE = "panel-college"
    PANEL_ENTERPRISE = "panel-enterprise"
    MENTOR = "mentor"
    TEACHER = "teacher"
    TRAINEE = "trainee"
    MANAGER = "manager"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"
    APPLICANT = "applicant"
    ADMIN = "admin"


class Person(BaseModel):
    """Who is signed in. The side and the enterprise come from the token alone, never from what is sent."""

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    name: str
    roles: frozenset[Role]
    side: Side | None = None
    college_id: UUID | None = None
    enterprise_id: UUID | None = None
    by_code: str | None = None
    """The first letters of the hash of the code with which this person came in, where it was a code."""

    def has(self, *roles: Role) -> bool:
        """Whether the person has any of these roles."""
        return not self.roles.isdisjoint(roles)


class OwnPagesOnly(Forbidden):
    """This way in opens your own applications only."""

    code = "E-WEB-OWN"
    zh = "此登录方式只能查看您本人的申请。"


class CrossSite(Forbidden):
    """This came from another site; open the page here and try again."""

    code = "E-WEB-403"
    zh = "请求来自其他网站；请在本系统页面内操作。"


def issue(person: Person, signing_key: str, seconds: int = SECONDS) -> str:
    """A token for this person (JWT, EdDSA), valid for some seconds. `signing_key` is a private JWK as JSON."""
    now = int(time.time())
    claims = {
        **person.model_dump(mode="json"),
        "sub": str(person.person_id),
        "iat": now,
        "exp": now + seconds,
    }
    return jwt.encode(
        {"alg": ALGORITHM}, claims, OKPKey.import_key(json.loads(signing_key)), algorithms=[ALGORITHM]
    )


def verify(token: str, verify_key: str) -> Person:
    """The person whom the token names. Raises NotSignedIn when it is forged, broken or too old."""
    try:
        claims = jwt.decode(token, OKPKey.import_key(json.loads(verify_key)), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
        return Person.model_validate(claims)
    except (JoseError, ValueError, ValidationError) as error:
        raise NotSignedIn from error


def signed_in(request: Request) -> Person:
    """The person behind a request: the bearer token, or the cookie of the pages."""
    verify_key = request.app.state.settings.verify_key
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE, "")
        if token and request.method not in SAFE_METHODS and not same_site(request):
            raise CrossSite
    if not token or not verify_key:
        raise NotSignedIn
    person = verify(token, verify_key)
    if person.roles == {Role.APPLICANT} and not within(request.url.path, OWN_PAGES):
        raise OwnPagesOnly
    return person


def within(path: str, pages: Iterable[str]) -> bool:
    """Whether this is one of the pages, or below one."""
    return any(path == page or path.startswith(f"{page}/") for page in pages)


async def person_of(request: Request) -> Person | None:
    """The same, or nobody: for doors and pages that anybody may come to."""
    try:
        return signed_in(request)
    except (NotSignedIn, OwnPagesOnly):
        return None


def same_site(request: Request) -> bool:
    """A cookie alone proves nothing about who wrote the form: the browser says where it came from."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


SignedIn = Annotated[Person, Depends(signed_in)]


def require(*roles: Role) -> Person:
    """Signed in with one of these roles; written in the annotation of a parameter."""

    def checked(person: SignedIn) -> Person:
        if not person.has(*roles):
            raise Forbidden(", ".join(roles))
        return person

    return Depends(checked)  # type: ignore[no-any-return]
