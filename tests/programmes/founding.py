"""What happens to a programme before it is taught: agreement, plant, intake, enrolment, proofs."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from shared.programmes import load
from shared.programmes.grammar import Step
from tests.programmes.front import COLLEGE, SPACE, System, text, until


class Founding:
    """One programme of one template, with as many enterprises as it needs."""

    def __init__(self, system: System, code: str, *names: str) -> None:
        self.system, self.code, self.template = system, code, load(code)
        self.names = names or ("plant",)
        self.done: set[Step] = set()
        self.keys: dict[str, str] = {}
        self.programme, self.plan = self.id("programme"), self.id("plan")
        self.mentors: dict[str, list[str]] = {}
        self.begins = date(2021, 3, 1)

    def id(self, *parts: object) -> str:
        return str(uuid5(SPACE, ":".join(map(str, (self.code, *parts)))))

    def did(self, step: Step) -> None:
        self.done.add(step)

    def ended(self) -> None:
        """Nothing that the template declares was left undone."""
        assert set(self.template.steps) == self.done, set(self.template.steps) ^ self.done

    async def post(self, path: str, body: Any, role: str = "coordinator", **bound: Any) -> Any:
        """What it builds upon may still be on its way."""

        async def once() -> Any:
            return await self.system.call("POST", path, body, role, **bound) or True

        return await until(once, f"POST {path}")

    def enterprise(self, name: str | None = None) -> str:
        return self.id("enterprise", name or self.names[0])

    async def say(self, kind: str, *said: dict[str, Any], of: str | None = None) -> None:
        """Events of an enterprise, with its own key, through the one door."""
        of, sent = (
            of or self.names[0],
            [(f"{self.code}:{kind}:{uuid5(SPACE, repr(one))}", one) for one in said],
        )
        batch = [
            {
                "specversion": "1.0",
                "id": name,
                "source": f"urn:{of}",
                "type": f"tailored.enterprise.{kind}.v1",
                "data": one,
            }
            for name, one in sent
        ]
        headers = {
            "Authorization": f"Bearer {self.keys[of]}",
            "Content-Type": "application/cloudevents-batch+json",
        }
        for at in range(0, len(batch), 100):
            answer = await self.system.client.post("/v1/events", json=batch[at : at + 100], headers=headers)
            assert {one["status"] for one in answer.json()["results"]} == {202}, answer.text

    # Before the steps

    async def open(
        self,
        profile: dict[str, int],
        promises: dict[str, tuple[str, int]] | None = None,
        *,
        seats: int = 30,
        mentors: int = 2,
    ) -> None:
        """Keys, a position, the agreement (name of a promise -> amount, days from now), two stations, a programme."""
        await self.system.to(max(self.system.day + timedelta(days=28), self.begins))
        self.begins = self.system.day
        for name in self.names:
            source = {
                "source_id": self.id("source", name),
                "name": name,
                "enterprise_id": self.enterprise(name),
                "quota_per_minute": 100000,
            }
            await self.system.call("POST", "/v1/sources", source, "admin")
            key = await self.system.call("POST", "/v1/keys", {"source_id": source["source_id"]}, "admin")
            self.keys[name] = key["key"]
            await self._plant(name, sorted(profile), seats, mentors)
        asked = [{"competency": code, "level": level, "importance": 3} for code, level in profile.items()]
        await self.say(
            "position_published",
            {"position_id": self.id("position"), "title": text("岗位"), "profile": asked},
        )
        promised = [
            {
                "promise_id": self.id("promise", name),
                "kind": name.split("/")[0],
                "amount": amount,
                "due_on": str(self.begins + timedelta(days=days)),
            }
            for name, (amount, days) in (promises or {}).items()
        ]
        agreement = {
            "agreement_id": self.id("agreement"),
            "college_id": str(COLLEGE),
            "signed_on": str(self.begins),
            "promises": promised,
        }
        await self.say("agreement_signed", agreement)
        await self.open_programme(self.programme)
        competencies = [{"code": code, "title": text(code)} for code in profile]
        await self.post(
            "/curriculum/v1/frameworks", {"framework_id": self.id("framework"), "competencies": competencies}
        )

    async def open_programme(self, programme_id: str, title: dict[str, str] | None = None) -> None:
        body = {
            "programme_id": programme_id, "agreement_id": self.id("agreement"), "template": self.template.template, "position_ids": [self.id("position")],
            "enterprise_ids": [self.enterprise(name) for name in self.names], "title": title,
        }  # fmt: skip
        await self.post("/recruitment/v1/programmes", body)

    def stations(self, *names: str) -> list[str]:
        return [self.id("station", name, number) for name in names or self.names for number in (1, 2)]

    async def _plant(self, name: str, shows: list[str], seats: int, mentors: int) -> None:
        workshop = self.id("workshop", name)
        stations = [
            {"station_id": one, "title": text("工位"), "seats": seats, "competencies": shows}
            for one in self.stations(name)
        ]
        offer = {
            "workshop_id": workshop,
            "title": text("车间"),
            "stations": stations,
            "effective_from": str(self.begins),
        }
        await self.say("stations_offered", offer, of=name)
        self.mentors[name] = [self.id("mentor", name, number) for number in range(mentors)]
        named = [
            {"mentor_id": one, "workshop_id": workshop, "station_id": self.stations(name)[number % 2], "ratio": seats, "effective_from": str(self.begins)}
            for number, one in enumerate(self.mentors[name])
        ]  # fmt: skip
        await self.say("mentor_named", *named, of=name)

    # The steps

    async def take_applications(
        self, intake_id: str, rows: list[dict[str, Any]], year: int, **more: Any
    ) -> str:
        """An intake with its applications; the address of the intake."""
        body = {
            "intake_id": intake_id, "programme_id": self.programme, "year": year, "opens_on": str(self.begins),
            "closes_on": str(self.closes()), **more,
        }  # fmt: skip
        await self.post("/recruitment/v1/intakes", body)
        at = f"/recruitment/v1/intakes/{intake_id}"
        people = [
            {"person_number": f"{self.code[:12]}{number:04}", "born_on": "1998-01-01", **row}
            for number, row in enumerate(rows)
        ]
        await self.post(f"{at}/applications/bulk", {"applications": people})
        return at

    def closes(self) -> date:
        return self.begins + timedelta(days=20)

    async def intake(
        self, rows: list[dict[str, Any]], year: int = 0, name: str = "intake", **more: Any
    ) -> dict[str, Any]:
        """Applications taken and selected by the published rules."""
        at = await self.take_applications(self.id(name), rows, year or self.begins.year, **more)
        closed = await self.system.call("POST", f"{at}/select", {})
        self.did(Step.INTAKE)
        return dict(closed)

    async def outcomes(self, name: str = "intake") -> list[dict[str, Any]]:
        return list(await self.system.get(f"/recruitment/v1/intakes/{self.id(name)}/outcomes"))

    async def enrol(
        self, name: str = "intake", cohort: str = "cohort", first_monday: date | None = None
    ) -> list[dict[str, Any]]:
        """Offers accepted, a cohort enrolled, and the proofs that the template asks for handed in."""
        at, monday = f"/recruitment/v1/intakes/{self.id(name)}", first_monday or self.first_monday()
        await self.system.call("POST", f"{at}/accept", {})
        enrolled = await self.system.call(
            "POST", f"{at}/enrol", {"first_monday": str(monday), "cohort_id": self.id(cohort)}
        )
        await self.prove(enrolled["trainees"], monday)
        self.did(Step.ENROL)
        return list(enrolled["trainees"])

    async def prove(self, trainees: list[dict[str, Any]], since: date) -> None:
        proofs = [
            {
                "trainee_id": one["trainee_id"],
                "proof": need.proof,
                "valid_from": str(since),
                "valid_until": str(since + timedelta(days=3000)),
            }
            for one in trainees
            for need in self.template.prerequisites
        ]
        if proofs:
            await self.post("/placement/v1/proofs", {"proofs": proofs})

    def first_monday(self) -> date:
        day = self.begins + timedelta(days=35)
        return day + timedelta(days=-day.weekday() % 7)
