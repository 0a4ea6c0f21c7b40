"""A college's term calendar: which weeks have no teaching. Pure; the public calendar comes in as a question."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

WEEK = timedelta(days=7)
WEEKDAYS = 5
Term = tuple[date, date]
"""First and last day."""


def weeks_without_teaching(
    terms: Iterable[Term], works: Callable[[date], bool], least: int
) -> list[tuple[date, int]]:
    """Mondays between the first and the last day of all terms whose week has fewer than `least` teaching days, and how many.

    A teaching day is a Monday to Friday within a term on which people work.
    """
    terms = sorted(terms)
    if not terms:
        return []
    found = []
    monday = terms[0][0] - timedelta(days=terms[0][0].weekday())
    last = max(end for _, end in terms)
    while monday <= last:
        days = [monday + timedelta(days=day) for day in range(WEEKDAYS)]
        taught = sum(works(day) for day in days if any(start <= day <= end for start, end in terms))
        if taught < least:
            found.append((monday, taught))
        monday += WEEK
    return found
