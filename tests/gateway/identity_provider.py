"""A small identity provider on a port of its own: what OpenID Connect asks of one, and knobs to make it lie."""

import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.serving import serving


@dataclass
class IdentityProvider:
    """Lets everybody in as `person`; `lies` go into the ID token in place of what is true."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "name": "Li Wei"})
    lies: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    signed_by: RSAKey | None = None
    seen: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        for method, path, function in (
            ("GET", "/.well-known/openid-configuration", self.metadata), ("GET", "/keys", self.keys),
            ("GET", "/authorize", self.authorize), ("POST", "/token", self.token), ("GET", "/userinfo", self.userinfo),
        ):  # fmt: skip
            app.add_api_route(path, function, methods=[method])
        return app

    async def metadata(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                 "userinfo_endpoint": "userinfo", "end_session_endpoint": "out"}  # fmt: skip
        return {"issuer": self.issuer, "id_token_signing_alg_values_supported": ["RS256", "none"],
                **{name: f"{self.issuer}/{path}" for name, path in paths.items()}}  # fmt: skip

    async def keys(self) -> dict[str, Any]:
        self.seen.append("keys")
        return {"keys": [self.key.as_dict(private=False)]}

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        code = uuid4().hex
        self.codes[code] = asked
        return RedirectResponse(
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        )

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = self.codes.pop(form["code"], None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + 60,
                  "nonce": asked["nonce"], **self.person, **self.lies}  # fmt: skip
        key = self.signed_by or self.key
        header = {"alg": "RS256", "kid": key.kid}
        return JSONResponse(
            {"access_token": "a", "token_type": "Bearer", "id_token": jwt.encode(header, claims, key)}
        )

    async def userinfo(self) -> dict[str, Any]:
        return {
            "sub": self.person["sub"],
            "name": "Name of userinfo",
            "email": "li@example.org",
            "email_verified": True,
        }


@asynccontextmanager
async def running() -> AsyncIterator[IdentityProvider]:
    """It answers while the block runs."""
    provider = IdentityProvider()
    async with serving(lambda _: provider.app()) as provider.issuer:
        yield provider
