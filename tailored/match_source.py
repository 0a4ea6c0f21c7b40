"""A market as it was read from files, and the way back from a fault to the line that it stands on."""

import json
from collections.abc import Sequence
from typing import Any

from services.recruitment.market_file import BadMarket

Rows = list[tuple[int, dict[str, str]]]
SPACE = " \t\r\n"


class BadFile(Exception):  # noqa: N818 - said to a person, as the file's fault
    """What is wrong, where, in both languages."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        self.where, self.zh, self.en = where, zh, en
        super().__init__(f"{where}: {en}")


class Source:
    """A market as it was read, and the way back from a place in it to a line of a file."""

    def __init__(
        self, document: Any, text: str, name: str, tables: dict[str, tuple[str, Rows]] | None = None
    ) -> None:
        self.document, self.text, self.name, self.tables = document, text, name, tables

    def where(self, fault: BadMarket) -> str:
        """File and line of a fault."""
        path = list(fault.path)
        if self.tables is None:
            return f"{self.name}:{line_of(self.text, path)}"
        table = "applicants" if "scores" in path else str(path[0]) if path else "programmes"
        name, rows = self.tables.get(table, self.tables["programmes"])
        if "scores" in path:
            line = next((number for number, row in rows if row.get("id") == path[-1]), 1)
        else:
            line = rows[path[1]][0] if len(path) > 1 and isinstance(path[1], int) else 1
        return f"{name}:{line}"


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line on which the value at a path of a JSON text begins (1-based)."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    for step in path:
        at = _skip(text, at + 1)
        index = 0
        while text[at] not in "]}":
            key_at = at
            if isinstance(step, str):
                key, at = decoder.raw_decode(text, at)
                at = _skip(text, _skip(text, at) + 1)
                found = key == step
            else:
                found = index == step
            if found:
                at = key_at if isinstance(step, str) and step is path[-1] else at
                break
            _, at = decoder.raw_decode(text, at)
            at, index = _skip(text, at), index + 1
            if text[at] == ",":
                at = _skip(text, at + 1)
        else:
            break
    return 1 + text.count("\n", 0, at)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in SPACE:
        at += 1
    return at
