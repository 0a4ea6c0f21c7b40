"""Sources and their keys, for administrators. A secret is shown once, when it is made."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.gateway import broker, rules
from services.gateway.model import Key, Source, at_once
from services.gateway.vocabulary import PUBLIC, PUBLIC_NAMES
from services.gateway.who import QUOTA
from shared.errors import Invalid, NotFound
from shared.ids import uuid7
from shared.service import Transaction
from shared.web.identity import Person, Role, require


def administrator(person: Annotated[Person, require(Role.ADMIN)]) -> Person:
    """Everything here is for administrators."""
    return person


router = APIRouter(prefix="/v1", tags=["sources and keys"], dependencies=[Depends(administrator)])
EveryType = ["*"]


class NoSuchSource(NotFound):
    """There is no such source."""

    code = "E-GTW-SOURCE"
    zh = "没有此来源。"


class NoSuchKey(NotFound):
    """There is no such key."""

    code = "E-GTW-NOKEY"
    zh = "没有此密钥。"


class UnknownScope(Invalid):
    """The scope names an event type that does not exist."""

    code = "E-GTW-SCOPE-TYPE"
    zh = "范围中有不存在的事件类型。"


class NewSource(BaseModel):
    """A system of an enterprise that shall be able to send events."""

    model_config = ConfigDict(extra="forbid")
    source_id: UUID | None = None
    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")
    enterprise_id: UUID
    quota_per_minute: int = Field(default=QUOTA, ge=1, le=1_000_000)
    broker: bool = False


class NewKey(BaseModel):
    """A key and what it may send."""

    model_config = ConfigDict(extra="forbid")
    source_id: UUID
    event_types: list[str] = Field(default=EveryType, min_length=1, max_length=50)
    expires_at: AwareDatetime | None = None


class Rotation(BaseModel):
    """How long the old key lives beside the new one."""

    model_config = ConfigDict(extra="forbid")
    overlap_hours: float = Field(default=24, ge=0, le=24 * 90)


@router.post("/sources", status_code=201)
async def create_source(new: NewSource, request: Request, transaction: Transaction) -> dict[str, Any]:
    """A source; with a broker user where one is asked for."""
    source = await add_source(transaction, new)
    told = show_source(source)
    if new.broker:
        told["broker"] = await broker.create_user(request.app.state.settings, source)
        source.broker_user = told["broker"]["user"]
    return told


async def add_source(session: AsyncSession, new: NewSource) -> Source:
    """The same source again changes its name and quota, never its enterprise."""
    source = await session.get(Source, new.source_id) if new.source_id else None
    if source is None:
        source = Source(
            source_id=new.source_id or uuid7(),
            name=new.name,
            enterprise_id=new.enterprise_id,
            quota_per_minute=new.quota_per_minute,
            created_at=at_once(),
        )
        session.add(source)
    elif source.enterprise_id != new.enterprise_id:
        raise Invalid("a source never changes its enterprise", field="enterprise_id")
    else:
        source.name, source.quota_per_minute = new.name, new.quota_per_minute
    await session.flush()
    return source


@router.get("/sources")
async def list_sources(transaction: Transaction) -> dict[str, Any]:
    """All sources."""
    rows = await transaction.scalars(select(Source).order_by(col(Source.created_at)))
    return {"sources": [show_source(row) for row in rows]}


@router.post("/keys", status_code=201)
async def create_key(new: NewKey, transaction: Transaction) -> dict[str, Any]:
    """A key of a source. Its text is in this answer and nowhere else."""
    return await add_key(transaction, new)


async def add_key(session: AsyncSession, new: NewKey) -> dict[str, Any]:
    """Mint a key; the database keeps only the hash of its secret."""
    if await session.get(Source, new.source_id) is None:
        raise NoSuchSource(str(new.source_id), field="source_id")
    unknown = [name for name in new.event_types if name not in {*PUBLIC_NAMES, *PUBLIC, "*"}]
    if unknown:
        raise UnknownScope(", ".join(unknown)[:200], field="event_types")
    return _mint(session, new.source_id, new.event_types, new.expires_at)


def _mint(
    session: AsyncSession, source_id: UUID, event_types: list[str], expires_at: datetime | None
) -> dict[str, Any]:
    secret = secrets.token_hex(32)
    key = Key(
        key_id=secrets.token_hex(6),
        source_id=source_id,
        secret_hash=rules.hash_secret(secret),
        event_types=event_types,
        created_at=at_once(),
        expires_at=expires_at,
    )
    session.add(key)
    return {**show_key(key), "key": f"{rules.KEY_PREFIX}_{key.key_id}_{secret}"}


@router.get("/keys")
async def list_keys(
    transaction: Transaction, source_id: Annotated[UUID | None, Query()] = None
) -> dict[str, Any]:
    """All keys, without their secrets."""
    return {"keys": await keys_of(transaction, source_id)}


async def keys_of(session: AsyncSession, source_id: UUID | None) -> list[dict[str, Any]]:
    """Keys in the order of their making."""
    wanted = select(Key).order_by(col(Key.created_at))
    if source_id:
        wanted = wanted.where(Key.source_id == source_id)
    return [show_key(row) for row in await session.scalars(wanted)]


@router.post("/keys/{key_id}/rotate", status_code=201)
async def rotate_key(
    key_id: str, transaction: Transaction, rotation: Rotation | None = None
) -> dict[str, Any]:
    """A new key of the same scope; the old one ends after the overlap."""
    return await renew_key(transaction, key_id, (rotation or Rotation()).overlap_hours)


async def renew_key(session: AsyncSession, key_id: str, overlap_hours: float) -> dict[str, Any]:
    """Both are in force during the overlap."""
    old = await _key(session, key_id)
    ends = at_once() + timedelta(hours=overlap_hours)
    old.expires_at = min(ends, old.expires_at) if old.expires_at else ends
    return {
        **_mint(session, old.source_id, list(old.event_types), None),
        "replaces": old.key_id,
        "old_ends_at": old.expires_at,
    }


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: str, transaction: Transaction) -> Response:
    """From now on this key opens nothing."""
    await end_key(transaction, key_id)
    return Response(status_code=204)


async def end_key(session: AsyncSession, key_id: str) -> None:
    """Revoked once is revoked for good."""
    key = await _key(session, key_id)
    key.revoked_at = key.revoked_at or at_once()


async def _key(session: AsyncSession, key_id: str) -> Key:
    key = await session.get(Key, key_id) if "\x00" not in key_id else None
    if key is None or key.revoked_at:
        raise NoSuchKey(key_id[:50], field="key_id")
    return key


def show_source(source: Source) -> dict[str, Any]:
    return source.model_dump()


def show_key(key: Key) -> dict[str, Any]:
    """Everything about a key but its secret."""
    return key.model_dump(exclude={"secret_hash"})
