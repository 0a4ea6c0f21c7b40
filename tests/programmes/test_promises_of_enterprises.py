"""Taishan and Puyang: what the enterprise promised is held against what happened."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.programmes.front import text
from tests.programmes.play import Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_taishan_takes_those_below_the_line_and_its_top_salary_is_kept_once_and_broken_once(system):
    play = Play(system, "taishan-undergraduate", "taishan")
    after = 153 * 7 + 35
    await play.open(
        {"theory": 3, "practice": 3, "innovation": 3},
        {
            "jobs": ("3", after + 90),
            "salary_band/first": ("8000", after + 90),
            "salary_band/raised": ("9000", after + 95),
        },
        seats=20,
    )
    rows = [
        {"facts": {"points_to_entrance_line": -1 - number, "interview": 60 + number}, "status": "student"}
        for number in range(14)
    ] + [
        {
            "application_id": play.id("on-the-line"),
            "facts": {"points_to_entrance_line": 0, "interview": 100},
            "status": "student",
        },
        {
            "application_id": play.id("above"),
            "facts": {"points_to_entrance_line": 30, "interview": 100},
            "status": "student",
        },
    ]
    closed = await play.intake(rows, seats=10)
    assert (closed["applicants"], closed["eligible"], closed["selected"]) == (16, 14, 10)
    (refused,) = await play.events("recruitment.applicant_refused", play.id("on-the-line"))
    assert (refused["predicate"], refused["had"]) == ("points_to_entrance_line < 0", "0")

    trainees = await play.enrol()
    at = {"practised_at": play.stations()}
    plan = await play.publish_plan([
        play.module("bridging", "bridging", {"theory": 400}, "theory"),
        play.module("specialised-1", "specialised", {"theory": 700, "simulation": 200}, "theory", **at),
        play.module("specialised-2", "specialised", {"theory": 700, "workshop": 400}, "practice", **at),
        play.module("innovation", "designated-position", {"line": 600}, "innovation", **at),
        play.module("position", "designated-position", {"line": 400}, "practice", **at),
    ])  # fmt: skip
    assert [one["last_week"] for one in plan["phases"]] == [18, 108, 144]
    table = await play.timetable()
    at_position = [one["week"] for one in table["stints"] if one["module"] in {"innovation", "position"}]
    assert min(one["week"] for one in table["stints"]) > 18
    assert min(at_position) > 108
    await play.rate(trainees, "practice", play.first_monday() + timedelta(weeks=60))

    awards = await play.graduate(144)
    assert {one["degree"] for one in awards} == {True}
    await play.hire((trainees[0], "8600"), (trainees[1], "8000"))
    await play.promises({"jobs": "open", "salary_band/first": "kept", "salary_band/raised": "open"})
    await play.hire((trainees[2], "8200"))
    delivered = await play.promises(
        {"jobs": "kept", "salary_band/first": "kept", "salary_band/raised": "open"}
    )
    assert delivered["jobs"] == "3"
    assert delivered["salary_band/raised"] is None  # one would know whose the lowest of three salaries is
    await play.system.to(play.begins + timedelta(days=after + 96))
    await play.promises({"jobs": "kept", "salary_band/first": "kept", "salary_band/raised": "broken"})
    await play.checked("salary_band/raised", "broken")
    play.ended()


async def test_puyang_funds_the_tuition_designs_jointly_and_hires_at_once(system):
    play = Play(system, "puyang-order-class", "puyang")
    await play.open({"theory": 3, "rolling": 3}, {"tuition": ("240000", 400), "jobs": ("6", 1200)})
    rows = [
        {"facts": {"exam": 60 + number, "interview": 60, "order_agreement": number != 7}, "status": "student"}
        for number in range(8)
    ]
    closed = await play.intake(rows, seats=6)
    assert (closed["eligible"], closed["selected"]) == (7, 6)
    assert Counter(one["reason"] for one in await play.outcomes())["not-eligible"] == 1
    trainees = await play.enrol()
    at = {"practised_at": play.stations()}
    await play.publish_plan([
        play.module("common", "common", {"theory": 900}, "theory"),
        play.module("order-1", "order", {"theory": 500}, "rolling", full_effect_until=900, **at),
        play.module("order-2", "order", {"theory": 500}, "history", least_hours=100, **at),
        play.module("on-the-line", "pre-employment", {"line": 500}, "rolling", **at),
    ])  # fmt: skip
    table = await play.timetable()
    weeks = {one["module"]: one["week"] for one in table["stints"]}
    assert 36 < weeks["order-1"] < weeks["order-2"] <= 90 < weeks["on-the-line"] <= 108
    await play.rate(trainees, "rolling", play.first_monday() + timedelta(weeks=50))

    await the_curriculum_is_designed_by_both(play)
    await the_tuition_is_paid_in_two_parts(play)
    assert {one["degree"] for one in await play.graduate(108)} == {True}
    await play.hire(*((one, "5500") for one in trainees[:5]))
    await play.promises({"tuition": "kept", "jobs": "open"})
    await play.hire((trainees[5], "5500"))
    delivered = await play.promises({"tuition": "kept", "jobs": "kept"})
    assert (float(delivered["tuition"]), delivered["jobs"]) == (240000, "6")
    play.ended()


async def the_curriculum_is_designed_by_both(play):
    """All votes of one side change nothing; the last vote of the other side publishes version 2."""
    reason = text("企业建议加强轧制")
    await play.post(
        "/curriculum/v1/revisions", {"plan_id": play.plan, "competencies": {"rolling": 0.2}, "reason": reason}
    )
    revision = await play.drafted()
    assert revision["needs"] == {"college": 2, "enterprise": 2}
    assert await play.revise(revision) == ["voting", "voting", "voting", "published"]
    version = await play.system.get(f"/curriculum/v1/plans/{play.plan}")
    assert version["plan_version"] == 2
    assert version["coverage"]["rolling"] >= 1.2 * 1000


async def the_tuition_is_paid_in_two_parts(play):
    said = {"agreement_id": play.id("agreement"), "promise_id": play.id("promise", "tuition")}
    await play.say("promise_kept", {**said, "amount": "120000", "occurred_on": str(play.begins)})
    await play.promises({"tuition": "open", "jobs": "open"})
    await play.say(
        "promise_kept", {**said, "amount": "120000.00", "occurred_on": str(play.begins + timedelta(days=30))}
    )
    await play.promises({"tuition": "kept", "jobs": "open"})
