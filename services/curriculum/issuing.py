"""The keys of a college that issues credentials, its signed badges and its list of revoked ones, over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from joserfc.jwk import OKPKey
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import badges, queries
from services.curriculum.graduates import Award, IssuerKey
from services.curriculum.graduating import may_see
from services.curriculum.refusals import CredentialRefused, CredentialUnknown
from services.curriculum.voting import Asked, Coordinator
from shared.errors import Forbidden
from shared.messaging import today
from shared.service import Transaction
from shared.web.address import public_address
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum", tags=["credentials"])
JWT = "application/vc+jwt"


class Revoking(Asked):
    """Why a credential no longer holds."""

    reason: str = Field(min_length=3, max_length=500)


async def key_of(session: AsyncSession, college_id: UUID) -> IssuerKey:
    """The key that signs now; the first one is made when it is first needed."""
    wanted = select(IssuerKey).where(IssuerKey.college_id == college_id)
    newest = await session.scalar(wanted.order_by(col(IssuerKey.number).desc()).limit(1))
    return newest or await _new_key(session, college_id, 1)


async def _new_key(session: AsyncSession, college_id: UUID, number: int) -> IssuerKey:
    made = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    key = IssuerKey(
        college_id=college_id, kid=made.kid or "", number=number, private=dict(made.as_dict(private=True)),
        public=dict(made.as_dict(private=False)), made_on=await today(session),
    )  # fmt: skip
    session.add(key)
    await session.flush()
    return key


async def signed(session: AsyncSession, award: Award, address: str) -> str:
    """The badge as a token that anybody can verify with the college's public keys."""
    key = await key_of(session, award.college_id)
    credential = badges.badge(award, await queries.competency_titles(session), address)
    return badges.sign(badges.claims_of(credential), key.private)


@router.get("/v1/credentials/{credential_id}/signed")
async def read_signed(
    credential_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    award = await transaction.get(Award, credential_id)
    if award is None or not may_see(award, person):
        raise CredentialUnknown(str(credential_id))
    if award.signed is None:
        award.signed = await signed(transaction, award, public_address(request))
    name = {"Content-Disposition": f'attachment; filename="{credential_id}.jwt"'}
    return Response(award.signed, media_type=JWT, headers=name)


@router.post("/v1/credentials/{credential_id}/revoke")
async def revoke(
    credential_id: UUID, given: Revoking, person: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    award = await transaction.get(Award, credential_id, with_for_update=True)
    if award is None or not may_see(award, person):
        raise CredentialUnknown(str(credential_id))
    if award.revoked_on:
        raise CredentialRefused(f"it was revoked on {award.revoked_on}")
    award.revoked_on, award.revoked_because = await today(transaction), given.reason
    return award.model_dump(include={"credential_id", "revoked_on", "revoked_because"})


@router.post("/v1/issuers/{college_id}/keys", status_code=201)
async def rotate_key(college_id: UUID, person: Coordinator, transaction: Transaction) -> dict[str, Any]:
    """A new key signs from now on; badges under older keys stay verifiable."""
    if person.college_id not in {None, college_id}:
        raise Forbidden
    number = (await key_of(transaction, college_id)).number
    return (await _new_key(transaction, college_id, number + 1)).public


@router.get("/issuers/{college_id}/keys")
async def read_keys(college_id: UUID, transaction: Transaction) -> dict[str, Any]:
    """Public: the keys that verify this college's badges, as a JWK set."""
    wanted = select(IssuerKey).where(IssuerKey.college_id == college_id).order_by(col(IssuerKey.number))
    return {"keys": [one.public for one in await transaction.scalars(wanted)]}


@router.get("/issuers/{college_id}/revocations")
async def read_revocations(college_id: UUID, request: Request, transaction: Transaction) -> Response:
    """Public: credentials that no longer hold, as a token signed by the college; plain where JSON is asked for."""
    wanted = select(IssuerKey).where(IssuerKey.college_id == college_id)
    if not (await transaction.scalars(wanted)).all():
        raise CredentialUnknown(str(college_id))
    gone = select(Award).where(Award.college_id == college_id, col(Award.revoked_on).is_not(None))
    told = badges.revocations(
        f"urn:uuid:{college_id}",
        (await transaction.scalars(gone)).all(),
        await today(transaction),
        f"{public_address(request)}{request.url.path}",
    )
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(told)
    key = await key_of(transaction, college_id)
    return Response(badges.sign(told, key.private), media_type="application/jwt")
