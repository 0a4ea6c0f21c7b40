"""Calendars as iCalendar. The UID of an entry is its stint's id; SEQUENCE rises with each change."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

from services.placement.staff import Secondment

WEEKDAYS = timedelta(days=5)


def hash_of(secret: str) -> str:
    """What is kept of a secret address."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ical(
    name: str,
    stints: Iterable[dict[str, Any]],
    secondments: Iterable[Secondment],
    lessons: Iterable[dict[str, Any]],
    now: datetime,
) -> bytes:
    """A whole calendar; entries of cancelled stints are sent as cancelled, so that clients remove them."""
    from icalendar import Calendar  # noqa: PLC0415 - only a calendar request needs it

    calendar = Calendar()
    calendar.add("prodid", "-//Tailored//placement//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    stamp = now.astimezone(UTC)
    for stint in stints:
        calendar.add_component(_event_of(stint, stamp))
    for secondment in secondments:
        calendar.add_component(_event_of_secondment(secondment, stamp))
    for lesson in lessons:
        calendar.add_component(_event_of_lessons(lesson, stamp))
    return bytes(calendar.to_ical())


def _event_of(stint: dict[str, Any], stamp: datetime) -> Any:
    from icalendar import Event  # noqa: PLC0415

    event = Event()
    event.add("uid", str(stint["stint_id"]))
    event.add("dtstamp", stamp)
    event.add("sequence", stint["sequence"])
    event.add("dtstart", stint["monday"])
    event.add("dtend", stint["monday"] + WEEKDAYS)
    station, module = stint["station"], stint["module_title"]
    event.add("summary", f"{station['zh']}：{module['zh']} / {station['en']}: {module['en']}")
    event.add("location", f"{stint['workshop']['zh']} / {stint['workshop']['en']}")
    event.add(
        "description",
        f"第{stint['week']}教学周，{stint['group']}组 / teaching week {stint['week']}, group {stint['group']}",
    )
    event.add("status", "CANCELLED" if stint["cancelled"] else "CONFIRMED")
    return event


def _event_of_lessons(lesson: dict[str, Any], stamp: datetime) -> Any:
    """The weeks on end of one course; another version of the plan may move them."""
    from icalendar import Event  # noqa: PLC0415

    event, title = Event(), lesson["module_title"]
    event.add("uid", str(uuid5(lesson["cohort_id"], f"{lesson['module']} {lesson['first_week']}")))
    event.add("dtstamp", stamp)
    event.add("sequence", lesson["plan_version"])
    event.add("dtstart", lesson["first_monday"])
    event.add("dtend", lesson["last_monday"] + WEEKDAYS)
    event.add("summary", f"{title['zh']} / {title['en']}")
    weeks, hours = f"{lesson['first_week']}-{lesson['last_week']}", lesson["hours_a_week"]
    event.add(
        "description", f"第{weeks}教学周，每周{hours}学时 / teaching weeks {weeks}, {hours} hours a week"
    )
    event.add("status", "CONFIRMED")
    return event


def _event_of_secondment(secondment: Secondment, stamp: datetime) -> Any:
    from icalendar import Event  # noqa: PLC0415

    event = Event()
    event.add("uid", str(secondment.secondment_id))
    event.add("dtstamp", stamp)
    event.add("sequence", secondment.sequence)
    event.add("dtstart", secondment.first_day)
    event.add("dtend", secondment.last_day + timedelta(days=1))
    event.add("summary", "企业实践 / secondment at the plant")
    event.add("description", ", ".join(secondment.goals))
    event.add("status", "CONFIRMED")
    return event
