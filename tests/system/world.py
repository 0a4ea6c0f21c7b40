"""A small programme, built and played from outside: HTTP at the front, keys for machines, personas for people.

30 trainees, 6 mentors at two stations, four competencies. One, `quality`, is taught too little; the mentors differ in
severity. Every figure is generated from the seed.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tailored.scenario_client import Client, Refused

SAFETY, HANDOVER, OPERATION, QUALITY = CODES = ("safety", "handover", "operation", "quality")
REQUIRED, FINE, POOR = 4, 4.6, 2.6
SEVERITY = (0.5, -0.3, 0.2, -0.4, 0.1, 0.0)
TRAINEES, APPLICANTS, MENTORS = 30, 40, 6
WEEKS = (21, 22)
"""When the mentors rate: the modules end in week 16, and ratings count four weeks later."""
PATIENCE = 180.0
RATED = "tailored.enterprise.trainee_rated.v1"
NAMES = {
    SAFETY: ("安全", "Safety"),
    HANDOVER: ("交接班", "Shift handover"),
    OPERATION: ("设备操作", "Operation"),
    QUALITY: ("质量控制", "Quality control"),
}


def text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


class World:
    """One programme of one year; `number` keeps the stories of one system apart."""

    def __init__(self, base: str, number: int, tell: Callable[[str], None]) -> None:
        self.base, self.tell = base, tell
        self.client = Client(base, 7000 + number, "en")
        self.year = 2020 + number
        self.first_monday = next(
            day for day in (date(self.year, 9, each) for each in range(1, 8)) if day.weekday() == 0
        )
        self.programme, self.plan = self.id("programme"), self.id("plan")
        self.cohort, self.agreement = self.id("cohort"), self.id("agreement")
        self.stations = [self.id("station", each) for each in (1, 2)]
        first = (number - 1) * MENTORS + 1
        self.slugs = ["mentor" if each == 1 else f"mentor-{each}" for each in range(first, first + MENTORS)]
        self.mentors: list[str] = []
        self.trainees: list[str] = []
        self.sent: list[str] = []

    def id(self, *parts: object) -> str:
        return self.client.id(*parts)

    # What happens before teaching

    async def sign_in(self) -> None:
        """A key for the enterprise's system; a source has one for each story."""
        people = (await self.client.get("/v1/personas"))["personas"]
        self.mentors = [people[slug]["person_id"] for slug in self.slugs]
        source = self.id("source")
        body = {"source_id": source, "name": "MES", "enterprise_id": people["integrator"]["enterprise_id"]}
        await self.client.call("admin", "POST", "/v1/sources", body | {"quota_per_minute": 100_000})
        self.client.key = (await self.client.call("admin", "POST", "/v1/keys", {"source_id": source}))["key"]
        self.college = people["coordinator"]["college_id"]

    async def clock(self, day: date) -> None:
        try:
            await self.client.call("operator", "POST", "/v1/demo/clock", {"today": day.isoformat()})
        except Refused as refused:
            if refused.code != "E-GTW-CLOCK":
                raise

    async def say(self, kind: str, name: str, **data: Any) -> None:
        """One event of the enterprise at the gateway."""
        await self.client.send([(self.name(name), f"tailored.enterprise.{kind}.v1", data)])

    def name(self, name: str) -> str:
        """The id that the enterprise gives its event."""
        return f"{self.year}:{name}"

    async def enterprise_speaks(self) -> None:
        """Position, agreement, stations and mentors."""
        start = date(self.year, 8, 1).isoformat()
        profile = [{"competency": code, "level": REQUIRED, "importance": 1.0} for code in CODES]
        await self.say(
            "position_published",
            "position",
            position_id=self.id("position"),
            title=text("轧钢工", "Roller"),
            profile=profile,
        )
        promise = {
            "promise_id": self.id("promise"),
            "kind": "seats",
            "amount": "30",
            "due_on": f"{self.year}-12-31",
        }
        await self.say(
            "agreement_signed",
            "agreement",
            agreement_id=self.agreement,
            college_id=self.college,
            signed_on=f"{self.year}-05-20",
            promises=[promise],
        )
        stations = [
            {"station_id": one, "title": text("工位", "Station"), "seats": 30, "competencies": list(CODES)}
            for one in self.stations
        ]
        await self.say(
            "stations_offered",
            "stations",
            workshop_id=self.id("workshop"),
            title=text("轧钢车间", "Rolling mill"),
            stations=stations,
            effective_from=start,
        )
        for number, mentor in enumerate(self.mentors):
            await self.say(
                "mentor_named",
                f"mentor-{number}",
                mentor_id=mentor,
                workshop_id=self.id("workshop"),
                station_id=self.stations[number % 2],
                ratio=15,
                effective_from=start,
            )

    async def open_programme(self) -> None:
        framework = self.id("framework")
        titles = [{"code": code, "title": text(*NAMES[code])} for code in CODES]
        await self.client.make(
            "/curriculum/v1/frameworks",
            f"/curriculum/v1/frameworks/{framework}",
            {"framework_id": framework, "competencies": titles},
        )
        body = {
            "programme_id": self.programme, "agreement_id": self.agreement, "template": "jingye-concentrated",
            "position_ids": [self.id("position")], "opened_on": f"{self.year}-06-01",
        }  # fmt: skip
        await self.client.make(
            "/recruitment/v1/programmes", f"/recruitment/v1/programmes/{self.programme}", body
        )

    async def recruit(self) -> None:
        """40 apply, 30 are selected, accept and are enrolled; all hold their safety card."""
        call, intake = self.client.call, self.id("intake")
        at = f"/recruitment/v1/intakes/{intake}"
        body = {
            "intake_id": intake,
            "programme_id": self.programme,
            "year": self.year,
            "seats": TRAINEES,
            "opens_on": f"{self.year}-06-01",
            "closes_on": f"{self.year}-07-31",
        }
        await self.client.make("/recruitment/v1/intakes", at, body)
        people = [
            {
                "application_id": self.id("application", number), "applicant_id": self.id("applicant", number), "name": "甲",
                "person_number": f"P{self.year}{number:03}", "status": "student", "born_on": f"{self.year - 19}-01-01",
                "facts": {"status": "student", "graduate": True, "place": "pingshan", "exam": 50 + number, "interview": 70},
            }
            for number in range(APPLICANTS)
        ]  # fmt: skip

        async def apply() -> bool:
            """The day of the demo reaches recruitment as an event: until then its intake is not open."""
            try:
                await call("coordinator", "POST", f"{at}/applications/bulk", {"applications": people})
            except Refused as refused:
                if refused.code != "E-RCR-NOT-OPEN":
                    raise
                return False
            return True

        await self.client.until(apply, "the intake to be open", PATIENCE)
        await call("coordinator", "POST", f"{at}/select", {})
        await call("coordinator", "POST", f"{at}/accept", {})
        await call(
            "coordinator",
            "POST",
            f"{at}/enrol",
            {"first_monday": self.first_monday.isoformat(), "cohort_id": self.cohort},
        )
        self.trainees = sorted(
            one["trainee_id"]
            for one in (await self.client.get(f"/recruitment/v1/cohorts/{self.cohort}"))["trainees"]
        )
        proofs = [
            {"trainee_id": one, "proof": "safety-card", "valid_from": f"{self.year}-09-01"}
            for one in self.trainees
        ]
        await call("coordinator", "POST", "/placement/v1/proofs", {"proofs": proofs})

    async def publish_plan(self) -> None:
        """Version 1: quality has fewer hours than it asks, and module m4 gives them to nobody who asks."""

        def module(
            name: str, phase: str, theory: int, contribution: dict[str, float], **more: Any
        ) -> dict[str, Any]:
            return {
                "module": name,
                "title": text(name, name),
                "phase": phase,
                "hours": {"theory": theory},
                "contribution": contribution,
                **more,
            }

        there = {"practised_at": self.stations}
        modules = [
            module("f1", "foundation", 168, {SAFETY: 1.0}),
            module("f2", "foundation", 168, {HANDOVER: 1.0}),
            module("m1", "alternation", 400, {OPERATION: 1.0}, first_week=13, last_week=15, **there),
            module(
                "m2",
                "alternation",
                200,
                {QUALITY: 1.0},
                first_week=13,
                last_week=16,
                full_effect_until=600,
                **there,
            ),
            module(
                "m3", "alternation", 200, {SAFETY: 0.5, HANDOVER: 0.5}, first_week=14, last_week=16, **there
            ),
            module("m4", "alternation", 400, {"general": 1.0}, first_week=17, last_week=56, least_hours=100),
        ]
        body = {"plan_id": self.plan, "title": text("培养方案", "Plan"), "modules": modules}
        await self.client.make(
            f"/curriculum/v1/programmes/{self.programme}/plans", f"/curriculum/v1/plans/{self.plan}", body
        )

    async def begin(self) -> dict[str, Any]:
        """From nothing to a timetable under version 1."""
        await self.sign_in()
        await self.clock(date(self.year, 6, 1))
        await self.enterprise_speaks()
        await self.open_programme()
        await self.recruit()
        await self.publish_plan()
        table = await self.timetable(1)
        self.tell(
            f"{APPLICANTS} applied, {len(self.trainees)} enrolled in {len(table['groups'])} groups; plan version 1; {len(table['stints'])} stints"
        )
        return table

    # What happens while they learn

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
        """A week's ratings at a time, in batches, by the gateway."""
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
