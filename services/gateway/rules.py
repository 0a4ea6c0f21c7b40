"""The checks at the door, pure: values in, a refusal or the believed event out."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.gateway.faults import faults_of
from services.gateway.model import Key
from services.gateway.refusals import (
    BadShape,
    NotYours,
    OtherEnterprise,
    QuotaReached,
    SameIdOtherContent,
    TypeNotAllowed,
    UnknownType,
)
from services.gateway.words import Fault, Words
from shared.events.enterprise import PublicEvent

KEY_PREFIX = "tlr"
Reference = tuple[str, UUID]


def split_key(presented: str) -> tuple[str, str] | None:
    """`tlr_<id>_<secret>` in its two parts."""
    parts = presented.split("_")
    if (
        len(parts) == 3
        and parts[0] == KEY_PREFIX
        and parts[1].isascii()
        and parts[2].isascii()
        and len(presented) < 200
    ):
        return parts[1], parts[2]
    return None


def hash_secret(secret: str) -> str:
    """A key's secret has 256 bits of chance, so one round suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def proves(secret: str, key: Key | None) -> bool:
    """Compared in constant time, also when there is no such key."""
    wanted = key.secret_hash if key else hash_secret("")
    return hmac.compare_digest(hash_secret(secret), wanted) and key is not None


def check_enterprise(data: Mapping[str, Any], enterprise_id: UUID) -> None:
    """The key fixes the enterprise; naming another one is refused, naming none is fine."""
    named = data.get("enterprise_id")
    if named is None:
        return
    try:
        same = UUID(str(named)) == enterprise_id
    except ValueError:
        return
    if not same:
        raise OtherEnterprise(field="enterprise_id")


def check_scope(kind: type[PublicEvent], event_types: Iterable[str]) -> None:
    """A key's scope lists names of events, their types, or `*`."""
    if not {"*", kind.__name__, kind.type_name()} & set(event_types):
        raise TypeNotAllowed(detail=kind.__name__, field="type")


def public_type(types: Mapping[str, type[PublicEvent]], named: str) -> type[PublicEvent]:
    """The class of a CloudEvents type; the nearest ones are named where there is none."""
    if kind := types.get(named):
        return kind
    near = get_close_matches(named, types, n=3)
    advice = ", ".join(near) or "/v1/catalogue"
    fault = Fault(
        "type",
        Words(f"未知类型 {named}", f"unknown type {named}"),
        Words(f"您是否要用：{advice}", f"Did you mean: {advice}"),
    )
    raise UnknownType(fault, detail=named)


def check_quota(sent: int, allowed: int) -> None:
    """`sent` counts this event too."""
    if sent > allowed:
        raise QuotaReached(detail=f"{allowed} / min")


def believe(kind: type[PublicEvent], data: Mapping[str, Any], enterprise_id: UUID) -> PublicEvent:
    """The event, if its data has exactly the form of its type: no field more, no field of another type."""
    whole = {**data, "enterprise_id": data.get("enterprise_id") or str(enterprise_id)}
    try:
        return kind.model_validate_json(json.dumps(whole), strict=True, extra="forbid")
    except ValidationError as error:
        raise BadShape(*faults_of(error)) from None


def content_hash(event: PublicEvent) -> str:
    """Equal for equal facts, however they were spelled."""
    text = json.dumps({"type": event.type_name(), "data": event.model_dump(mode="json")}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_same(before: str, now: str) -> None:
    """The same id with the same content is a duplicate; with other content it is an error."""
    if before != now:
        raise SameIdOtherContent(field="id")


def check_ids(
    references: Iterable[Reference], owners: Mapping[Reference, frozenset[UUID]], enterprise_id: UUID
) -> None:
    """What belongs to another enterprise is refused; what nobody knows yet may come and wait."""
    foreign = [each for each in references if (owned := owners.get(each)) and enterprise_id not in owned]
    if foreign:
        raise NotYours(*(_unknown(kind, id_) for kind, id_ in foreign))


def _unknown(kind: str, id_: UUID) -> Fault:
    field = f"{kind}_id"
    return Fault(
        field,
        Words(f"贵企业没有编号为 {id_} 的对象（{kind}）", f"your enterprise has no {kind} {id_}"),
        Words("核对编号", "Check the id."),
    )
