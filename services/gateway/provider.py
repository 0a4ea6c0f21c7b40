"""The identity provider of the college or the enterprise: OpenID Connect 1.0, authorization code with PKCE (RFC 7636).

What the provider says of a person is believed only where its ID token is signed by a key that it publishes, is meant for
us, is in force and answers this sign-in (nonce). What that person may do here is not the provider's to say: `accounts.py`.
"""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Refused
from shared.settings import SECRETS

BACK = "/sign-in/oidc/back"
KEPT = 600.0
LEEWAY = 60
PUBLISHED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519", "EdDSA"}
)


class ProviderHalfSet(SystemExit):
    """OIDC_ISSUER is set and something that it needs is not: the process does not start."""


class ProviderAway(Refused):
    """The identity provider does not answer as it should."""

    code = "E-GTW-OIDC-AWAY"
    status = 502
    zh = "统一身份认证系统没有正常应答。"
    remedy = "Try again in a minute; if it stays so, tell the operator (OIDC_ISSUER)."
    remedy_zh = "请稍后重试；如仍不行，请告知运维人员（OIDC_ISSUER）。"


class SignInFailed(Refused):
    """The identity provider did not let you in, or its answer does not hold."""

    code = "E-GTW-OIDC"
    status = 403
    zh = "统一身份认证未通过，或其应答无效。"
    remedy = "Begin again on the page /sign-in, in one browser and within ten minutes."
    remedy_zh = "请在 /sign-in 页面重新开始，在同一浏览器中十分钟内完成。"


class Oidc(BaseSettings):
    """OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and the rest. No issuer: nobody signs in by a provider.

    `public_url` is the address at which browsers reach us; `admins` are subjects or verified e-mail addresses, by commas.
    """

    model_config = SettingsConfigDict(env_prefix="OIDC_", extra="ignore", secrets_dir=SECRETS or None)

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    public_url: str = ""
    scope: str = "openid profile email"
    name: str = ""
    admins: str = ""

    def check(self) -> None:
        """Half a configuration would be found out by the first person who signs in."""
        missing = [name for name in ("client_id", "public_url") if not getattr(self, name)]
        if self.issuer and missing:
            raise ProviderHalfSet(
                f"OIDC_ISSUER needs {' and '.join(f'OIDC_{one.upper()}' for one in missing)}"
            )

    def is_admin(self, who: "Identity") -> bool:
        """Whether the operator named this person as an administrator."""
        named = {one.strip().casefold() for one in self.admins.split(",") if one.strip()}
        return who.subject.casefold() in named or (who.email_verified and who.email.casefold() in named)


class Pending(BaseModel):
    """A sign-in that this browser has begun."""

    model_config = ConfigDict(extra="ignore")
    state: str
    nonce: str
    verifier: str
    back: str


class Identity(BaseModel):
    """Who the provider says that it is."""

    subject: str
    name: str
    email: str = ""
    email_verified: bool = False


