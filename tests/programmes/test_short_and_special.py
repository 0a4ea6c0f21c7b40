"""Early employment, the frontline workshop, a teacher's secondment, a joint platform, and a law from elsewhere."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.programmes import load
from tests.programmes.front import Said, text, until
from tests.programmes.play import Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_early_employment_class_moves_second_and_third_years_under_the_version_they_had(system):
    origin = Play(system, "puyang-order-class", "handan")
    origin.code = "puyang-for-early"
    origin.programme, origin.plan = origin.id("programme"), origin.id("plan")
    play = Play(system, "early-employment", "handan")
    origin.template = load("puyang-order-class")
    years = await running_years(origin)
    at = {"practised_at": origin.stations()}
    await origin.publish_plan([
        origin.module("common", "common", {"theory": 900}, "theory"),
        origin.module("core-process", "order", {"theory": 500}, "core", **at),
        origin.module("on-the-line", "pre-employment", {"line": 500}, "core", **at),
    ], cohort="year-3")  # fmt: skip
    before = await origin.timetable(cohort="year-2")

    play.keys, play.mentors, play.begins = origin.keys, origin.mentors, origin.begins
    monday = origin.first_monday() + timedelta(weeks=90)
    await system.to(monday - timedelta(days=30))
    body = {
        "programme_id": play.programme,
        "agreement_id": origin.id("agreement"),
        "template": "early-employment",
        "position_ids": [origin.id("position")],
    }
    await play.post("/recruitment/v1/programmes", body)
    chosen = [*years["year-2"][:4], *years["year-3"][:3]]
    form = {
        "programme_id": play.programme, "trainee_ids": [one["trainee_id"] for one in chosen], "first_monday": str(monday),
        "title": text("提前就业班"), "cohort_id": play.id("cohort"),
    }  # fmt: skip
    first_years = {**form, "trainee_ids": [years["year-1"][0]["trainee_id"]]}
    with pytest.raises(Said, match="E-RCR-YEAR") as refused:
        await system.call("POST", "/recruitment/v1/cohorts", first_years)
    assert "2, 3" in refused.value.problem["detail"]
    formed = await play.post("/recruitment/v1/cohorts", form)

    assert sorted(formed["formed_from"]) == sorted([origin.id("year-2"), origin.id("year-3")])
    assert {one["college_number"] for one in formed["trainees"]} == {one["college_number"] for one in chosen}
    play.did("form_from_cohorts")
    left = await origin.events("recruitment.trainee_withdrew", origin.id("year-2"))
    assert {one["trainee_id"] for one in left} == {one["trainee_id"] for one in chosen[:4]}
    play.did("enrol")
    force = await play.in_force(1)
    assert force["plan_id"] == origin.plan
    play.did("attach_plan")
    await origin.prove(formed["trainees"], origin.begins)
    table = await play.timetable()
    assert sum(len(group["trainee_ids"]) for group in table["groups"]) == 7
    await system.to(monday + timedelta(days=4))
    await they_are_gone_from_the_old_class(play, origin, before, formed["trainees"])
    play.names = origin.names
    play.enterprise = origin.enterprise
    await play.rate(formed["trainees"], "core", monday + timedelta(days=4))
    assert len(await play.graduate(108, monday)) == 7
    play.ended()


async def running_years(origin):
    """Three cohorts of one order class: they began 90, 50 and 10 weeks before the class will."""
    await origin.open({"theory": 3, "core": 3})
    found = {}
    for number, name in enumerate(("year-3", "year-2", "year-1")):
        rows = [
            {"facts": {"exam": 70, "interview": 60, "order_agreement": True}, "status": "student", "person_number": f"{name}-{each}"}
            for each in range(6)
        ]  # fmt: skip
        await origin.intake(rows, origin.begins.year + number, f"intake-{name}", seats=6)
        found[name] = await origin.enrol(
            f"intake-{name}", name, origin.first_monday() + timedelta(weeks=40 * number)
        )
    return found


async def they_are_gone_from_the_old_class(play, origin, before, trainees):
    """Nobody is in two places: the old class's groups no longer have them, and a calendar shows the new class only."""
    moved = {one["trainee_id"] for one in trainees}
    assert moved & {one for group in before["groups"] for one in group["trainee_ids"]}

    async def gone():
        now = await origin.system.get(f"/placement/v1/cohorts/{origin.id('year-2')}/timetable")
        return not moved & {one for group in now["groups"] for one in group["trainee_ids"]}

    await until(gone, "the old class without those who moved")
    calendar = await play.system.get(f"/placement/v1/trainees/{trainees[0]['trainee_id']}/calendar")
    assert calendar["cohort_id"] == play.id("cohort")


