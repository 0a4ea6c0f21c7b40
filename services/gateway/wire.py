"""The border: bytes and headers in, CloudEvents out. Nonsense becomes a refusal, never a fault."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from services.gateway.refusals import BadEnvelope, NotJson, TooLarge, WrongMedia
from services.gateway.words import DoorRefused, Fault, Words

EVENT_BYTES = 256 * 1024
BATCH_BYTES = 4 * 1024 * 1024
BATCH_EVENTS = 100
DEEPEST = 32
LONGEST = 200
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NEEDED = ("specversion", "id", "source", "type")


@dataclass(frozen=True)
class Incoming:
    """One CloudEvent as a source sent it, readable but not yet believed."""

    id: str
    source: str
    type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """An element of a batch that is no CloudEvent: why, and what could be read of its names."""

    refusal: DoorRefused
    id: str = ""
    source: str = ""
    type: str = ""


Parcel = Incoming | Unreadable


def limit_for(content_type: str) -> int:
    """How many bytes a body of this content type may have."""
    return BATCH_BYTES if media_of(content_type) == BATCH else EVENT_BYTES


def media_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def read(headers: Mapping[str, str], body: bytes) -> list[Parcel]:
    """One event, or the events of a batch in their order. Raises where the body as a whole cannot be read."""
    media = media_of(headers.get("content-type", ""))
    if media == BATCH:
        return read_batch(body)
    if len(body) > EVENT_BYTES:
        raise TooLarge(detail=f"{len(body)} bytes")
    if media == STRUCTURED:
        return [_alone(_structured(json_of(body)))]
    if any(name.startswith("ce-") for name in headers) or media == "application/json":
        return [_alone(_binary(headers, body, media))]
    raise WrongMedia(detail=media[:LONGEST] or "no Content-Type", field="Content-Type")


def _alone(parcel: Parcel) -> Incoming:
    if isinstance(parcel, Unreadable):
        raise parcel.refusal
    return parcel


def read_batch(body: bytes) -> list[Parcel]:
    """The elements stand alone: a bad one is refused in its place."""
    if len(body) > BATCH_BYTES:
        raise TooLarge(detail=f"{len(body)} bytes")
    elements = json_of(body)
    if not isinstance(elements, list):
        raise NotJson(detail="A batch is a JSON list of CloudEvents.")
    if len(elements) > BATCH_EVENTS:
        raise TooLarge(detail=f"{len(elements)} events")
    return [_element(element, small=len(body) <= EVENT_BYTES) for element in elements]


def _element(element: Any, *, small: bool) -> Parcel:
    if (
        not small
        and (size := len(json.dumps(element, ensure_ascii=False).encode(errors="replace"))) > EVENT_BYTES
    ):
        return _unreadable(element, TooLarge(detail=f"{size} bytes"))
    return _structured(element)


def json_of(body: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, no null character, no depth that would exhaust a reader."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except RecursionError:
        raise NotJson(detail="nested too deeply") from None
    except ValueError as error:
        raise NotJson(detail=str(error)[:LONGEST]) from None
    _check_texts(value)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_texts(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                deeper += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                deeper += item
        if not deeper:
            return
        level = deeper
    raise NotJson(detail="nested too deeply")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise NotJson(detail="a text has a null character")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise NotJson(detail="a text has half of a character (a lone surrogate)")


def _structured(element: Any) -> Parcel:
    if not isinstance(element, dict):
        return Unreadable(BadEnvelope(detail="A CloudEvent is a JSON object."))
    attributes = {name: value for name, value in element.items() if name not in ("data", "data_base64")}
    return _event(attributes, element.get("data"))


def _binary(headers: Mapping[str, str], body: bytes, media: str) -> Parcel:
    if media not in ("application/json", ""):
        raise WrongMedia(detail=media[:LONGEST], field="Content-Type")
    try:
        envelope = from_binary(HTTPMessage({**headers}, b""), JSONFormat(), _bare)
    except ValueError:
        raise BadEnvelope(detail="ce-time is not a time", field="time") from None
    attributes = envelope.get_attributes()
    _check_texts(list(attributes.values()))
    return _event(attributes, json_of(body))


class _Bare(CloudEvent):
    """Attributes as they came: the check comes after, once for both modes."""

    def __init__(self, attributes: dict[str, Any], data: Any = None) -> None:
        self._attributes = attributes
        self._data = data


def _bare(attributes: dict[str, Any], data: Any) -> CloudEvent:
    return _Bare(attributes, data)


def _event(attributes: dict[str, Any], data: Any) -> Parcel:
    faults = [_missing(name) for name in NEEDED if not _named(attributes.get(name))]
    if attributes.get("specversion") not in (None, "", "1.0"):
        faults.append(
            Fault("specversion", Words("必须是 1.0", "must be 1.0"), Words("填写 1.0", "State 1.0."))
        )
    if not isinstance(data, dict):
        faults.append(
            Fault(
                "data",
                Words("必须是 JSON 对象", "must be a JSON object"),
                Words("把事实放入 data", "Put the fact into data."),
            )
        )
    if not faults:
        time = attributes.pop("time", None)
        faults = [] if time is None or not isinstance(time, str) else _time_faults(time)
    try:
        if not faults:
            CloudEvent({**attributes}, None)
    except CloudEventValidationError as error:
        faults = [_attribute(name) for name in error.errors]
    if faults:
        return _unreadable(attributes, BadEnvelope(*faults))
    return Incoming(attributes["id"], attributes["source"], attributes["type"], data)


def _named(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _missing(name: str) -> Fault:
    return Fault(
        name,
        Words(
            f"缺少或不是 1 至 {LONGEST} 字符的文本", f"missing, or not a text of 1 to {LONGEST} characters"
        ),
        Words(f"填写 {name}", f"State {name}."),
    )


def _attribute(name: str) -> Fault:
    return Fault(
        str(name)[:LONGEST],
        Words("不是有效的 CloudEvents 属性", "not a valid CloudEvents attribute"),
        Words("名称只用小写字母和数字", "Use only lower-case letters and digits in its name."),
    )


def _time_faults(time: str) -> list[Fault]:
    try:
        JSONFormat().read(_bare, json.dumps({"time": time}))
    except (ValueError, OverflowError):
        return [
            Fault(
                "time",
                Words("不是 RFC 3339 时间", "not an RFC 3339 time"),
                Words("改正或省略", "Correct it or leave it out."),
            )
        ]
    return []


def _unreadable(element: Any, refusal: DoorRefused) -> Unreadable:
    names = element if isinstance(element, dict) else {}
    told = {
        name: value[:LONGEST] if isinstance(value := names.get(name), str) else ""
        for name in ("id", "source", "type")
    }
    return Unreadable(refusal, **told)
