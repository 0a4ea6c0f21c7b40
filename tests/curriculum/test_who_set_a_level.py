"""Every required level says who set it, when and how, or that this is not recorded."""

from datetime import date
from uuid import uuid4

from services.curriculum import handlers, planning, rules
from services.curriculum.model import Position, Signal
from shared.events.plan_parts import CauseKind
from tests.curriculum.test_api import V1, publish

BY, ON, HOW = "炼钢厂技术处", date(2021, 3, 1), "岗位分析会"
ASKED = {"competency": "endpoint", "level": 4, "due_week": 1}


def position(level, **origin):
    return Position(
        position_id=uuid4(), enterprise_id=uuid4(), title={}, tasks=[], qualities=[],
        profile=[{"competency": "endpoint", "level": level}], **origin,
    )  # fmt: skip


async def test_a_plan_tells_what_the_enterprise_said_of_its_levels(client, told, hear, token_for):
    said = told.position().model_copy(update={"set_by": BY, "set_on": ON, "method": HOW})
    await hear(handlers.keep_position, said)

    plan = (await publish(client, told, token_for("coordinator"))).json()

    assert {(one["set_by"], one["set_on"], one["method"]) for one in plan["requirements"]} == {
        (BY, "2021-03-01", HOW)
    }


def test_of_two_positions_the_one_that_asks_more_has_set_the_level():
    lower, higher = (
        position(3, set_by="other", set_on=ON, method="x"),
        position(4, set_by=BY, set_on=ON, method=HOW),
    )

    for order in ([lower, higher], [higher, lower]):
        [one] = planning.requirements_of(order)
        assert (one.level, one.set_by, one.set_on, one.method) == (4, BY, ON, HOW)


def test_a_position_that_does_not_say_it_is_named_and_the_day_is_not_recorded():
    [one] = planning.requirements_of([position(3)])

    assert (one.set_by, one.set_on, one.method) == (planning.BY_POSITION, None, "")


async def test_a_level_given_by_hand_without_its_setter_day_and_method_is_refused(client, told, token_for):
    whole = {**ASKED, "set_by": BY, "set_on": "2021-03-01", "method": HOW}
    for missing in ("set_by", "set_on", "method"):
        asked = [whole, {name: value for name, value in whole.items() if name != missing}]
        answer = await publish(client, told, token_for("coordinator"), requirements=asked)
        said = (answer.status_code, answer.json()["code"], answer.json()["field"])
        assert said == (422, "E-CUR-ORIGIN", f"requirements[1].{missing}")

    assert (await publish(client, told, token_for("coordinator"), requirements=[whole])).status_code == 201


async def test_what_a_revision_raises_was_set_by_both_sides_on_that_day(client, planned, token_for):
    plan = await client.get(f"{V1}/plans/{planned.plan_id}", headers=token_for("coordinator"))
    before = planning.PlanPublished.model_validate(plan.json())
    signal = Signal(
        cause_id=uuid4(), plan_id=planned.plan_id, kind=CauseKind.TECHNOLOGY, asks={"casting": 1.2},
        levels={"casting": 4}, evidence={}, evidence_until=ON,
    )  # fmt: skip

    after = {one.competency: one for one in rules.raised(before, [signal], date(2022, 1, 3)).requirements}

    assert (after["casting"].set_by, after["casting"].set_on) == (rules.BY_REVISION, date(2022, 1, 3))
    assert after["endpoint"].set_by == planning.BY_POSITION
