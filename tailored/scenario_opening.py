"""What happens before teaching: the enterprise speaks, a programme opens, people are selected, a plan is published."""

from datetime import date
from typing import Any

from tailored import scenario_data, scenario_skill, scenario_world
from tailored.scenario_run import Cohort, Run
from tailored.scenario_world import LOOKS_SHORT, RETIRED, SEVERE_AT, SHORT, Round

QUOTA = 1_000_000


async def sign_in(run: Run) -> None:
    """Personas for people, a key for the enterprise's systems."""
    run.personas = (await run.client.get("/v1/personas"))["personas"]
    source = run.client.id("source")
    if not run.state.get("key"):
        enterprise = run.personas["integrator"]["enterprise_id"]
        body = {
            "source_id": source,
            "name": "敬业 MES（演示）",
            "enterprise_id": enterprise,
            "quota_per_minute": QUOTA,
        }
        await run.client.call("admin", "POST", "/v1/sources", body)
        made = await run.client.call("admin", "POST", "/v1/keys", {"source_id": source})
        run.state.put(key=made["key"])
    run.client.key = run.state.get("key")


async def enterprise_speaks(run: Run) -> None:
    """Positions, agreement, stations, mentors: as events through the gateway."""
    if not run.state.get("spoken"):
        events = scenario_world.enterprise_events(run.client, run.personas)
        await run.client.send(events)
        run.state.put(spoken=True)
    run.tell("spoken", positions=len(scenario_data.positions()), workshops=5, mentors=24)


async def open_programme(run: Run) -> None:
    """A framework of competencies and a programme from the template."""
    framework = run.client.id("framework")
    body = {
        "framework_id": framework,
        "title": {"zh": "钢铁岗位能力框架（O*NET，改编）", "en": "Steel competencies (O*NET, modified)"},
        "competencies": scenario_data.competencies(),
    }
    await run.client.make("/curriculum/v1/frameworks", f"/curriculum/v1/frameworks/{framework}", body)
    programme = run.client.id("programme")
    body = {
        "programme_id": programme,
        "agreement_id": run.client.id("agreement"),
        "template": "jingye-concentrated",
        "position_ids": [run.client.id("position", code) for code in scenario_data.positions()],
        "opened_on": scenario_world.START.isoformat(),
    }
    await run.client.make("/recruitment/v1/programmes", f"/recruitment/v1/programmes/{programme}", body)


async def recruit(run: Run, this: Round) -> None:
    """Applications, selection by the published rules, offers accepted, a cohort enrolled."""
    client, intake, cohort = (
        run.client,
        run.client.id("intake", this.year),
        run.client.id("cohort", this.year),
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
    run.cohorts[this.year] = Cohort(
        this.year,
        cohort,
        this.first_monday,
        {one["trainee_id"]: one["college_number"] for one in made["trainees"]},
    )
    run.state.put(
        **{f"applicants_{this.year}": this.applicants, f"selected_{this.year}": len(made["trainees"])}
    )
    run.tell("recruited", year=this.year, applicants=this.applicants, seats=len(made["trainees"]))
    await show_proofs(run, made)


async def show_proofs(run: Run, cohort: dict[str, Any]) -> None:
    """Every trainee holds the papers that the template asks for: nobody goes to a workshop without."""
    ends = {"insurance": RETIRED.isoformat()}
    proofs = [
        {
            "trainee_id": one["trainee_id"],
            "proof": proof,
            "valid_from": cohort["first_monday"],
            "valid_until": ends.get(proof),
        }
        for one in cohort["trainees"]
        for proof in ("safety-card", "insurance", "three-party-agreement")
    ]
    await run.client.call("coordinator", "POST", "/placement/v1/proofs", {"proofs": proofs})


async def publish_plan(run: Run) -> None:
    """Version 1, from modules of the German ordinance; then the generator's truth is fixed."""
    plan_id = run.client.id("plan")
    body = {
        "plan_id": plan_id,
        "title": {"zh": "敬业集中培养方案（演示）", "en": "Jingye concentrated training plan (demo)"},
        "modules": scenario_world.plan(run.client),
    }
    where = f"/curriculum/v1/programmes/{run.client.id('programme')}/plans"
    await run.client.make(where, f"/curriculum/v1/plans/{plan_id}", body)
    first = scenario_skill.readable(await run.client.get(f"/curriculum/v1/plans/{plan_id}/versions/1"))
    mentors = {
        run.personas[slug]["person_id"]: station
        for station, slugs in scenario_world.mentor_slugs().items()
        for slug in slugs
    }
    run.world = scenario_skill.truth(
        first,
        mentors,
        SEVERE_AT,
        short=SHORT if run.shortfall else None,
        looks_short=LOOKS_SHORT,
        shortfall=run.shortfall or 0.0,
        seed=run.client.seed,
    )
    run.tell("planned", modules=len(first["modules"]), competencies=len(first["requirements"]))
