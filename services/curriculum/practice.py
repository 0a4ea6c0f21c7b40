"""When a teacher has enough recent practice to count as dual-qualified. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from shared.programmes.part import Length, Unit
from shared.programmes.schemes import Secondment

DAYS, WINDOW = 180, 5 * 365
"""Without a template: six months in five years, as China asks of vocational teachers. Configuration."""
DAYS_OF = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.SEMESTER: 182, Unit.YEAR: 365}


def asked_by(rule: Secondment | None) -> tuple[int, int]:
    """Days at a plant, within so many days."""
    return (rule.days_for_dual, _days(rule.dual_window)) if rule else (DAYS, WINDOW)


def _days(length: Length) -> int:
    return round(length.amount * DAYS_OF[length.unit])


def dual_until(stints: Iterable[tuple[date, date]], on: date, days: int, window: int) -> date | None:
    """The last day on which the newest `days` days of practice are still within the window; none if there are fewer."""
    worked = sorted(
        {
            first + timedelta(days=number)
            for first, last in stints
            for number in range((min(last, on) - first).days + 1)
            if (on - first - timedelta(days=number)).days <= window
        }
    )
    return worked[-days] + timedelta(days=window) if len(worked) >= days else None
