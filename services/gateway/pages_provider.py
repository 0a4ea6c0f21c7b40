"""Signing in by the identity provider: out to it, and back with what it says."""

import json
import time
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from services.gateway import accounts, visiting
from services.gateway.provider import BACK, Pending, Provider, SignInFailed
from shared.errors import NotFound
from shared.service import Transaction
from shared.web.identity import ALGORITHM
from shared.web.page import render

router = APIRouter(include_in_schema=False)
BEGUN = "__Host-tailored-oidc"
SECONDS = 600


class NoProvider(NotFound):
    """No identity provider is configured here."""

    code = "E-GTW-NO-OIDC"
    zh = "此处未配置统一身份认证。"
    remedy = "The operator sets OIDC_ISSUER and what belongs to it (docs/operations.md)."
    remedy_zh = "请运维人员设置 OIDC_ISSUER 等参数（见 docs/operations.md）。"


@router.get("/sign-in/oidc")
async def begin(request: Request, back: Annotated[str, Query(alias="next")] = "/") -> Response:
    """To the provider; this browser remembers for ten minutes that it went."""
    provider, key = _configured(request)
    address, pending = await provider.begin(visiting.inside(back))
    away = RedirectResponse(address, 303)
    claims = {**pending.model_dump(), "exp": int(time.time()) + SECONDS}
    kept = jwt.encode({"alg": ALGORITHM}, claims, OKPKey.import_key(json.loads(key)), algorithms=[ALGORITHM])
    away.set_cookie(BEGUN, kept, max_age=SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return away


@router.get(BACK)
async def come_back(
    request: Request,
    transaction: Transaction,
    code: str = "",
    state: str = "",
    error: str = "",
    iss: str = "",
) -> Response:
    """From the provider: in, where an administrator has said what this person may do. `iss`: RFC 9207, where it says it."""
    provider, key = _configured(request)
    pending = _begun(request, key)
    if error or not code or pending is None or pending.state != state:
        raise SignInFailed(error or ("code" if not code else "state"))
    if iss and iss != provider.oidc.issuer:
        raise SignInFailed("iss")
    account = await accounts.enter(transaction, await provider.identity(pending, code), provider.oidc)
    person = accounts.person_of(account)
    if person is None:
        page: Response = render(request, "waiting.html", status=403, account=account)
    else:
        page = RedirectResponse(pending.back, 303)
        visiting.remember(page, person, key)
    page.delete_cookie(BEGUN, path="/", secure=True, httponly=True, samesite="lax")
    return page


def _configured(request: Request) -> tuple[Provider, str]:
    provider: Provider = request.app.state.provider
    key = request.app.state.settings.signing_key
    if not provider.oidc.issuer or not key:
        raise NoProvider
    return provider, key


def _begun(request: Request, key: str) -> Pending | None:
    try:
        read = jwt.decode(
            request.cookies.get(BEGUN, ""), OKPKey.import_key(json.loads(key)), algorithms=[ALGORITHM]
        )
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(read.claims)
        return Pending.model_validate(read.claims)
    except (JoseError, ValueError, ValidationError):
        return None