async def test_the_frontline_workshop_is_ten_days_for_technicians_without_a_degree(system):
    play = Play(system, "frontline-workshop", "handan-workshop")
    topics = [one.module for one in play.template.modules]
    await play.open(dict.fromkeys(topics, 3))
    rows = [
        {"facts": {"role": role, "nomination": 3}, "status": "employee", "application_id": play.id(role, number)}
        for number in range(4) for role in ("technician", "team-leader", "clerk")
    ]  # fmt: skip
    closed = await play.intake(rows, seats=8)
    assert (closed["eligible"], closed["selected"]) == (8, 8)
    (refused,) = await play.events("recruitment.applicant_refused", play.id("clerk", 0))
    assert refused["predicate"] == "role in technician, team-leader"
    trainees = await play.enrol()
    plan = await play.publish_plan([play.module(name, "course", {"theory": 12}, name) for name in topics])
    assert [(one["first_week"], one["last_week"], one["budget"]) for one in plan["phases"]] == [(1, 2, 60)]
    table = await play.timetable()
    assert (table["stints"], len(table["groups"]), len(table["groups"][0]["trainee_ids"])) == ([], 1, 8)
    await play.rate(trainees, "team-building", play.first_monday() + timedelta(days=8))
    awards = await play.graduate(2)
    assert {(one["degree"], len(one["competencies"])) for one in awards} == {(False, 5)}
    play.ended()


async def test_a_secondment_has_goals_a_stint_a_report_that_opens_a_revision_and_makes_dual_qualified(system):
    play = Play(system, "teacher-secondment", "hansteel")
    await play.open({"rolling": 3, "history": 1})
    taught = Play(system, "puyang-order-class", "hansteel")
    taught.code = "puyang-for-secondment"
    taught.programme, taught.plan, taught.begins = taught.id("programme"), taught.id("plan"), play.begins
    taught.enterprise = play.enterprise
    body = {
        "programme_id": taught.programme, "agreement_id": play.id("agreement"), "template": "puyang-order-class", "position_ids": [play.id("position")],
    }  # fmt: skip
    await taught.post("/recruitment/v1/programmes", body)
    modules = [
        taught.module("rolling", "order", {"theory": 400}, "rolling", full_effect_until=900),
        taught.module("culture", "order", {"theory": 400}, "history", least_hours=0),
    ]
    await taught.publish_plan(modules, cohort=None)
    teachers = [play.id("teacher", number) for number in range(2)]
    for one in teachers:
        await play.post("/curriculum/v1/teachers", {"teacher_id": one, "name": "教师"})
    share = await system.get("/curriculum/v1/teachers/share")
    first = play.begins + timedelta(days=7)
    days = play.template.secondment.days_for_dual

    short = await play.second(teachers[1], "rolling", first, days - 1)
    long = await play.second(teachers[0], "rolling", first, days)
    await system.to(first + timedelta(days=days))
    await play.report(short, teachers[1], "history", 1, first + timedelta(days=days - 2))
    assert (await system.get("/curriculum/v1/teachers/share"))["dual"] == share["dual"]
    await play.report(long, teachers[0], "rolling", 4, first + timedelta(days=days - 1))

    after = await system.get("/curriculum/v1/teachers/share")
    assert (after["dual"], after["all"]) == (share["dual"] + 1, share["all"])
    assert after["share"] > share["share"]
    revision = await taught.drafted()
    assert "rolling" in revision["competencies"]
    assert {cause["kind"] for cause in revision["causes"]} == {"secondment"}
    assert (await taught.revise(revision))[-1] in {"published", "queued"}
    play.done |= taught.done
    play.ended()


