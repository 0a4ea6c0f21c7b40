"""Runs the steps that a template declares on the running system, from outside: one method for each step."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from shared.programmes import load
from shared.programmes.examining import examine
from shared.programmes.grammar import Predicate, Setting, Step
from tailored.scenario_client import Client, Refused

FIRST = date(2021, 9, 6)
SKILLS = ("safety", "handover")


def value_that_passes(predicate: Predicate) -> Any:
    """The value on the very border that still counts."""
    match predicate.operator.value:
        case "==" | ">=" | "<=":
            return predicate.value
        case ">":
            return predicate.value + 1
        case "<":
            return predicate.value - 1
        case "in":
            return predicate.value[0]
    raise AssertionError(predicate)


def value_that_fails(predicate: Predicate) -> Any:
    """The nearest value that does not count any more."""
    match predicate.operator.value:
        case ">=":
            return predicate.value - 0.01
        case "<" | ">":
            return predicate.value
        case "==" if isinstance(predicate.value, bool):
            return not predicate.value
    return "something-else"


class Stage:
    """One template on one system. `done` lists the steps that ran, in order."""

    def __init__(self, base: str, number: int, code: str, people: dict[str, Any]) -> None:
        self.client, self.code, self.people = Client(base, 9000 + number, "en"), code, people
        self.template = load(code)
        self.done: list[Step] = []
        self.year = 2021 + number
        self.first_monday = FIRST
        self.enterprise = people["integrator"]["enterprise_id"]
        self.cohort = self.id("cohort")
        self.trainees: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []

    def id(self, *parts: object) -> str:
        return self.client.id(self.code, *parts)

    async def play(self) -> None:
        """Everything that the template declares, in its order."""
        await self.open()
        steps: dict[Step, Callable[[], Awaitable[None]]] = {
            Step.INTAKE: self.intake,
            Step.FORM_FROM_COHORTS: self.form_from_cohorts,
            Step.ENROL: self.enrol,
            Step.PLAN: self.plan,
            Step.ATTACH_PLAN: self.attach_plan,
            Step.TIMETABLE: self.timetable,
            Step.RATING: self.rating,
            Step.REVISION: self.revision,
            Step.CREDENTIAL: self.credential,
            Step.PROMISES: self.promises,
            Step.SECONDMENT_GOALS: self.secondment_goals,
            Step.SECONDMENT_STINT: self.secondment_stint,
            Step.SECONDMENT_REPORT: self.secondment_report,
            Step.PROBLEM_LIST: self.problem_list,
            Step.PROJECT_TEAM: self.project_team,
            Step.COMPETENCIES_CREDITED: self.competencies_credited,
            Step.EXAMINATION: self.examination,
        }
        for step in self.template.steps:
            await steps[step]()
            self.done.append(step)
        await self.client.close()

    async def say(self, name: str, kind: str, data: dict[str, Any]) -> None:
        await self.client.send([(f"{self.code}:{name}", f"tailored.enterprise.{kind}.v1", data)])

    async def post(self, path: str, body: Any, persona: str = "coordinator") -> Any:
        """A call that may come before what it refers to has arrived: asked again."""

        async def once() -> Any:
            try:
                return await self.client.call(persona, "POST", path, body) or True
            except Refused as refused:
                if refused.status == 404:
                    return None
                raise

        return await self.client.until(once, path, 30)

    # Before the steps: the enterprise, its agreement and a programme of this template

    async def open(self) -> None:
        source = self.id("source")
        body = {
            "source_id": source,
            "name": self.code,
            "enterprise_id": self.enterprise,
            "quota_per_minute": 100000,
        }
        await self.client.call("admin", "POST", "/v1/sources", body)
        self.client.key = (await self.client.call("admin", "POST", "/v1/keys", {"source_id": source}))["key"]
        college = self.people["coordinator"]["college_id"]
        self.promised = [
            {
                "promise_id": self.id("promise", one.kind),
                "kind": one.kind,
                "amount": "12000",
                "due_on": "2030-12-31",
            }
            for one in self.template.promises
        ]
        agreement = {
            "agreement_id": self.id("agreement"),
            "college_id": college,
            "signed_on": "2021-05-01",
            "promises": self.promised,
        }
        await self.say("agreement", "agreement_signed", agreement)
        profile = [{"competency": code, "level": 3, "importance": 3} for code in SKILLS]
        position = {
            "position_id": self.id("position"),
            "title": {"zh": "岗位", "en": "position"},
            "profile": profile,
        }
        await self.say("position", "position_published", position)
        await self.place()
        body = {
            "programme_id": self.id("programme"),
            "agreement_id": self.id("agreement"),
            "template": self.code,
            "position_ids": [self.id("position")],
        }
        await self.post("/recruitment/v1/programmes", body)

    async def place(self) -> None:
        """A workshop with two stations and a mentor at each; which mentors is the number of the stage's."""
        stations = [
            {
                "station_id": self.id("station", each),
                "title": {"zh": "工位", "en": "station"},
                "seats": 60,
                "competencies": list(SKILLS),
            }
            for each in (1, 2)
        ]
        await self.say("workshop", "stations_offered", {
            "workshop_id": self.id("workshop"), "title": {"zh": "车间", "en": "workshop"}, "stations": stations, "effective_from": "2021-01-01",
        })  # fmt: skip
        self.mentors = [self.id("mentor", each) for each in (1, 2)]
        for each, mentor in enumerate(self.mentors, start=1):
            await self.say(f"mentor-{each}", "mentor_named", {
                "mentor_id": mentor, "workshop_id": self.id("workshop"), "station_id": self.id("station", each), "ratio": 50, "effective_from": "2021-01-01",
            })  # fmt: skip

    # The steps

    def facts(self, *, failing: Predicate | None = None) -> dict[str, Any]:
        group = self.template.source_groups[0] if self.template.source_groups else None
        facts = {one.fact: 60 for one in self.template.selection.criteria}
        for predicate in group.predicates if group else []:
            facts[predicate.fact] = (
                value_that_fails(predicate) if predicate is failing else value_that_passes(predicate)
            )
        return facts

    async def intake(self) -> None:
        """Applicants on the very border are taken, those just beyond it are refused with that rule."""
        seats = self.template.selection.minimum or 6
        body = {
            "intake_id": self.id("intake"),
            "programme_id": self.id("programme"),
            "year": self.year,
            "seats": max(seats, 6),
            "opens_on": "2021-05-01",
            "closes_on": "2021-07-31",
        }
        await self.post("/recruitment/v1/intakes", body)
        rows = [{"facts": self.facts(), "status": self.template.learner_status} for _ in range(max(seats, 6))]
        predicates = [p for g in self.template.source_groups[:1] for p in g.predicates]
        rows += [
            {"facts": self.facts(failing=one), "status": self.template.learner_status} for one in predicates
        ]
        people = [
            {**row, "application_id": self.id("application", number), "person_number": f"P{self.client.seed}-{number}", "born_on": "2000-01-01",
             "direction": self.template.branches[0].options[0] if self.template.branches and self.template.branches[0].by == "direction" else None}
            for number, row in enumerate(rows)
        ]  # fmt: skip
        at = f"/recruitment/v1/intakes/{self.id('intake')}"
        await self.post(f"{at}/applications/bulk", {"applications": people})
        done = await self.client.call("coordinator", "POST", f"{at}/select", {})
        assert done["applicants"] == len(rows)
        assert done["selected"] == max(seats, 6)
        if len(self.template.source_groups) == 1:
            assert done["eligible"] == max(seats, 6)
            outcomes = await self.client.get(f"{at}/outcomes")
            self.refused = [one for one in outcomes if one["state"] == "refused"]
            assert len(self.refused) == len(predicates)

    async def enrol(self) -> None:
        if Step.FORM_FROM_COHORTS not in self.done:
            at = f"/recruitment/v1/intakes/{self.id('intake')}"
            await self.client.call("coordinator", "POST", f"{at}/accept", {})
            await self.post(
                f"{at}/enrol", {"first_monday": self.first_monday.isoformat(), "cohort_id": self.cohort}
            )
        found = await self.client.get(f"/recruitment/v1/cohorts/{self.cohort}")
        self.trainees = found["trainees"]
        assert self.trainees
        proofs = [
            {
                "trainee_id": one["trainee_id"],
                "proof": need.proof,
                "valid_from": self.first_monday.isoformat(),
            }
            for one in self.trainees
            for need in self.template.prerequisites
        ]
        if proofs:
            await self.post("/placement/v1/proofs", {"proofs": proofs})

    def modules(self) -> list[dict[str, Any]]:
        """Those that the source fixes, else one of each phase; a phase at the plant is practised there."""
        stations = [self.id("station", each) for each in (1, 2)]
        made = []
        for phase in self.template.phases:
            outlines = [one for one in self.template.modules if one.phase == phase.phase and one.weeks]
            names = [(one.module, one.direction, one.weeks) for one in outlines]
            names = names or [(f"{phase.phase}-1", None, 2.0)]
            at_plant = bool({Setting.WORKSHOP, Setting.LINE} & set(phase.settings))
            setting = "line" if phase.settings == [Setting.LINE] else "theory"
            for number, (name, direction, weeks) in enumerate(names):
                made.append({
                    "module": name, "title": {"zh": name, "en": name}, "phase": phase.phase, "direction": direction,
                    "hours": {setting: round(weeks * phase.hours_per_week)},
                    "contribution": {SKILLS[number % 2]: 1.0, SKILLS[(number + 1) % 2]: 0.5},
                    "practised_at": stations if at_plant and number == 0 else [],
                })  # fmt: skip
        return made

    async def plan(self) -> None:
        framework = {
            "framework_id": self.id("framework"),
            "competencies": [{"code": code, "title": {"zh": "能力", "en": code}} for code in SKILLS],
        }
        await self.post("/curriculum/v1/frameworks", framework)
        body = {"plan_id": self.id("plan"), "modules": self.modules()}
        published = await self.post(f"/curriculum/v1/programmes/{self.id('programme')}/plans", body)
        weeks = [(phase["first_week"], phase["last_week"]) for phase in published["phases"]]
        assert weeks[-1][1] == self.template.total_weeks()
        await self.in_force(1)

    async def in_force(self, version: int) -> None:
        async def there() -> bool:
            rows = await self.client.find(f"/curriculum/v1/cohorts/{self.cohort}/plan")
            return bool(rows and rows[-1]["plan_version"] == version)

        await self.client.until(there, f"version {version} in force", 30)

    async def attach_plan(self) -> None:
        """The class goes on under the version that its trainees were taught by."""
        await self.in_force(1)

    async def form_from_cohorts(self) -> None:
        """A running cohort of this college, then a class of some of its trainees."""
        origin = Stage(str(self.client._http.base_url), 100, "jingye-concentrated", self.people)
        origin.cohort = origin.id("cohort")
        await origin.open()
        await origin.intake()
        await origin.enrol()
        await origin.plan()
        await origin.client.close()
        body = {
            "programme_id": self.id("programme"),
            "trainee_ids": [one["trainee_id"] for one in origin.trainees[:3]],
            "first_monday": (self.first_monday + timedelta(weeks=40)).isoformat(),
            "title": {"zh": "提前就业班", "en": "early employment class"},
            "cohort_id": self.cohort,
        }
        formed = await self.post("/recruitment/v1/cohorts", body)
        assert formed["formed_from"] == [origin.cohort]

    async def timetable(self) -> None:
        async def there() -> Any:
            found = await self.client.find(f"/placement/v1/cohorts/{self.cohort}/timetable")
            assert not found or found["status"] != "impossible", found["conflicts"]
            return found if found and found["status"] == "published" else None

        found = await self.client.until(there, f"the timetable of {self.code}", 120)
        groups = [len(group["trainee_ids"]) + len(group["held_back"]) for group in found["groups"]]
        assert max(groups) <= self.template.group_size
        at_plant = any(
            {Setting.WORKSHOP, Setting.LINE} & set(phase.settings) for phase in self.template.phases
        )
        assert bool(found["stints"]) == at_plant
        assert len({(stint["group"], stint["week"]) for stint in found["stints"]}) == len(found["stints"])

    async def rating(self) -> None:
        """One rating of each trainee, through the gateway; all are counted, once."""
        monday = date.fromisoformat(
            (await self.client.get(f"/recruitment/v1/cohorts/{self.cohort}"))["first_monday"]
        )
        ratings = [
            (f"{self.code}:rating-{number}", "tailored.enterprise.trainee_rated.v1", {
                "rating_id": self.id("rating", number), "trainee_id": one["trainee_id"], "mentor_id": self.mentors[0],
                "competency": SKILLS[0], "level": 3, "observed_on": (monday + timedelta(days=4)).isoformat(),
            })
            for number, one in enumerate(self.trainees)
        ]  # fmt: skip
        await self.client.send(ratings)
        again = await self.client.send(ratings)
        assert again == {"accepted": 0, "duplicate": len(ratings)}

        async def counted() -> bool:
            seen = await self.client.find(f"/feedback/v1/ratings?cohort_id={self.cohort}")
            return bool(seen and seen["ratings"] == len(ratings))

        await self.client.until(counted, "the ratings to be counted", 30)

    async def revision(self) -> None:
        """Both sides approve what is proposed, and version 2 is there; a secondment's report has proposed it already."""
        plan = self.id("plan")
        if Step.SECONDMENT_REPORT not in self.done:
            reason = {"zh": "企业建议", "en": "the enterprise asks for it"}
            await self.post(
                "/curriculum/v1/revisions",
                {"plan_id": plan, "competencies": {SKILLS[0]: 0.1}, "reason": reason},
            )

        async def drafted() -> Any:
            rows = await self.client.get(f"/curriculum/v1/revisions?plan_id={plan}")
            return next((row for row in rows if row["state"] not in {"opened"}), None)

        row = await self.client.until(drafted, "the draft", 150)
        self.revised = await self.client.get(f"/curriculum/v1/revisions/{row['revision_id']}")
        assert self.revised["state"] in {"drafted", "undrafted"}
        if self.revised["state"] == "undrafted":
            return
        needs = self.template.approval
        voters = ["panel-college", "panel-college-2"][: needs.votes_college]
        voters += ["panel-enterprise", "panel-enterprise-2"][: needs.votes_enterprise]
        for voter in voters:
            body = {"choice": "approve", "content_hash": self.revised["content_hash"]}
            await self.client.call(
                voter, "POST", f"/curriculum/v1/revisions/{row['revision_id']}/votes", body
            )
        ended = await self.client.get(f"/curriculum/v1/revisions/{row['revision_id']}")
        assert ended["state"] in {"published", "queued"}

    async def promises(self) -> None:
        """Each promise of the agreement is watched, and is kept when the enterprise has delivered."""
        for one in self.promised:
            data = {
                "agreement_id": self.id("agreement"),
                "promise_id": one["promise_id"],
                "amount": one["amount"],
                "occurred_on": "2021-09-10",
            }
            await self.say(f"kept-{one['kind']}", "promise_kept", data)

        async def watched() -> bool:
            rows = await self.client.get(f"/feedback/v1/promises?agreement_id={self.id('agreement')}")
            return {row["kind"] for row in rows} == {one["kind"] for one in self.promised}

        await self.client.until(watched, "the promises", 30)

    async def credential(self) -> None:
        """What a graduate takes away is named; whether it is a degree is the template's word."""
        assert self.template.credential
        assert self.template.credential.degree == self.template.degree

    async def examination(self) -> None:
        """Everyone with just enough points passes."""
        assert self.template.examination
        enough = {part.exam_part: 50.0 for part in self.template.examination.parts}
        assert examine(self.template.examination, enough).passed

    async def secondment_goals(self) -> None:
        teacher = self.people["teacher"]["person_id"]
        with_college = {
            "teacher_id": teacher,
            "name": "教师",
            "college_id": self.people["teacher"]["college_id"],
        }
        try:
            await self.client.call("coordinator", "POST", "/curriculum/v1/teachers", with_college)
        except Refused as refused:
            assert refused.status == 409
        if Step.PLAN not in self.template.steps:
            await self.plan_of_nobody()
        self.shift = self.year - 2021
        first = date(2022 + self.shift, 3, 1)
        weeks = self.template.weeks(self.template.secondment.stint)
        self.secondment = {
            "secondment_id": self.id("secondment"), "teacher_id": teacher, "enterprise_id": self.enterprise, "workshop_id": self.id("workshop"),
            "programme_id": self.id("programme"), "first_day": first.isoformat(),
            "last_day": (first + timedelta(weeks=weeks, days=-1)).isoformat(), "goals": [SKILLS[0]],
        }  # fmt: skip
        await self.post("/curriculum/v1/secondments", self.secondment)

    async def plan_of_nobody(self) -> None:
        """A plan that a report can change, though the template itself teaches nobody."""
        phases = [
            {
                "phase": "all",
                "title": {"zh": "全程", "en": "all"},
                "first_week": 1,
                "last_week": 20,
                "budget": 560,
            }
        ]
        modules = [
            {"module": name, "title": {"zh": name, "en": name}, "phase": "all", "hours": {"theory": 280}, "contribution": {code: 1.0}, "full_effect_until": 500}
            for name, code in (("one", SKILLS[0]), ("two", SKILLS[1]) )
        ]  # fmt: skip
        body = {"plan_id": self.id("plan"), "modules": modules, "phases": phases}
        await self.post(f"/curriculum/v1/programmes/{self.id('programme')}/plans", body)

    async def secondment_stint(self) -> None:
        """It has a place on the teacher's calendar."""

        async def planned() -> bool:
            found = await self.client.find(
                f"/placement/v1/teachers/{self.people['teacher']['person_id']}/calendar"
            )
            return any(
                one["secondment_id"] == self.id("secondment") for one in (found or {}).get("secondments", [])
            )

        await self.client.until(planned, "the stint on the calendar", 30)

    async def secondment_report(self) -> None:
        """The report says what must now be asked; the teacher counts as dual-qualified."""
        body = {
            "learnt": [SKILLS[0]],
            "requirements": [{"competency": SKILLS[0], "level": 4, "importance": 3}],
            "reported_on": self.secondment["last_day"],
        }
        await self.post(f"/curriculum/v1/secondments/{self.id('secondment')}/report", body)

    async def problem_list(self) -> None:
        problem = {"zh": "轧制参数优化", "en": "optimise the rolling parameters"}
        body = {
            "problem_id": self.id("problem"),
            "programme_id": self.id("programme"),
            "enterprise_id": self.enterprise,
            "problem": problem,
        }
        await self.post("/curriculum/v1/problems", body, "panel-enterprise")
        listed = await self.client.get(f"/curriculum/v1/problems?programme_id={self.id('programme')}")
        assert [one["problem_id"] for one in listed] == [self.id("problem")]

    async def project_team(self) -> None:
        team = self.template.project
        learners = [self.id("learner", each) for each in range(team.least_learners)]
        body = {
            "project_id": self.id("project"), "problem_id": self.id("problem"), "teacher_id": self.people["teacher"]["person_id"],
            "mentor_id": self.mentors[0], "competencies": list(SKILLS),
        }  # fmt: skip
        await self.post("/curriculum/v1/projects", {**body, "learner_ids": learners})
        self.learners = learners

    async def competencies_credited(self) -> None:
        credited = {learner: [SKILLS[0]] for learner in self.learners}
        await self.post(f"/curriculum/v1/projects/{self.id('project')}/finish", {"credited": credited})
