"""The paper's Jingye programme, played from outside: what people and machines would do, in the order of business time.

Every step asks first what is done already, and every id follows from the seed, so that a story that was killed goes on
where it was and nothing takes effect twice. People, mentors and ratings are generated.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tailored import scenario_data, scenario_skill, scenario_world
from tailored.scenario_client import Client, NeverCame, Refused
from tailored.scenario_skill import Taught, Truth
from tailored.scenario_state import State
from tailored.scenario_words import Teller
from tailored.scenario_world import LOOKS_SHORT, ROUNDS, SEVERE_AT, SHORT, Round

ENDED = {"published", "rejected", "withdrawn"}
READY_TO_VOTE = {"drafted", "voting", "escalated"}
VOTERS = ("panel-college", "panel-college-2", "panel-enterprise", "panel-enterprise-2")
QUOTA = 1_000_000
MONTHS_AFTER_THE_EFFECT_COULD_BE = 3
PANELS_MEET_AFTER = 56
FOLLOWED_AFTER_THE_CHANGE = 8
"""Teaching weeks for which 2021 is still rated under version 2; the rest of its programme is not played."""

Approve = Callable[[dict[str, Any]], Awaitable[str]]


@dataclass
class Cohort:
    """A running cohort, as the story knows it."""

    year: int
    cohort_id: str
    first_monday: date
    numbers: dict[str, str] = field(default_factory=dict)
    taught: Taught = field(default_factory=Taught)


class Rejected(RuntimeError):  # noqa: N818 - it says what happened
    """A side said no; the loop ends without an effect."""


@dataclass
class Story:
    """One run."""

    client: Client
    state: State
    tell: Teller
    approve: Approve
    shortfall: float | None
    disturb: Callable[[str], Awaitable[None]]
    until: date | None = None
    personas: dict[str, dict[str, Any]] = field(default_factory=dict)
    cohorts: dict[int, Cohort] = field(default_factory=dict)
    world: Truth | None = None
    day: date = scenario_world.START

    async def play(self) -> dict[str, Any]:
        """From an empty system to a measured effect; what was found, for the last line."""
        await self.client.ready()
        await self.sign_in()
        await self.to_day(scenario_world.START)
        await self.enterprise_speaks()
        await self.open_programme()
        await self.recruit(ROUNDS[0])
        await self.publish_plan()
        await self.timetable(2021)
        for first in scenario_world.months(date(2021, 9, 30)):
            await self.month(first)
            if self.state.get("finished") or (self.until and first > self.until):
                break
        return await self.found()

    # --- people and keys

    async def sign_in(self) -> None:
        """Personas for people, a key for the enterprise's systems."""
        self.personas = (await self.client.get("/v1/personas"))["personas"]
        source = self.client.id("source")
        if not self.state.get("key"):
            enterprise = self.personas["integrator"]["enterprise_id"]
            body = {
                "source_id": source,
                "name": "敬业 MES（演示）",
                "enterprise_id": enterprise,
                "quota_per_minute": QUOTA,
            }
            await self.client.call("admin", "POST", "/v1/sources", body)
            made = await self.client.call("admin", "POST", "/v1/keys", {"source_id": source})
            self.state.put(key=made["key"])
        self.client.key = self.state.get("key")

    async def to_day(self, day: date) -> None:
        """Business time moves forward; going back is never asked."""
        self.day = max(day, self.day)
        try:
            await self.client.call("operator", "POST", "/v1/demo/clock", {"today": day.isoformat()})
        except Refused as refused:
            if refused.code != "E-GTW-CLOCK":
                raise

    # --- before teaching

    async def enterprise_speaks(self) -> None:
        """Positions, agreement, stations, mentors: as events through the gateway."""
        if not self.state.get("spoken"):
            events = scenario_world.enterprise_events(self.client, self.personas)
            await self.client.send(events)
            self.state.put(spoken=True)
        self.tell("spoken", positions=len(scenario_data.positions()), workshops=5, mentors=24)

    async def open_programme(self) -> None:
        """A framework of competencies and a programme from the template."""
        framework = self.client.id("framework")
        body = {
            "framework_id": framework,
            "title": {"zh": "钢铁岗位能力框架（O*NET，改编）", "en": "Steel competencies (O*NET, modified)"},
            "competencies": scenario_data.competencies(),
        }
        await self.client.make("/curriculum/v1/frameworks", f"/curriculum/v1/frameworks/{framework}", body)
        programme = self.client.id("programme")
        body = {
            "programme_id": programme,
            "agreement_id": self.client.id("agreement"),
            "template": "jingye-concentrated",
            "position_ids": [self.client.id("position", code) for code in scenario_data.positions()],
            "opened_on": scenario_world.START.isoformat(),
        }
        await self.client.make("/recruitment/v1/programmes", f"/recruitment/v1/programmes/{programme}", body)

    async def recruit(self, this: Round) -> None:
        """Applications, selection by the published rules, offers accepted, a cohort enrolled."""
        client, intake, cohort = (
            self.client,
            self.client.id("intake", this.year),
            self.client.id("cohort", this.year),
        )
        where, at = "/recruitment/v1/intakes", f"/recruitment/v1/intakes/{intake}"
        closes = date(this.year, 7, 31).isoformat()
        body = {
            "intake_id": intake,
            "programme_id": client.id("programme"),
            "year": this.year,
            "seats": this.seats,
            "opens_on": this.opens_on.isoformat(),
            "closes_on": closes,
        }
        there = await client.make(where, at, body)
        there = await client.get(at)
        if there["state"] == "open" and not sum(there.get("states", {}).values()):
            people = {"applications": scenario_world.applicants(client, this)}
            await client.call("coordinator", "POST", f"{at}/applications/bulk", people)
        if there["state"] == "open":
            await client.call("coordinator", "POST", f"{at}/select", {})
        made = await client.find(f"/recruitment/v1/cohorts/{cohort}")
        if made is None:
            await client.call("coordinator", "POST", f"{at}/accept", {})
            title = {"zh": f"敬业 {this.year} 级（演示数据）", "en": f"Jingye {this.year} (generated)"}
            body = {"first_monday": this.first_monday.isoformat(), "cohort_id": cohort, "title": title}
            await client.call("coordinator", "POST", f"{at}/enrol", body)
            made = await client.get(f"/recruitment/v1/cohorts/{cohort}")
        self.cohorts[this.year] = Cohort(
            this.year,
            cohort,
            this.first_monday,
            {one["trainee_id"]: one["college_number"] for one in made["trainees"]},
        )
        self.state.put(
            **{f"applicants_{this.year}": this.applicants, f"selected_{this.year}": len(made["trainees"])}
        )
        self.tell("recruited", year=this.year, applicants=this.applicants, seats=len(made["trainees"]))
        await self.show_proofs(made)

    async def show_proofs(self, cohort: dict[str, Any]) -> None:
        """Every trainee holds a safety card: nobody goes to a workshop without."""
        start = date.fromisoformat(cohort["first_monday"])
        proofs = [
            {"trainee_id": one["trainee_id"], "proof": "safety-card", "valid_from": start.isoformat()}
            for one in cohort["trainees"]
        ]
        await self.client.call("coordinator", "POST", "/placement/v1/proofs", {"proofs": proofs})

    async def publish_plan(self) -> None:
        """Version 1, from modules of the German ordinance; then the generator's truth is fixed."""
        plan_id = self.client.id("plan")
        body = {
            "plan_id": plan_id,
            "title": {"zh": "敬业集中培养方案（演示）", "en": "Jingye concentrated training plan (demo)"},
            "modules": scenario_world.plan(self.client),
        }
        where = f"/curriculum/v1/programmes/{self.client.id('programme')}/plans"
        await self.client.make(where, f"/curriculum/v1/plans/{plan_id}", body)
        first = scenario_skill.readable(await self.client.get(f"/curriculum/v1/plans/{plan_id}/versions/1"))
        mentors = {
            self.personas[slug]["person_id"]: station
            for station, slugs in scenario_world.mentor_slugs().items()
            for slug in slugs
        }
        self.world = scenario_skill.truth(
            first,
            mentors,
            SEVERE_AT,
            short=SHORT if self.shortfall else None,
            looks_short=LOOKS_SHORT,
            shortfall=self.shortfall or 0.0,
            seed=self.client.seed,
        )
        self.tell("planned", modules=len(first["modules"]), competencies=len(first["requirements"]))

    async def timetable(self, year: int, version: int = 1) -> dict[str, Any]:
        """Wait for the timetable of a cohort under a plan version."""
        cohort = self.cohorts[year]

        async def published() -> Any:
            found = await self.client.find(f"/placement/v1/cohorts/{cohort.cohort_id}/timetable")
            if found and found["status"] == "impossible":
                raise NeverCame("; ".join(conflict["words"]["en"] for conflict in found["conflicts"]))
            there = found and found["status"] == "published" and found["plan_version"] == version
            return found if there else None

        found: dict[str, Any] = await self.client.until(
            published, f"a timetable of {year} under version {version}", 180
        )
        if not self.state.get(f"timetable_{year}_{version}"):
            self.state.put(**{f"timetable_{year}_{version}": True})
        weeks = {stint["week"] for stint in found["stints"]}
        self.tell(
            "timetabled", year=year, groups=len(found["groups"]), stints=len(found["stints"]), weeks=len(weeks),
            cost=found["cost"], bound=found["lower_bound"],
        )  # fmt: skip
        return found

    # --- month by month

    async def month(self, first: date) -> None:
        """The ratings of the month that ends, then the first of the next month: feedback looks."""
        if date(2022, 6, 1) == first:
            await self.to_day(first)
            if self.shortfall and 2022 not in self.cohorts:
                await self.recruit(ROUNDS[1])
                await self.timetable(2022, await self.latest_version())
        for cohort in list(self.cohorts.values()):
            await self.rate(cohort, first)
        await self.to_day(first)
        for cohort in self.cohorts.values():
            await self.looked(cohort, first)
        self.state.put(month=first.isoformat())
        await self.see_gaps(first)
        if self.state.get("revision") and not self.state.get("version") and await self.latest_version() > 1:
            await self.carry_out(1)  # an earlier start ended between the vote and here
        await self.see_effect(first)
        last_week_over = (first - ROUNDS[0].first_monday).days // 7 > scenario_skill.LAST_WEEK
        if not self.state.get("revision") and last_week_over:
            self.state.put(finished=True)

    async def latest_version(self) -> int:
        """The plan's newest version."""
        versions = await self.client.get(f"/curriculum/v1/plans/{self.client.id('plan')}/versions")
        return max(int(each["plan_version"]) for each in versions)

    async def versions_of(self, cohort: Cohort) -> None:
        """What holds for a cohort from which week, read from curriculum."""
        plan_id = self.client.id("plan")
        rows = await self.client.get(f"/curriculum/v1/cohorts/{cohort.cohort_id}/plan")
        if len(rows) != len(cohort.taught.versions):
            cohort.taught = Taught(
                [
                    (
                        row["from_week"],
                        scenario_skill.readable(
                            await self.client.get(
                                f"/curriculum/v1/plans/{plan_id}/versions/{row['plan_version']}"
                            )
                        ),
                    )
                    for row in rows
                ]
            )

    async def rate(self, cohort: Cohort, before: date) -> None:
        """Mentors rate whom they had in the weeks that end before this day."""
        done = self.state.get(f"rated_{cohort.year}") or cohort.first_monday.isoformat()
        if before.isoformat() <= done:
            return
        if self.state.get("from_week") and cohort.year == ROUNDS[0].year:
            over = (before - cohort.first_monday).days // 7 - self.state.get("from_week")
            if over > FOLLOWED_AFTER_THE_CHANGE:
                return
        await self.versions_of(cohort)
        table = await self.client.get(f"/placement/v1/cohorts/{cohort.cohort_id}/timetable")
        events = self.ratings(cohort, table, date.fromisoformat(done), before)
        if events:
            await self.disturb("before")
            half = len(events) // 2
            await self.client.send(events[:half])
            await self.disturb("between")
            await self.client.send(events[half:])
            total = (self.state.get(f"ratings_{cohort.year}") or 0) + len(events)
            await self.counted(cohort, total)
            if self.state.get("killed") == "told":
                self.tell("kept", sent=total, counted=total)
                self.state.put(killed="counted")
            self.state.put(**{f"ratings_{cohort.year}": total})
            self.tell("rated", year=cohort.year, ratings=len(events), total=total, until=before)
        self.state.put(**{f"rated_{cohort.year}": before.isoformat()})

    async def counted(self, cohort: Cohort, total: int) -> None:
        """Wait until feedback has counted every rating: none lost, none twice."""

        async def all_there() -> bool:
            seen = await self.client.find(f"/feedback/v1/ratings?cohort_id={cohort.cohort_id}")
            there = (seen["ratings"] + seen["not_seen"]) if seen else 0
            if there > total:
                raise NeverCame(f"feedback counts {there} ratings, {total} were sent")
            return bool(there == total)

        await self.client.until(all_there, f"{total} ratings of {cohort.year} to be counted", 180)

    def ratings(
        self, cohort: Cohort, table: dict[str, Any], since: date, before: date
    ) -> list[tuple[str, str, Any]]:
        """What the mentors of the stints between two days write down; the same in every start."""
        assert self.world
        shows = {
            self.client.id("station", row["station"]): row["shows_competencies"].split()
            for row in scenario_data.table("workshops")
        }
        members = {
            group["group"]: sorted((cohort.numbers.get(one, one), one) for one in group["trainee_ids"])
            for group in table["groups"]
        }
        stints: dict[str, list[dict[str, Any]]] = {}
        for stint in table["stints"]:
            stints.setdefault(stint["group"], []).append(stint)
        seed, events = self.client.seed, []
        theory: dict[tuple[str, int], float] = {}
        for stint in sorted(table["stints"], key=lambda each: (each["monday"], each["group"])):
            day = scenario_world.friday(stint["monday"])
            if not since <= day < before or not stint["mentor_ids"]:
                continue
            mentors, week = sorted(stint["mentor_ids"]), stint["week"]
            for place, (number, trainee) in enumerate(members[stint["group"]]):
                if not scenario_skill.attends(seed, number, week):
                    continue
                mentor = mentors[place % len(mentors)]
                been = [
                    (other["week"], other["module"])
                    for other in stints[stint["group"]]
                    if other["week"] <= week and scenario_skill.attends(seed, number, other["week"])
                ]
                for competency in shows[stint["station_id"]]:
                    if (competency, week) not in theory:
                        theory[competency, week] = cohort.taught.theory(competency, week)
                    hours = theory[competency, week] + cohort.taught.practice(competency, been, week)
                    can = scenario_skill.level_of(self.world, competency, hours)
                    can += scenario_skill.gift(seed, number, competency)
                    name = f"{cohort.year}:{number}:{competency}:{day}"
                    level = scenario_skill.rated(
                        can,
                        self.world.severity[mentor],
                        random.Random(f"{seed}:{name}"),  # noqa: S311 - a generated world
                    )
                    data = {
                        "rating_id": self.client.id("rating", name),
                        "trainee_id": trainee,
                        "mentor_id": mentor,
                        "competency": competency,
                        "level": level,
                        "observed_on": day.isoformat(),
                    }
                    events.append((name, "tailored.enterprise.trainee_rated.v1", data))
        return events

    async def looked(self, cohort: Cohort, first: date) -> None:
        """Wait for the monthly look of this day, where the cohort has begun."""
        if cohort.first_monday >= first:
            return

        async def there() -> bool:
            seen = await self.client.find(f"/feedback/v1/verdicts?cohort_id={cohort.cohort_id}")
            if not seen or (seen["looked_on"] or "") < first.isoformat():
                return False
            short = {one["competency"] for one in seen["competencies"] if one.get("uncorrected_short")}
            if cohort.year == ROUNDS[0].year:
                self.state.put(flagged=sorted(short | set(self.state.get("flagged") or [])))
            return True

        await self.client.until(there, f"the look of {first} at {cohort.year}", 120)

    # --- the loop closes

    async def gaps(self) -> list[dict[str, Any]]:
        """Confirmed gaps, oldest first."""
        found = await self.client.get(f"/feedback/v1/gaps?programme_id={self.client.id('programme')}")
        return sorted(found, key=lambda gap: gap["confirmed_on"])

    async def see_gaps(self, first: date) -> None:
        """A confirmed gap becomes a revision; when the panels meet they decide; the new version is timetabled."""
        for gap in await self.gaps():
            if gap["state"] != "open" or self.state.get(f"gap_{gap['gap_id']}"):
                continue
            self.tell("gap", **gap)
            revision = await self.drafted()
            self.tell("drafted", revision=revision)
            if (first - date.fromisoformat(gap["confirmed_on"])).days >= PANELS_MEET_AFTER:
                await self.revise(revision)
                self.state.put(**{f"gap_{gap['gap_id']}": True})

    async def drafted(self) -> dict[str, Any]:
        """The revision that a gap has opened, once its draft is there."""
        plan_id = self.client.id("plan")

        async def there() -> Any:
            rows = await self.client.get(f"/curriculum/v1/revisions?plan_id={plan_id}")
            return next((row for row in rows if row["state"] not in {"opened", *ENDED}), None)

        row = await self.client.until(there, "the draft of the revision", 180)
        revision: dict[str, Any] = await self.client.get(f"/curriculum/v1/revisions/{row['revision_id']}")
        self.state.put(revision=row["revision_id"])
        if revision["state"] == "undrafted":
            raise NeverCame(f"no change within the hours answers the gap: {revision['draft']}")
        return revision

    async def revise(self, revision: dict[str, Any]) -> None:
        """The panels vote; the new version is published and the stints move."""
        if revision["state"] in READY_TO_VOTE:
            await self.vote(revision, await self.approve(revision))
        await self.client.until(lambda: self._newer(revision["plan_version"]), "the new plan version", 120)
        await self.carry_out(revision["plan_version"])

    async def carry_out(self, before: int) -> None:
        """Version 2 is in force for 2021 and its stints have moved."""
        cohort = self.cohorts[2021]
        await self.client.until(
            lambda: self._in_force(cohort, before + 1), "version 2 in force for 2021", 120
        )
        await self.versions_of(cohort)
        since = cohort.taught.versions[-1][0]
        self.tell("published", version=before + 1, year=2021, week=since)
        await self.timetable(2021, before + 1)
        moved = await self.visits_moved()
        approved = (self.state.get("approved") or 0) + 1
        self.state.put(visits_moved=moved, approved=approved, version=before + 1, from_week=since)
        self.tell("moved", visits=moved)

    async def _newer(self, before: int) -> bool:
        return await self.latest_version() > before

    async def _in_force(self, cohort: Cohort, version: int) -> bool:
        rows = await self.client.get(f"/curriculum/v1/cohorts/{cohort.cohort_id}/plan")
        return any(row["plan_version"] >= version for row in rows)

    async def vote(self, revision: dict[str, Any], choice: str) -> None:
        """Both panels vote on exactly this content; the side is each voter's own."""
        if choice == "no":
            body = {
                "choice": "reject",
                "content_hash": revision["content_hash"],
                "comment": "demo: --approve no",
            }
            await self.client.call(
                "panel-enterprise", "POST", f"/curriculum/v1/revisions/{revision['revision_id']}/votes", body
            )
            self.tell("rejected")
            raise Rejected
        voted = {vote["voter_id"] for vote in revision["votes"]}
        for voter in VOTERS:
            if self.personas[voter]["person_id"] in voted:
                continue
            body = {"choice": "approve", "content_hash": revision["content_hash"], "comment": "同意"}
            try:
                await self.client.call(
                    voter, "POST", f"/curriculum/v1/revisions/{revision['revision_id']}/votes", body
                )
            except Refused as refused:
                if refused.code not in {"E-CUR-VOTED", "E-CUR-STATE"}:
                    raise
            self.tell("voted", who=self.personas[voter]["name"])

    async def visits_moved(self) -> int:
        """What the timetable's change says that it moved."""
        cohort = self.cohorts[2021].cohort_id

        async def changed() -> Any:
            path = f"/v1/events?type=tailored.placement.timetable_changed.v1&key={cohort}"
            rows = (await self.client.get(path))["events"]
            return [row["data"] for row in rows if row.get("data")] or None

        try:
            rows = await self.client.until(changed, "the changed timetable in the log", 20)
        except NeverCame:
            return 0
        return sum(row["visits_moved"] for row in rows)

    async def see_effect(self, first: date) -> None:
        """The effect, once 2022 has passed the weeks that 2021 was rated in under version 1."""
        effects = await self.client.get(f"/feedback/v1/effects?plan_id={self.client.id('plan')}")
        if effects and not self.state.get("finished"):
            for effect in effects[-1]["effects"]:
                self.tell("effect", **effect)
            self.state.put(finished=True)
        elif self.state.get("from_week"):
            passed = (first - ROUNDS[1].first_monday).days // 7
            if passed > self.state.get("from_week") + 4 * MONTHS_AFTER_THE_EFFECT_COULD_BE:
                self.state.put(finished=True)

    async def found(self) -> dict[str, Any]:
        """The last line: counts of the 2021 cohort, what was found, and what the generator knew."""
        gaps = await self.gaps()
        cohort = self.cohorts[2021].cohort_id
        effects = await self.client.get(f"/feedback/v1/effects?plan_id={self.client.id('plan')}")
        flagged = set(self.state.get("flagged") or [])
        confirmed = {gap["competency"] for gap in gaps if gap["cohort_id"] == cohort}
        assert self.world
        return {
            "applicants": self.state.get("applicants_2021"),
            "selected": self.state.get("selected_2021"),
            "ratings": self.state.get("ratings_2021"),
            "gaps_confirmed": len(confirmed),
            "gaps_rejected": len(flagged - confirmed),
            "revisions_approved": self.state.get("approved") or 0,
            "plan_version": await self.latest_version(),
            "visits_moved": self.state.get("visits_moved") or 0,
            "effect": [
                {
                    "competency": one["competency"],
                    "difference": one["difference"],
                    "interval": [one["low"], one["high"]],
                    "n": [one["ratings_before"], one["ratings_after"]],
                    "verdict": one["verdict"],
                }
                for effect in effects[-1:]
                for one in effect["effects"]
            ],
            "confirmed": sorted(confirmed),
            "rejected": sorted(flagged - confirmed),
            "seed": self.client.seed,
            "truth": {
                "short": self.world.short,
                "shortfall": self.world.shortfall,
                "looks_short": self.world.looks_short,
                "severity": SEVERE_AT,
            },
        }