async def test_the_research_platform_turns_a_problem_into_a_team_and_credited_competencies(system):
    play = Play(system, "research-platform", "avic")
    await play.open({"alloys": 3, "defects": 3})
    problem = {
        "problem_id": play.id("problem"),
        "programme_id": play.programme,
        "enterprise_id": play.enterprise(),
        "problem": text("叶片缺陷分析"),
    }
    await play.post("/curriculum/v1/problems", problem, "panel-enterprise", enterprise_id=play.enterprise())
    listed = await system.get(f"/curriculum/v1/problems?programme_id={play.programme}")
    assert [one["problem_id"] for one in listed] == [play.id("problem")]
    strangers = await system.get(
        f"/curriculum/v1/problems?programme_id={play.programme}",
        "panel-enterprise",
        enterprise_id=play.id("another"),
    )
    assert strangers == []
    play.did("problem_list")

    learners = [play.id("learner", number) for number in range(3)]
    team = {
        "project_id": play.id("project"), "problem_id": play.id("problem"), "teacher_id": play.id("teacher"), "mentor_id": play.mentors["avic"][0],
        "competencies": ["alloys", "defects"],
    }  # fmt: skip
    for lacking in ({"learner_ids": learners[:1]}, {"learner_ids": learners, "competencies": []}):
        with pytest.raises(Said, match="E-CUR-TEAM"):
            await system.call("POST", "/curriculum/v1/projects", {**team, **lacking})
    await play.post("/curriculum/v1/projects", {**team, "learner_ids": learners})
    (opened,) = await play.events("curriculum.project_opened", play.id("project"))
    assert (sorted(opened["learner_ids"]), opened["mentor_id"]) == (sorted(learners), play.mentors["avic"][0])
    play.did("project_team")

    finish = f"/curriculum/v1/projects/{play.id('project')}/finish"
    with pytest.raises(Said, match="rolling"):
        await system.call("POST", finish, {"credited": {learners[0]: ["rolling"]}})
    credited = {learners[0]: ["alloys", "defects"], learners[1]: ["alloys"]}
    await system.call("POST", finish, {"credited": credited})
    (finished,) = await play.events("curriculum.project_finished", play.id("project"))
    assert finished["credited"] == credited
    play.did("competencies_credited")
    play.ended()


async def test_mvtausbv_is_78_common_weeks_a_branch_of_104_and_an_examination_that_not_all_pass(system):
    play = Play(system, "mvtausbv", "huette")
    await play.open({"parts": 3, "process": 3}, {"seats": ("8", 400), "mentor_ratio": ("6", 400)}, seats=12)
    rows = [
        {
            "facts": {},
            "status": "new-employee",
            "direction": "iron-and-steel" if number < 8 else "steel-forming",
        }
        for number in range(10)
    ]
    await play.intake(rows, seats=10)
    trainees = await play.enrol()
    assert Counter(one["direction"] for one in trainees) == {"iron-and-steel": 8, "steel-forming": 2}
    plan = await play.publish_plan(blocks(play))
    assert [(one["phase"], one["first_week"], one["last_week"]) for one in plan["phases"]] == [
        ("common", 1, 78),
        ("branch", 79, 182),
    ]
    assert len(plan["modules"]) == 32
    assert sum(one["hours"]["theory"] for one in plan["modules"] if one["phase"] == "common") == 78 * 35
    table = await play.timetable()
    by_direction = {(one["group"].rpartition("-")[0], one["module"]) for one in table["stints"]}
    assert ("iron-and-steel", "b2-block-14") in by_direction
    assert ("steel-forming", "c2-block-17") in by_direction
    assert {module for where, module in by_direction if where == "iron-and-steel"} & {
        "c1-block-16",
        "c2-block-17",
    } == set()
    assert all(one["week"] > 78 for one in table["stints"] if one["module"][0] in "bc")
    await play.rate(trainees, "parts", play.first_monday() + timedelta(weeks=100))
    passed = await examined(play, trainees)
    awards = await play.graduate(182)
    assert {one["trainee_id"] for one in awards} == passed
    await play.promises({"seats": "kept", "mentor_ratio": "kept"})
    play.ended()


def blocks(play):
    """All 32 blocks at 35 hours a week; what is taught throughout has no hours of its own. One block of each is practised."""
    practised = {"a3-block-3", "b2-block-14", "c2-block-17", "d2-block-19", "e2-block-22"}
    return [
        play.module(
            one.module, one.phase, {"theory": one.weeks * 35}, "parts" if one.phase == "common" else "process", direction=one.direction,
            layer=one.layer, practised_at=play.stations() if one.module in practised else [],
        )
        for one in play.template.modules
    ]  # fmt: skip


async def examined(play, trainees):
    """Weights and pass rules of section 15: the work task cannot be made up for; one written part may be failed, not two."""
    enough = dict.fromkeys(
        ("metal-technology", "work-task", "order-planning", "steel-processes", "economics"), 60
    )
    changed = [
        {},
        {"work-task": 49, "metal-technology": 100},
        {"economics": 40},
        {"economics": 40, "steel-processes": 40},
        {"economics": 29},
    ]
    results = [
        {"trainee_id": one["trainee_id"], "points": {**enough, **changed[number]}}
        for number, one in enumerate(trainees[: len(changed)])
    ]
    judged = await play.system.call(
        "POST", f"/curriculum/v1/cohorts/{play.id('cohort')}/examination", {"results": results}
    )
    assert [one["passed"] for one in judged] == [True, False, True, False, False]
    assert [one["total"] for one in judged] == [60, pytest.approx(67.6), 58, 56, pytest.approx(56.9)]
    play.did("examination")
    return {one["trainee_id"] for one in judged if one["passed"]}
