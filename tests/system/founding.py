"""What happens before teaching in the small programme of the stories: its people, its plant, its plan."""

from collections.abc import Callable
from datetime import date
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


class Founding:
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
            {
                "trainee_id": one,
                "proof": proof,
                "valid_from": f"{self.year}-09-01",
                "valid_until": f"{self.year + 9}-09-01",
            }
            for one in self.trainees
            for proof in ("safety-card", "insurance", "three-party-agreement")
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
