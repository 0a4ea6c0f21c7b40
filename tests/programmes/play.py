"""A programme played from outside: HTTP with the keys of its enterprises and the tokens of its people.

Each method carries out one step of a template and says so in `done`, after the system has shown that it is true.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx

from shared.programmes import load
from shared.programmes.grammar import Step
from shared.web.identity import Person, Role, Side, issue

SPACE = UUID("3d7c0c0a-6f0b-5d0e-9a53-6a1a5f3c9d11")
COLLEGE = uuid5(SPACE, "college")
PATIENCE = 120
SIDES = {"panel-college": Side.COLLEGE, "panel-enterprise": Side.ENTERPRISE}


def text(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


class Said(AssertionError):
    """The system refused; its problem is at hand."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
        )
        self.status, self.problem = answer.status_code, answer.json()


class System:
    """One running system, its people and its business day."""

    def __init__(self, client: httpx.AsyncClient, signing_key: str) -> None:
        self.client, self.key, self.day = client, signing_key, date(2021, 2, 1)

    def headers(self, role: str, **bound: Any) -> dict[str, str]:
        """A token: people of an enterprise are bound to it, all others to the college."""
        given = {
            "person_id": uuid5(SPACE, role),
            "college_id": None if "enterprise_id" in bound else COLLEGE,
            **bound,
        }
        person = Person(name=role, roles=frozenset({Role(role)}), side=SIDES.get(role), **given)
        return {"Authorization": f"Bearer {issue(person, self.key)}"}

    async def call(
        self, method: str, path: str, body: Any = None, role: str = "coordinator", **bound: Any
    ) -> Any:
        """What the system answers; `Said` where it refuses."""
        answer = await self.client.request(method, path, json=body, headers=self.headers(role, **bound))
        if not answer.is_success:
            raise Said(answer)
        return answer.json() if answer.content else None

    async def get(self, path: str, role: str = "coordinator", **bound: Any) -> Any:
        return await self.call("GET", path, role=role, **bound)

    async def to(self, day: date) -> None:
        """Business time moves forward, and the services have heard it."""
        if day <= self.day and self.day != date(2021, 2, 1):
            return
        self.day = day
        await self.call("POST", "/v1/demo/clock", {"today": day.isoformat()}, "operator")
        for path in ("/curriculum/v1/teachers/share", "/feedback/v1/indicators"):

            async def heard(path: str = path) -> bool:
                return bool((await self.get(path))["on"] == day.isoformat())

            await until(heard, f"{path} to be at {day}")


