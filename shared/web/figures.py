"""How numbers, days and ids look: with their unit, aligned, in the reader's language."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.calendar import monday_of
from shared.web.language import spoken

ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NONE = "—"
MINUS = "−"


def as_day(value: Any) -> date | None:
    """A date, a moment or its ISO text as the day in the product's time zone."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(ZONE).date() if value.tzinfo else value.date()
    return value if isinstance(value, date) else None


def as_moment(value: Any) -> datetime | None:
    """A moment or its ISO text in the product's time zone."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(ZONE) if isinstance(value, datetime) else None


def day(value: Any) -> str:
    """2021年10月1日, or 1 Oct 2021."""
    found = as_day(value)
    if found is None:
        return NONE
    if spoken.get() == "zh":
        return f"{found.year}年{found.month}月{found.day}日"
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def short_day(value: Any) -> str:
    """10月1日, or 1 Oct."""
    found = as_day(value)
    if found is None:
        return NONE
    return (
        f"{found.month}月{found.day}日" if spoken.get() == "zh" else f"{found.day} {MONTHS[found.month - 1]}"
    )


def moment(value: Any) -> str:
    """Day and minute."""
    found = as_moment(value)
    return f"{day(found)} {found:%H:%M}" if found else day(value)


def clock(value: Any) -> str:
    """Hours, minutes and seconds."""
    found = as_moment(value)
    return f"{found:%H:%M:%S}" if found else NONE


def week(number: int | None, first_monday: date | None = None) -> str:
    """A teaching week, always with its date where the first Monday is known."""
    if number is None:
        return NONE
    chinese = spoken.get() == "zh"
    words = f"第 {number} 周" if chinese else f"week {number}"
    if first_monday is None:
        return words
    monday = short_day(monday_of(first_monday, number))
    return f"{words}（{monday}起）" if chinese else f"{words} (from {monday})"


def number(value: Any, digits: int = 1) -> str:
    """As short as it can be said: 48, 12.5, 1,200."""
    if value is None:
        return NONE
    said = f"{float(value):,.{digits}f}"
    return said.rstrip("0").rstrip(".").replace("-", MINUS) if "." in said else said.replace("-", MINUS)


def fixed(value: Any, digits: int = 2) -> str:
    """Always so many digits, for columns of figures."""
    return NONE if value is None else f"{float(value):.{digits}f}".replace("-", MINUS)


def signed(value: Any, digits: int = 1) -> str:
    """+26, −8 or ±0."""
    if value is None:
        return NONE
    rounded = round(float(value), digits)
    if rounded == 0:
        return "±0"
    return ("+" if rounded > 0 else MINUS) + number(abs(rounded), digits)


def direction(value: Any) -> str:
    """The class of a difference: up, down or zero."""
    rounded = round(float(value or 0), 3)
    return "up" if rounded > 0 else "down" if rounded < 0 else "zero"


def tail(value: Any) -> str:
    """The end of a long id: our ids begin with their time, so the end tells them apart."""
    return f"…{str(value)[-6:]}"


def fingerprint(value: Any) -> str:
    """The two ends of a hash."""
    said = str(value or "")
    return f"{said[:4]}…{said[-4:]}" if len(said) > 10 else said


def percent(value: Any, digits: int = 0) -> str:
    """A share as per cent."""
    return NONE if value is None else f"{100 * float(value):.{digits}f} %"


def days_until(value: Any, today: date) -> int | None:
    """Days from the business day of today to a date; negative when it has passed."""
    found = as_day(value)
    return (found - today) // timedelta(days=1) if found else None


FILTERS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        day,
        short_day,
        moment,
        clock,
        week,
        number,
        fixed,
        signed,
        direction,
        tail,
        fingerprint,
        percent,
        days_until,
    )
}
