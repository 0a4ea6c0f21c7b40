"""A programme played from outside: HTTP with the keys of its enterprises and the tokens of its people.

Each method carries out one step of a template and says so in `done`, after the system has shown that it is true.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from shared.programmes.grammar import Step
from tests.programmes.founding import Founding
from tests.programmes.front import SPACE, text, until


class Play(Founding):
    """One programme of one template, from the first module to the last promise."""

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
