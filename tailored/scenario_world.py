"""The generated world of the demo: workshops and mentors of an example plant, applicants, dates. Seeded and pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tailored import scenario_data
from tailored.scenario_client import Client

SHORT, LOOKS_SHORT, SEVERE_AT = (
    "quality-control",
    "equipment-maintenance",
    ("machine-shop", "control-maintenance"),
)
START, LAST_DAY = date(2021, 6, 1), date(2023, 12, 1)
RETIRED = date(2030, 1, 1)


@dataclass(frozen=True)
class Round:
    """One year's intake."""

    year: int
    applicants: int
    seats: int
    opens_on: date
    first_monday: date


ROUNDS = (
    Round(2021, 612, 180, date(2021, 6, 1), date(2021, 9, 6)),
    Round(2022, 405, 130, date(2022, 6, 1), date(2022, 9, 5)),
)


def months(after: date) -> list[date]:
    """First days of months up to the end of the story."""
    days, day = [], date(after.year, after.month, 1)
    while day <= LAST_DAY:
        if day > after:
            days.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return days


def friday(monday: str) -> date:
    """The day on which mentors rate a week."""
    return date.fromisoformat(monday) + timedelta(days=4)


def mentor_slugs() -> dict[str, list[str]]:
    """Which personas are mentors at which station."""
    slugs, number = {}, 1
    for row in scenario_data.table("workshops"):
        names = [
            "mentor" if each == 1 else f"mentor-{each}"
            for each in range(number, number + int(row["mentors"]))
        ]
        slugs[row["station"]] = names
        number += len(names)
    return slugs


def enterprise_events(
    client: Client, personas: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, str, dict[str, Any]]]:
    """What Jingye says before anything begins: positions, the agreement, stations and their mentors."""
    events: list[tuple[str, str, dict[str, Any]]] = []
    start = date(2021, 9, 1).isoformat()
    for code, position in scenario_data.positions().items():
        tasks = [
            scenario_data.text(row, "task") for row in scenario_data.table("tasks") if row["position"] == code
        ]
        data = {"position_id": client.id("position", code), **position, "tasks": tasks}
        events.append((f"position-{code}", "tailored.enterprise.position_published.v1", data))
    promises = [
        ("seats", "310", "2022-12-31"),
        ("stations_per_week", "10", "2021-12-31"),
        ("jobs", "250", "2024-12-31"),
    ]
    agreement = {
        "agreement_id": client.id("agreement"),
        "college_id": personas["coordinator"]["college_id"],
        "signed_on": "2021-05-20",
        "promises": [
            {"promise_id": client.id("promise", kind), "kind": kind, "amount": amount, "due_on": due}
            for kind, amount, due in promises
        ],
    }
    events.append(("agreement", "tailored.enterprise.agreement_signed.v1", agreement))
    workshops: dict[str, dict[str, Any]] = {}
    slugs = mentor_slugs()
    for row in scenario_data.table("workshops"):
        workshop = workshops.setdefault(
            row["workshop"],
            {
                "workshop_id": client.id("workshop", row["workshop"]),
                "title": scenario_data.text(row, "workshop"),
                "stations": [],
                "effective_from": start,
            },
        )
        workshop["stations"].append(
            {
                "station_id": client.id("station", row["station"]),
                "title": scenario_data.text(row, "station"),
                "seats": int(row["seats"]),
                "competencies": row["shows_competencies"].split(),
            }
        )
    events += [
        (f"stations-{name}", "tailored.enterprise.stations_offered.v1", data)
        for name, data in workshops.items()
    ]
    events += staff_events(client)
    for row in scenario_data.table("workshops"):
        for slug in slugs[row["station"]]:
            data = {
                "mentor_id": personas[slug]["person_id"],
                "workshop_id": client.id("workshop", row["workshop"]),
                "station_id": client.id("station", row["station"]),
                "ratio": int(row["ratio"]),
                "effective_from": start,
            }
            events.append((f"mentor-{slug}", "tailored.enterprise.mentor_named.v1", data))
    return events


def staff_events(client: Client) -> list[tuple[str, str, dict[str, Any]]]:
    """How many people work at each post: so many that the shares of interns are held and stop nobody."""
    workshops: dict[str, list[dict[str, Any]]] = {}
    for row in scenario_data.table("workshops"):
        post = {"station_id": client.id("station", row["station"]), "staff": int(row["staff"])}
        workshops.setdefault(row["workshop"], []).append(post)
    return [
        (
            f"staff-{name}",
            "tailored.enterprise.staff_counted.v1",
            {
                "workshop_id": client.id("workshop", name),
                "counted_on": START.isoformat(),
                "staff": sum(post["staff"] for post in posts),
                "posts": posts,
            },
        )
        for name, posts in workshops.items()
    ]


def plan(client: Client) -> list[dict[str, Any]]:
    """The modules of version 1 with the stations of this run."""
    modules = []
    for module in scenario_data.modules():
        stations = [client.id("station", name) for name in module.pop("stations")]
        modules.append({**module, "practised_at": stations})
    return modules


def applicants(client: Client, this: Round) -> list[dict[str, Any]]:
    """Generated people of two source groups, a few of whom are not eligible."""
    chance = random.Random(f"{client.seed}:applicants:{this.year}")  # noqa: S311 - a generated world
    family = [row["character"] for row in scenario_data.table("names") if row["part"] == "family"]
    given = [row["character"] for row in scenario_data.table("names") if row["part"] == "given"]
    rows = []
    for number in range(1, this.applicants + 1):
        employee = chance.random() < 0.3
        local = chance.random() < 0.93
        status = "employee" if employee else "student"
        facts = {
            "status": status,
            "graduate": not employee,
            "place": "pingshan" if local else "shijiazhuang",
            "exam": round(max(0, min(100, chance.gauss(66, 12))), 1),
            "interview": round(max(0, min(100, chance.gauss(70, 10))), 1),
        }
        rows.append(
            {
                "application_id": client.id("application", this.year, number),
                "applicant_id": client.id("applicant", this.year, number),
                "name": chance.choice(family) + chance.choice(given),
                "person_number": f"G{this.year}{number:04d}",
                "enterprise_number": f"E{this.year}{number:04d}" if employee else None,
                "born_on": date(
                    this.year - chance.randint(18, 29), chance.randint(1, 12), chance.randint(1, 28)
                ).isoformat(),
                "status": status,
                "facts": facts,
            }
        )
    return rows
