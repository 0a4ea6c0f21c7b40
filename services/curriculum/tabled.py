"""With what tables and packages of others are read: rows with their numbers, competencies, every fault at once. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Text
from shared.events.plan_parts import Competency

Row = tuple[str, dict[str, str]]
Part = TypeVar("Part")
Read = TypeVar("Read")
SHOWN = 20
"""So many faults are named; more help nobody to mend a file."""


def rows(table: str, needed: Sequence[str], what: str) -> list[Row]:
    """Each row with its place, "line 2" being the first; a cell that is not there is empty."""
    found = csv.DictReader(io.StringIO(table), restval="")
    try:
        if missing := [name for name in needed if name not in (found.fieldnames or ())]:
            raise FrameworkBroken(f"no column {', '.join(missing)}: is this {what}?", field="columns")
        kept = [(f"line {number}", row) for number, row in enumerate(found, start=2)]
    except csv.Error as bad:
        raise FrameworkBroken(f"line {found.line_num}: {bad}; is a quotation mark left open?") from None
    if not kept:
        raise FrameworkBroken("the table has no rows")
    return kept


def every(parts: Iterable[Part], read: Callable[[Part], Read]) -> list[Read]:
    """What is read from each part; refused with the faults of all of them, not of the first alone."""
    found: list[Read] = []
    faults: list[FrameworkBroken] = []
    for part in parts:
        try:
            found.append(read(part))
        except FrameworkBroken as fault:
            faults.append(fault)
    refuse([(fault.detail, fault.field) for fault in faults])
    return found


def refuse(faults: Sequence[tuple[str, str | None]]) -> None:
    """Nothing, or one refusal with a line for each fault and the field of the first."""
    if not faults:
        return
    lines = [fault for fault, _ in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(f"… and {len(faults) - SHOWN} more / 另有 {len(faults) - SHOWN} 处")
    raise FrameworkBroken("\n".join(lines), field=faults[0][1])


def competency(
    where: str, code: str, title: Text | str, source: str, levels: Sequence[Text] = ()
) -> Competency:
    """One that was read at this place. A single text stands for both languages until someone translates it."""
    if not title:
        raise FrameworkBroken(f"{where}: it has no words", field="title")
    try:
        both = title if isinstance(title, Text) else Text(zh=title, en=title)
        return Competency(code=code, title=both, source=source, levels=list(levels))
    except ValidationError as bad:
        first = bad.errors()[0]
        field = str(first["loc"][0])
        raise FrameworkBroken(
            f"{where}: {field} {str(first['input'])[:80]!r}: {first['msg']}", field=field
        ) from None
