"""Alternatives, the price of an hour in words, packs of rules, who can teach it, whom it touches, what is stale."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curriculum import handlers, rules
from services.curriculum.drafting import draft as find
from services.curriculum.editing import check_pack
from services.curriculum.planning import compose
from services.curriculum.refusals import RuleBroken
from services.curriculum.rule_packs import names, pack_of
from shared.events.base import Requirement, Text
from shared.events.enterprise import MentorNamed, TechnologyChanged
from shared.events.placement import Group, Stint, TimetablePublished
from shared.events.plan_parts import PlanModule, PlanPhase
from tests.curriculum.conftest import MODULES, NAME, module

V1 = "/curriculum/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
async def drafted(planned, hear, draft, client, token_for):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return (await client.get(f"{V1}/revisions/{opened.revision_id}", headers=token_for("coordinator"))).json()


async def test_two_other_small_changes_are_offered_and_one_can_be_taken_and_edited(
    drafted, client, token_for
):
    coordinator = token_for("coordinator")
    url = f"{V1}/revisions/{drafted['revision_id']}"
    others = drafted["draft"]["alternatives"]
    assert others
    assert all(other["changes"] != drafted["draft"]["changes"] for other in others)

    body = {"number": 0, "seen": drafted["content_hash"]}
    taken = await client.post(f"{url}/alternative", json=body, headers=coordinator)

    assert taken.status_code == 200, taken.text
    assert taken.json()["draft"]["changes"] == others[0]["changes"]
    assert taken.json()["draft"]["alternatives"][0]["changes"] == drafted["draft"]["changes"]
    assert taken.json()["content_hash"] != drafted["content_hash"]
    hours = {"safety": {"theory": 44}}
    locked = await client.patch(
        f"{url}/draft", json={"hours": hours, "seen": taken.json()["content_hash"]}, headers=coordinator
    )
    assert (locked.status_code, locked.json()["code"]) == (422, "E-CUR-DRAFT")
    old = await client.post(f"{url}/alternative", json=body, headers=coordinator)
    assert (old.status_code, old.json()["code"]) == (409, "E-CUR-STALE")


async def test_the_linear_answer_says_at_once_what_an_hour_is_worth(planned, hear, client, token_for):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.0))

    url = f"{V1}/revisions/{opened.revision_id}/outlook"
    outlook = (await client.get(url, headers=token_for("coordinator"))).json()

    words = {one["phase"]: one for one in outlook["words"]}
    assert set(words) == {"foundation", "turns"}
    assert words["turns"]["price"] >= 0
    assert "学时" in words["turns"]["zh"]
    assert words["turns"]["en"].startswith("One more hour in t would")


def plan(modules):
    phases = [PlanPhase(phase="p", title=NAME, first_week=1, last_week=20, budget=1000)]
    return compose(
        plan_id=uuid4(), plan_version=1, programme_id=uuid4(), title=NAME, phases=phases, requirements=[],
        modules=[PlanModule.model_validate(one) for one in modules], weeks_of_practice=4,
    )  # fmt: skip


KINDS = [
    module("politics", "p", 40, kinds=["ideological", "public"], contribution={"civics": 1}),
    module("maths", "p", 60, kinds=["public"], contribution={"maths": 1}),
    module("option", "p", 40, kinds=["elective"], contribution={"art": 1}),
    module("steel", "p", 20, 120, contribution={"endpoint": 2}),
    module("rolling", "p", 40, 80, contribution={"rolling": 2}),
]


def test_every_rule_of_a_shipped_pack_names_its_source_or_says_that_it_is_configuration():
    assert names() == ["cn-plan"]
    pack = pack_of("cn-plan")
    rules = [*pack.locked, *pack.shares, pack.hours]
    assert all(rule.source == "configuration" or "教职成" in rule.source for rule in rules)


def test_the_optimiser_touches_nothing_that_the_pack_holds_and_keeps_its_shares():
    pack = pack_of("cn-plan")
    base = plan(KINDS)

    found = find(base, {"endpoint": 1.1}, 5.0, pack)

    assert found.changes
    assert {one.module for one in found.changes} <= {"steel", "rolling", "option"}
    hours = {change.module: change.after for change in found.changes}
    after = [one.model_copy(update={"hours": hours.get(one.module, one.hours)}) for one in base.modules]
    assert [rule.kind for rule, _ in pack.broken(after, base.phases)] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"politics": {"theory": 44}}, "ideological"), ({"steel": {"theory": 120, "workshop": 20}}, "practice")],
)
def test_a_change_by_hand_that_breaks_the_pack_is_refused_with_its_source(changed, said):
    base = plan(KINDS)
    after = [
        PlanModule.model_validate(
            one.model_dump() | {"hours": changed.get(one.module, one.hours.model_dump())}
        )
        for one in base.modules
    ]

    with pytest.raises(RuleBroken, match=said) as refused:
        check_pack(pack_of("cn-plan"), after, base)

    assert "教职成〔2019〕13号" in str(refused.value)


async def test_a_first_plan_that_breaks_its_pack_is_refused(told, hear, client, token_for):
    await hear(handlers.keep_programme, told.programme(plan_rules="cn-plan"))

    answer = await client.post(
        f"{V1}/programmes/{told.programme_id}/plans",
        json={"modules": MODULES},
        headers=token_for("coordinator"),
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-RULE")


PHASES = [
    PlanPhase(phase="foundation", title=NAME, first_week=1, last_week=4, budget=100),
    PlanPhase(phase="turns", title=NAME, first_week=5, last_week=28, theory_weeks=3, workshop_weeks=1, budget=480),
]  # fmt: skip


@given(st.dates(date(2021, 8, 1), date(2022, 6, 1)))
def test_a_running_cohort_moves_at_the_next_phase_or_cycle_and_never_inside_one(on):
    base = plan(KINDS).model_copy(update={"phases": PHASES})
    first_monday = date(2021, 9, 6)

    start = rules.moves_in(base, first_monday, on)

    if start is None:
        assert on >= date(2022, 2, 21), "no cycle begins after the one of week 25"
        return
    week, monday = start
    assert week in {1, 5, 9, 13, 17, 21, 25}
    assert monday == first_monday + timedelta(weeks=week - 1)
    assert monday > on
    assert monday - on <= timedelta(weeks=4) or week == 1


async def test_a_voter_sees_whom_it_touches_and_who_must_go_to_the_plant_first(
    planned, hear, draft, client, token_for
):
    coordinator = token_for("coordinator", college_id=planned.college_id)
    for name, more in (("Li", {"modules": ["steelmaking"]}), ("Wang", {"competencies": ["endpoint"]})):
        await client.post(f"{V1}/teachers", json={"name": name, **more}, headers=coordinator)
    stints = [
        Stint(
            stint_id=uuid4(), group="a", station_id=uuid4(), workshop_id=uuid4(), week=week, monday=date(2022, 1, 3),
            module="steelmaking",
        )
        for week in (10, 20, 24)
    ]  # fmt: skip
    timetable = TimetablePublished(
        cohort_id=planned.cohort_id, timetable_version=1, plan_id=planned.plan_id, plan_version=1,
        groups=[Group(group="a", trainee_ids=[uuid4() for _ in range(12)])], stints=stints, cost=0, lower_bound=0,
    )  # fmt: skip
    await hear(handlers.keep_rota, timetable)
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()

    impact = (await client.get(f"{V1}/revisions/{opened.revision_id}", headers=coordinator)).json()["impact"]

    assert impact["stints"] == {"stints": 2, "visits": 24}
    assert impact["credentials"] == {"awarded_before": 0, "will_name_new_version": 1}
    assert len(impact["agreements"]) == 1
    assert impact["hours"]["theory"]["before"] == impact["hours"]["theory"]["after"]
    steelmaking = next(one for one in impact["staffing"] if one["module"] == "steelmaking")
    assert (steelmaking["verdict"], steelmaking["needs_dual"]) == ("second-first", True)
    assert [one["name"] for one in steelmaking["second_first"]] == ["Li"]
    assert impact["teachers_lacking"] >= 1
    page = (await client.get(f"/curriculum/revisions/{opened.revision_id}", headers=coordinator | PAGE)).text
    assert "2 stints (24 visits) of these modules lie ahead" in page
    assert f"Agreements touched: …{str(impact['agreements'][0])[-6:]}" in page


async def test_a_technology_change_says_at_once_what_is_stale(planned, hear, client, token_for):
    coordinator = token_for("coordinator", college_id=planned.college_id)
    await client.post(f"{V1}/teachers", json={"name": "Li", "modules": ["casting"]}, headers=coordinator)
    station = uuid4()
    named = MentorNamed(
        enterprise_id=planned.enterprise_id, mentor_id=uuid4(), workshop_id=uuid4(), station_id=station, ratio=4,
        effective_from=date(2021, 9, 1),
    )  # fmt: skip
    await hear(handlers.keep_mentor_at_station, named)
    changed = TechnologyChanged(
        enterprise_id=planned.enterprise_id, change_id=uuid4(), title=Text(zh="新", en="new"),
        requirements=[Requirement(competency="casting", level=4)], effective_from=date(2022, 1, 1),
    )  # fmt: skip

    await hear(handlers.open_revision_for_changed_technology, changed)

    [stale] = (await client.get(f"{V1}/plans/{planned.plan_id}/stale", headers=coordinator)).json()
    assert (stale["competency"], stale["since"], stale["modules"]) == ("casting", "2022-01-01", ["casting"])
    assert [one["name"] for one in stale["teachers"]] == ["Li"]
    matrix = (await client.get(f"{V1}/plans/{planned.plan_id}/coverage", headers=coordinator)).json()
    assert [one["module"] for one in matrix["modules"] if one["stale"]] == ["casting"]
    assert isinstance(UUID(str(named.mentor_id)), UUID)
