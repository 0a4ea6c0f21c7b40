"""A trainee who moves between groups, cohorts and enterprises keeps one record of what was practised."""

from datetime import timedelta

from services.placement.handlers import (
    free_seat_of_withdrawn_trainee,
    keep_cohort,
    keep_mentor,
    keep_plan,
    keep_stations,
    plan_cohort_for_plan_in_force,
)
from shared.events.enterprise import MentorNamed, Station, StationsOffered
from shared.events.gateway import ClockAdvanced
from shared.events.recruitment import TraineeWithdrew
from shared.messaging.clock import advance_clock
from tests.placement.plant import (
    MODULES,
    MONDAY,
    an,
    cohort,
    in_force,
    module,
    open_programme,
    plan,
    tell,
    text,
    work_off,
)

WHO = an("cohort-trainee-0")
RECORD = f"/placement/v1/trainees/{WHO}/record"
MINE = {"person_id": WHO}


async def in_week(sessions, week):
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY + timedelta(weeks=week - 1)))
    await work_off(sessions)


async def record(client, token_for):
    answer = await client.get(RECORD, headers=token_for("trainee", **MINE))
    assert answer.status_code == 200, answer.text
    return answer.json()


def moved(enrolled, group, enterprise="plant"):
    """The trainee in another group, and at another enterprise."""
    first, *rest = enrolled.trainees
    here = first.model_copy(update={"group": group, "enterprise_id": an(enterprise)})
    return enrolled.model_copy(update={"trainees": [here, *rest]})


async def test_who_changes_the_group_keeps_the_weeks_with_the_old_one_and_gets_none_of_the_new_ones_past(
    client, sessions, said, token_for
):
    enrolled = cohort(30, 2)
    await open_programme(sessions, enrolled=enrolled)
    await in_week(sessions, 14)
    before = await record(client, token_for)

    await tell(sessions, keep_cohort, moved(enrolled, "g02"))
    await work_off(sessions)
    await in_week(sessions, 28)

    after = await record(client, token_for)
    assert before
    assert after[: len(before)] == before
    assert {one["group"] for one in before} == {"g01"}
    assert {one["group"] for one in after[len(before) :]} == {"g02"}
    assert len({one["monday"] for one in after}) == len(after)


async def other_enterprise(sessions):
    """It has a laboratory of its own."""
    await tell(sessions, keep_stations, StationsOffered(
        enterprise_id=an("other"), workshop_id=an("their lab"), title=text("their lab"), effective_from="2021-01-01",
        stations=[Station(station_id=an("lab-9"), title=text("lab-9"), seats=20)],
    ))  # fmt: skip
    await tell(sessions, keep_mentor, MentorNamed(
        enterprise_id=an("other"), mentor_id=an("m9"), workshop_id=an("their lab"), station_id=an("lab-9"), ratio=20,
        effective_from="2021-01-01",
    ))  # fmt: skip


async def test_a_trainee_of_another_enterprise_and_cohort_keeps_what_was_practised_before(
    client, sessions, said, token_for
):
    enrolled = cohort(30, 2)
    modules = [one for one in MODULES if one.module != "quality"] + [
        module("quality", 15, ["lab-1", "lab-9"])
    ]
    await other_enterprise(sessions)
    await open_programme(sessions, enrolled=enrolled, published=plan(modules=modules))
    await in_week(sessions, 14)
    before = await record(client, token_for)

    left = TraineeWithdrew(
        cohort_id=an("cohort"), trainee_id=WHO, effective_from=MONDAY + timedelta(weeks=13)
    )
    await tell(sessions, free_seat_of_withdrawn_trainee, left)
    late = cohort(2, 1, name="late")
    late = late.model_copy(update={"trainees": [
        one.model_copy(update={"trainee_id": WHO, "enterprise_id": an("other")}) for one in late.trainees[:1]
    ]})  # fmt: skip
    await tell(sessions, keep_cohort, late)
    await tell(sessions, keep_plan, plan(version=2, modules=[module("quality", 15, ["lab-1", "lab-9"])]))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(version=2, name="late"))
    await work_off(sessions)
    await in_week(sessions, 28)

    after = await record(client, token_for)
    assert before
    assert after[: len(before)] == before
    assert [(one["enterprise_id"], one["module"]) for one in after[len(before) :]] == [
        (str(an("other")), "quality")
    ]
    assert {one["enterprise_id"] for one in before} == {str(an("plant"))}
    page = (
        await client.get(
            "/placement/calendar", headers=token_for("trainee", **MINE) | {"Accept-Language": "en"}
        )
    ).text
    assert "Weeks behind me, at every enterprise" in page
    assert page.count("lab-9") >= 1


async def test_a_record_is_the_trainees_own_and_the_colleges(client, sessions, token_for):
    await open_programme(sessions, enrolled=cohort(30, 2))

    assert (await client.get(RECORD, headers=token_for("trainee"))).status_code == 404
    assert (
        await client.get(RECORD, headers=token_for("integrator", enterprise_id=an("plant")))
    ).status_code == 404
    assert (await client.get(RECORD, headers=token_for("coordinator"))).json() == []
    nobody = f"/placement/v1/trainees/{an('nobody')}/record"
    assert (await client.get(nobody, headers=token_for("coordinator"))).status_code == 404
