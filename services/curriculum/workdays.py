"""Working days of China's official calendar; Monday to Friday in years that it does not know yet. Pure."""

from datetime import date, timedelta

from chinese_calendar import is_workday

DAY = timedelta(days=1)


def works(day: date) -> bool:
    """Whether people work on this day: holidays are free, and some weekends make up for them."""
    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return day.isoweekday() <= 5


def working_days_after(day: date, count: int) -> date:
    """The last of so many working days that follow."""
    while count:
        day += DAY
        count -= works(day)
    return day


def working_day_from(day: date) -> date:
    """The day itself, or the next on which people work."""
    while not works(day):
        day += DAY
    return day
