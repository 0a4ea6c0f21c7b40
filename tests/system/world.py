"""A small programme, built and played from outside: HTTP at the front, keys for machines, personas for people.

30 trainees, 6 mentors at two stations, four competencies. One, `quality`, is taught too little; the mentors differ in
severity. Every figure is generated from the seed.
"""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

from tailored.scenario_client import Refused
from tests.system.founding import (
    CODES,
    FINE,
    MENTORS,
    PATIENCE,
    POOR,
    QUALITY,
    RATED,
    SEVERITY,
    WEEKS,
    Founding,
)


class World(Founding):
    """One programme of one year, while its people learn, and what the log remembers of it."""

    async def timetable(self, version: int) -> dict[str, Any]:
        async def there() -> Any:
            found = await self.client.find(f"/placement/v1/cohorts/{self.cohort}/timetable")
            good = found and found["status"] == "published" and found["plan_version"] == version
            return found if good else None

        return dict(await self.client.until(there, f"a timetable under version {version}", PATIENCE))

    def ratings(self, week: int) -> list[tuple[str, str, dict[str, Any]]]:
        """What the mentors write down in one week: each rates five trainees in all competencies."""
        chance = random.Random(f"{self.year}:{week}")
        day, found = self.first_monday + timedelta(weeks=week - 1, days=4), []
        for place, trainee in enumerate(self.trainees):
            number = (place + week) % MENTORS
            for code in CODES:
                level = (POOR if code == QUALITY else FINE) - SEVERITY[number] + chance.gauss(0, 0.5)
                name = self.name(f"{week}:{place}:{code}")
                data = {
                    "rating_id": self.id("rating", name), "trainee_id": trainee, "mentor_id": self.mentors[number],
                    "competency": code, "level": max(1, min(5, round(level))), "observed_on": day.isoformat(),
                }  # fmt: skip
                found.append((name, RATED, data))
        return found

    async def rate(self) -> dict[str, int]:
        """On the last day of February, so that no deadline passes on the way: a week's ratings at a time, in batches."""
        await self.clock(date(self.year + 1, 2, 28))
        counts: Counter[str] = Counter()
        for week in WEEKS:
            events = self.ratings(week)
            counts.update(await self.client.send(events))
            self.sent += [name for name, _, _ in events]
        return dict(counts)

    async def counted(self) -> dict[str, Any]:
        """Until feedback has each rating that was sent; more would be a rating that took effect twice."""

        async def all_there() -> Any:
            seen = await self.client.find(f"/feedback/v1/ratings?cohort_id={self.cohort}") or {
                "ratings": 0,
                "not_seen": 0,
            }
            there = seen["ratings"] + seen["not_seen"]
            assert there <= len(set(self.sent)), f"{there} ratings of {len(set(self.sent))}"
            return seen if there == len(set(self.sent)) else None

        return dict(
            await self.client.until(all_there, f"{len(set(self.sent))} ratings to be counted", PATIENCE)
        )

    async def looked(self) -> dict[str, Any]:
        """The clock reaches the first of March, after the weeks that were rated, and feedback looks."""
        day = date(self.year + 1, 3, 1)
        await self.clock(day)

        async def there() -> Any:
            seen = await self.client.find(f"/feedback/v1/verdicts?cohort_id={self.cohort}")
            return seen if seen and (seen["looked_on"] or "") >= day.isoformat() else None

        return dict(await self.client.until(there, f"the look of {day}", PATIENCE))

    async def gaps(self) -> list[dict[str, Any]]:
        return list(await self.client.get(f"/feedback/v1/gaps?programme_id={self.programme}"))

    async def revisions(self) -> list[dict[str, Any]]:
        return list(await self.client.get(f"/curriculum/v1/revisions?plan_id={self.plan}"))

    async def drafted(self) -> dict[str, Any]:
        async def there() -> Any:
            return next(
                (one for one in await self.revisions() if one["state"] in {"drafted", "voting", "undrafted"}),
                None,
            )

        row = await self.client.until(there, "a drafted revision", PATIENCE)
        return dict(await self.client.get(f"/curriculum/v1/revisions/{row['revision_id']}"))

    async def approve(self, revision: dict[str, Any]) -> list[str]:
        """Both sides vote on this content; what each vote left."""
        states = []
        for voter in ("panel-college", "panel-college-2", "panel-enterprise", "panel-enterprise-2"):
            body = {"choice": "approve", "content_hash": revision["content_hash"]}
            try:
                voted = await self.client.call(
                    voter, "POST", f"/curriculum/v1/revisions/{revision['revision_id']}/votes", body
                )
            except Refused as refused:
                if refused.code != "E-CUR-VOTED":
                    raise
            states.append(voted["state"])
        return states

    async def in_force(self, version: int) -> dict[str, Any]:
        async def there() -> Any:
            rows = await self.client.find(f"/curriculum/v1/cohorts/{self.cohort}/plan") or []
            return next((row for row in rows if row["plan_version"] == version), None)

        return dict(await self.client.until(there, f"version {version} in force", PATIENCE))

    # What the log remembers

    async def logged(self, kind: str, key: str | None = None, **fields: str) -> list[dict[str, Any]]:
        """Every event of a type in the log whose payload has these values."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            path = (
                f"/v1/events?type={kind}&limit=200"
                + (f"&key={key}" if key else "")
                + (f"&before={before}" if before else "")
            )
            page = (await self.client.get(path, "operator"))["events"]
            found += [
                one
                for one in page
                if all((one.get("data") or {}).get(name) == value for name, value in fields.items())
            ]
            if len(page) < 200:
                return found
            before = page[-1]["id"]

    async def trace(self, name: str, until: str = "done") -> dict[str, Any]:
        """The way of one event that the enterprise sent, once all of it is done."""

        async def there() -> Any:
            found = await self.client.get(
                f"/v1/trace?source=urn:demo:jingye&external_id={self.name(name)}", "operator"
            )
            return found if found["state"] == until else None

        return dict(await self.client.until(there, f"the trace of {name} to be {until}", PATIENCE))


def way(trace: dict[str, Any]) -> list[str]:
    """The path of a trace in words: event <- handlers, one a line, indented."""
    lines: list[str] = []

    def walk(nodes: list[dict[str, Any]], depth: int) -> None:
        for node in nodes:
            handlers = ", ".join(
                f"{one['service']}.{one['handler'].partition('.')[2] or one['handler']} {one['outcome']}"
                for one in node["handlers"]
            )
            lines.append(f"{'  ' * depth}{node['name']} -> {handlers or 'nobody'}")
            walk(node["then"], depth + 1)

    walk(trace["path"], 0)
    return lines