class Provider:
    """One identity provider. What it publishes is kept ten minutes; an unknown key asks once more."""

    def __init__(self, oidc: Oidc) -> None:
        self.oidc = oidc
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    async def begin(self, back: str) -> tuple[str, Pending]:
        """Where to send the browser, and what it must bring back."""
        pending = Pending(
            state=secrets.token_urlsafe(), nonce=secrets.token_urlsafe(), verifier=secrets.token_urlsafe(48), back=back
        )  # fmt: skip
        challenge = urlsafe_b64encode(sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.oidc.client_id, "redirect_uri": self._back, "scope": self.oidc.scope,
            "state": pending.state, "nonce": pending.nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        address = str((await self._metadata())["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", pending

    async def identity(self, pending: Pending, code: str) -> Identity:
        """Change the code for an ID token and read it. Raises SignInFailed where it does not hold."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._back, "code_verifier": pending.verifier,
            "client_id": self.oidc.client_id,
        }  # fmt: skip
        secret = self.oidc.client_secret
        told = await self._ask(
            "POST", str((await self._metadata())["token_endpoint"]), data=form,
            auth=httpx.BasicAuth(self.oidc.client_id, secret) if secret else None,
        )  # fmt: skip
        claims = await self._verified(str(told.get("id_token", "")), pending.nonce)
        more = await self._userinfo(told.get("access_token"), claims)
        try:
            return Identity(
                subject=claims["sub"], email=more.get("email") or "", email_verified=more.get("email_verified") is True,
                name=more.get("name") or more.get("preferred_username") or more.get("email") or claims["sub"],
            )  # fmt: skip
        except ValidationError as error:
            raise SignInFailed("claims") from error

    async def way_out(self) -> str | None:
        """Where one signs out of the provider too, so that the next person at this screen is not oneself again."""
        address = (await self._metadata()).get("end_session_endpoint")
        after = {
            "client_id": self.oidc.client_id,
            "post_logout_redirect_uri": f"{self.oidc.public_url.rstrip('/')}/sign-in",
        }
        return f"{address}?{urlencode(after)}" if address else None

    @property
    def _back(self) -> str:
        return self.oidc.public_url.rstrip("/") + BACK

    async def _metadata(self) -> dict[str, Any]:
        found = await self._published(self.oidc.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.oidc.issuer:
            raise ProviderAway(f"issuer {found.get('issuer')}")
        if missing := [name for name in PUBLISHED if not found.get(name)]:
            raise ProviderAway(", ".join(missing))
        return found

    async def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        metadata = await self._metadata()
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        allowed = sorted(ALGORITHMS & set(offered))
        try:
            try:
                read = jwt.decode(token, await self._keys(metadata), algorithms=allowed)
            except (JoseError, ValueError):  # perhaps by a key that is newer than what is kept
                self._kept.pop(str(metadata["jwks_uri"]), None)
                read = jwt.decode(token, await self._keys(metadata), algorithms=allowed)
            ours = self.oidc.client_id
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY, sub={"essential": True}, exp={"essential": True},
                iss={"essential": True, "value": self.oidc.issuer},
                aud={"essential": True, "value": ours}, nonce={"essential": True, "value": nonce},
            ).validate(read.claims)  # fmt: skip
        except (JoseError, ValueError) as error:
            raise SignInFailed(f"{type(error).__name__}") from error
        if read.claims.get("azp", ours) != ours:
            raise SignInFailed("azp")
        return dict(read.claims)

    async def _keys(self, metadata: dict[str, Any]) -> KeySet:
        published = await self._published(str(metadata["jwks_uri"]))
        return KeySet.import_key_set({"keys": published.get("keys") or []})

    async def _userinfo(self, access: object, claims: dict[str, Any]) -> dict[str, Any]:
        """Some providers put name and address only there. Of somebody else it says nothing that we read."""
        address = (await self._metadata()).get("userinfo_endpoint")
        if claims.get("name") or not address or not access:
            return claims
        found = await self._ask("GET", str(address), headers={"Authorization": f"Bearer {access}"})
        return {**found, **claims} if found.get("sub") == claims["sub"] else claims

    async def _published(self, address: str) -> dict[str, Any]:
        asked_at, found = self._kept.get(address, (0.0, None))
        if found is None or monotonic() - asked_at > KEPT:
            found = await self._ask("GET", address)
            self._kept[address] = (monotonic(), found)
        return found

    async def _ask(self, method: str, address: str, **how: Any) -> dict[str, Any]:
        """A refusal of the provider is the person's (a code used twice, say); all else is the provider's."""
        try:
            async with httpx.AsyncClient(timeout=10) as web:
                answer = await web.request(method, address, **how)
            if method == "POST" and 400 <= answer.status_code < 500:
                raise SignInFailed(str(answer.json().get("error", answer.status_code)))
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error
        if not isinstance(found, dict):
            raise ProviderAway(address)
        return found