async def until(ask: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
    """Ask again until there is an answer; what is not there yet (404) counts as none."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if answer := await ask():
                return answer
        except Said as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        await asyncio.sleep(0.1)


class Play:
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

    def module(
        self, name: str, phase: str, hours: dict[str, float], builds: str, **more: Any
    ) -> dict[str, Any]:
        return {
            "module": name,
            "title": text(name),
            "phase": phase,
            "hours": hours,
            "contribution": {builds: 1.0},
            **more,
        }

    async def publish_plan(
        self, modules: list[dict[str, Any]], cohort: str | None = "cohort", **more: Any
    ) -> dict[str, Any]:
        """Version 1, in force for the cohort."""
        published = await self.post(
            f"/curriculum/v1/programmes/{self.programme}/plans",
            {"plan_id": self.plan, "modules": modules, **more},
        )
        if cohort:
            await self.in_force(1, cohort)
            self.did(Step.PLAN)
        return dict(published)

    async def in_force(self, version: int, cohort: str = "cohort") -> dict[str, Any]:
        async def there() -> Any:
            rows = await self.system.get(f"/curriculum/v1/cohorts/{self.id(cohort)}/plan")
            return next((row for row in rows if row["plan_version"] == version), None)

        return dict(await until(there, f"version {version} in force"))

    async def timetable(self, version: int = 1, cohort: str = "cohort") -> dict[str, Any]:
        """Published under this version, with nobody in two places and no station overbooked."""

        async def there() -> Any:
            found = await self.system.get(f"/placement/v1/cohorts/{self.id(cohort)}/timetable")
            assert found["status"] != "impossible", found["conflicts"]
            return found if found["status"] == "published" and found["plan_version"] == version else None

        found = await until(there, f"the timetable of {self.code}")
        assert not any(group["held_back"] for group in found["groups"])
        assert len({(one["group"], one["week"]) for one in found["stints"]}) == len(found["stints"])
        self.did(Step.TIMETABLE)
        return dict(found)

    async def rate(
        self, trainees: list[dict[str, Any]], competency: str, on: date, cohort: str = "cohort"
    ) -> None:
        """A mentor of each trainee's own enterprise rates one competency; each rating counts once."""
        owner = {self.enterprise(name): name for name in self.names}
        for name in self.names:
            ratings = [
                {"rating_id": self.id("rating", one["trainee_id"]), "trainee_id": one["trainee_id"], "mentor_id": self.mentors[name][0],
                 "competency": competency, "level": 3, "observed_on": str(on)}
                for one in trainees if owner[one["enterprise_id"]] == name
            ]  # fmt: skip
            await self.say("trainee_rated", *ratings, of=name)

        async def counted() -> bool:
            seen = await self.system.get(f"/feedback/v1/ratings?cohort_id={self.id(cohort)}")
            return bool(seen["ratings"] == len(trainees))

        await until(counted, "the ratings to be counted")
        self.did(Step.RATING)

    async def drafted(self, plan: str | None = None) -> dict[str, Any]:
        async def there() -> Any:
            rows = await self.system.get(f"/curriculum/v1/revisions?plan_id={plan or self.plan}")
            return next((row for row in rows if row["state"] in {"drafted", "undrafted"}), None)

        row = await until(there, "a drafted revision")
        return dict(await self.system.get(f"/curriculum/v1/revisions/{row['revision_id']}"))

    async def vote(self, revision: dict[str, Any], side: str, number: int) -> str:
        bound = {"enterprise_id": self.enterprise()} if side == "enterprise" else {}
        body = {"choice": "approve", "content_hash": revision["content_hash"]}
        path = f"/curriculum/v1/revisions/{revision['revision_id']}/votes"
        voter = uuid5(SPACE, f"{side}:{number}")
        return str(
            (await self.system.call("POST", path, body, f"panel-{side}", person_id=voter, **bound))["state"]
        )

    async def revise(self, revision: dict[str, Any]) -> list[str]:
        """Both sides approve, vote by vote; what each vote left."""
        needs = self.template.approval
        states = [await self.vote(revision, "college", number) for number in range(needs.votes_college)]
        states += [
            await self.vote(revision, "enterprise", number) for number in range(needs.votes_enterprise)
        ]
        self.did(Step.REVISION)
        return states

    async def graduate(
        self, weeks: int, first_monday: date | None = None, cohort: str = "cohort"
    ) -> list[dict[str, Any]]:
        """After the last teaching week, the credential for each who has finished; not a day before."""
        at, friday = (
            f"/curriculum/v1/cohorts/{self.id(cohort)}/credentials",
            (first_monday or self.first_monday()) + timedelta(weeks=weeks, days=-3),
        )
        early = await self.system.client.post(at, json={}, headers=self.system.headers("coordinator"))
        assert (early.status_code, early.json()["code"]) == (409, "E-CUR-CREDENTIAL")
        await self.system.to(friday)
        awards = await self.system.call("POST", at, {})
        title = self.template.credential
        assert title
        assert {(one["title"]["en"], one["degree"]) for one in awards} == {(title.title.en, title.degree)}
        self.did(Step.CREDENTIAL)
        return list(awards)

    async def hire(self, *hired: tuple[dict[str, Any], str]) -> None:
        """Graduates start work at a monthly salary."""
        await self.say("employee_hired", *(
            {"employee_id": self.id("employee", one["trainee_id"]), "trainee_id": one["trainee_id"], "position_id": self.id("position"),
             "monthly_salary": salary, "occurred_on": str(self.system.day)}
            for one, salary in hired
        ))  # fmt: skip

    async def promises(self, expected: dict[str, str]) -> dict[str, str]:
        """Verdicts by the promise's name, as soon as they are these."""
        names = {self.id("promise", name): name for name in expected}
        found: dict[str, Any] = {}

        async def there() -> bool:
            rows = await self.system.get(f"/feedback/v1/promises?agreement_id={self.id('agreement')}")
            found.update({names[row["promise_id"]]: row for row in rows})
            return {name: row["verdict"] for name, row in found.items()} == expected

        try:
            await until(there, "the promises", 60)
        except AssertionError:
            assert {name: row["verdict"] for name, row in found.items()} == expected
        self.did(Step.PROMISES)
        return {name: row["delivered"] for name, row in found.items()}

    async def checked(self, promise: str, verdict: str) -> None:
        """This verdict has been said of a promise, as the event log shows."""
        path = f"/v1/events?type=tailored.feedback.promise_checked.v1&key={self.id('agreement')}&limit=50"

        async def said() -> bool:
            rows = [row["data"] for row in (await self.system.get(path))["events"]]
            return any(
                row["verdict"] == verdict for row in rows if row["promise_id"] == self.id("promise", promise)
            )

        await until(said, f"{promise} to be said {verdict}")

    async def events(self, name: str, key: str) -> list[dict[str, Any]]:
        """What the event log has of one type and key, oldest first."""

        async def there() -> Any:
            return (await self.system.get(f"/v1/events?type=tailored.{name}.v1&key={key}&limit=50"))["events"]

        return [row["data"] for row in reversed(await until(there, name))]

    async def second(
        self, teacher: str, competency: str, first_day: date, days: int, programme: str | None = None
    ) -> str:
        """A teacher goes to the plant with a goal; the stint stands on the calendar, also as iCalendar."""
        secondment = self.id("secondment", teacher)
        body = {
            "secondment_id": secondment, "teacher_id": teacher, "enterprise_id": self.enterprise(), "workshop_id": self.id("workshop", self.names[0]),
            "programme_id": programme or self.programme, "first_day": str(first_day), "last_day": str(first_day + timedelta(days=days - 1)),
        }  # fmt: skip
        nothing = await self.system.client.post(
            "/curriculum/v1/secondments",
            json={**body, "goals": []},
            headers=self.system.headers("coordinator"),
        )
        assert nothing.status_code == 422
        await self.post("/curriculum/v1/secondments", {**body, "goals": [competency]})
        self.did(Step.SECONDMENT_GOALS)
        own = {"role": "teacher", "person_id": UUID(teacher)}

        async def planned() -> Any:
            found = await self.system.get(f"/placement/v1/teachers/{teacher}/calendar", **own)
            return next((one for one in found["secondments"] if one["secondment_id"] == secondment), None)

        stint = await until(planned, "the stint on the calendar")
        assert (stint["first_day"], stint["last_day"], stint["goals"]) == (
            body["first_day"],
            body["last_day"],
            [competency],
        )
        address = await self.system.call(
            "POST", "/placement/v1/calendars", {"kind": "teacher", "person_id": teacher}, **own
        )
        calendar = (await self.system.client.get(address["url"])).text
        assert f"UID:{secondment}" in calendar
        assert f"DTSTART;VALUE=DATE:{first_day:%Y%m%d}" in calendar
        assert f"DTEND;VALUE=DATE:{first_day + timedelta(days=days):%Y%m%d}" in calendar
        self.did(Step.SECONDMENT_STINT)
        return secondment

    async def report(self, secondment: str, teacher: str, competency: str, level: int, on: date) -> None:
        """The teacher reports what the plant now asks."""
        body = {
            "learnt": [competency],
            "requirements": [{"competency": competency, "level": level, "importance": 3}],
            "reported_on": str(on),
        }
        await self.system.call(
            "POST",
            f"/curriculum/v1/secondments/{secondment}/report",
            body,
            "teacher",
            person_id=UUID(teacher),
        )
        self.did(Step.SECONDMENT_REPORT)
