"""What one cell of a workbook says, in the words of JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_origin
from uuid import UUID, uuid5

from services.gateway.columns import Column, is_day, is_number
from services.gateway.words import Words
from shared.events.enterprise import PublicEvent

TOLD_ONLY = frozenset({"trainee", "intake", "college"})
NOT_SEEN = {"", "-", "没有机会看到", "no chance to see it"}
Resolve = Callable[[str, str], UUID | None]


@dataclass(frozen=True)
class Ids:
    kind: type[PublicEvent]
    enterprise_id: UUID
    resolve: Resolve

    def of(self, thing: str, text: str) -> str | None:
        """A UUID as it is; a number that is known; else, for a thing of one's own, the id that its code always has."""
        try:
            return str(UUID(text))
        except ValueError:
            known = self.resolve(thing, text)
        if known is None and thing not in TOLD_ONLY:
            known = uuid5(self.enterprise_id, f"{thing}:{text}")
        return str(known) if known else None


Trouble = tuple[Words, Words] | None


def cell_of(column: Column, value: Any, ids: Ids) -> tuple[Any, Trouble]:  # noqa: PLR0911 - one line a kind of cell
    text = str(value).strip()
    if column.kind:
        if (id_ := ids.of(column.kind, text)) is None:
            what = Words(f"没有编号为 {text} 的对象（{column.kind}）", f"no {column.kind} is known by {text}")
            return None, (what, Words("填写系统中的编号", "Write a number that the system knows."))
        return id_, None
    if is_day(column.holds):
        return _day(value), None
    if is_number(column.holds):
        return (None if text.lower() in NOT_SEEN else _number(column.holds, value)), None
    if get_origin(column.holds) is list:
        return [part for part in re.split(r"[;；,，\s]+", text) if part], None
    if get_origin(column.holds) is dict:
        pairs = (part.partition("=") for part in re.split(r"[;；,，\s]+", text) if part)
        return {name: _number(float, number) for name, _, number in pairs}, None
    return (str(int(value)) if isinstance(value, float) and value.is_integer() else text), None


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", str(value).strip())
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else str(value)


def _number(holds: Any, value: Any) -> Any:
    """A number as JSON wants it; what is none stays text, and the schema says so."""
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return str(value)
    if not number.is_finite():
        return str(value)
    if holds is Decimal:
        return str(value).strip()
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else float(number)
