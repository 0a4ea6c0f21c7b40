"""On which line of a JSON text a place such as `capacity[1][3]` stands, so that a refusal can point at it."""

import json
import re

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")


def line_of(text: str, place: str) -> int | None:
    """The line (from 1) of the place, or of the innermost part of it that the text has."""
    at, found = _after_blank(text, 0), None
    for part in re.findall(r"[^.\[\]]+", place):
        child = _child(text, at, part)
        if child is None:
            break
        at = found = child
    return None if found is None else text.count("\n", 0, found) + 1


def _after_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _child(text: str, at: int, part: str) -> int | None:
    """Where the value of this name or number begins."""
    opened = text[at : at + 1]
    if opened not in {"{", "["}:
        return None
    number, at = 0, _after_blank(text, at + 1)
    while text[at : at + 1] not in {"}", "]", ""}:
        name: object = str(number)
        if opened == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _after_blank(text, _after_blank(text, at) + 1)
        if name == part:
            return at
        at = _after_blank(text, _DECODER.raw_decode(text, at)[1])
        at = _after_blank(text, at + 1) if text[at : at + 1] == "," else at
        number += 1
    return None
