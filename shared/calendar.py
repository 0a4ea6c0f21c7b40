"""Teaching weeks: 1-based from a cohort's first Monday, skipping the college's holiday weeks."""

from collections.abc import Collection
from datetime import date, timedelta

WEEK = timedelta(days=7)


def monday_of(first_monday: date, week: int, holidays: Collection[date] = ()) -> date:
    """The Monday of a teaching week. `holidays` are the Mondays of weeks without teaching."""
    monday = first_monday
    while monday in holidays:
        monday += WEEK
    for _ in range(week - 1):
        monday += WEEK
        while monday in holidays:
            monday += WEEK
    return monday


def week_of(first_monday: date, day: date, holidays: Collection[date] = ()) -> int:
    """The teaching week of a day; 0 before the first. A day in a holiday week belongs to the week before it."""
    weeks = (day - first_monday).days // 7
    skipped = sum(1 for monday in holidays if first_monday <= monday <= day)
    return max(0, weeks + 1 - skipped)
