import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from services.placement.handlers import (
    free_seat_of_withdrawn_trainee,
    keep_cohort,
    keep_mentor,
    keep_plan,
    keep_programme,
    keep_secondment,
    keep_stations,
    move_stints_for_shutdown,
    on,
    plan_cohort_for_plan_in_force,
    replace_mentor_who_left,
)
from services.placement.model import Cohort
from services.placement.papers import Proof
from services.placement.staff import Secondment
from shared.errors import NotYetKnown
from shared.events.curriculum import SecondmentPlanned
from shared.events.enterprise import MentorLeft, ShutdownPlanned
from shared.events.gateway import ClockAdvanced
from shared.events.recruitment import TraineeWithdrew
from shared.messaging.clock import advance_clock
from shared.programmes.phases import Prerequisite
from tests.placement.plant import (
    MODULES,
    MONDAY,
    an,
    cohort,
    in_force,
    mentors,
    module,
    offers,
    open_programme,
    plan,
    programme,
    tell,
    work_off,
)

SMALL = {"trainees": 30, "groups": 2}


def name(event):
    return type(event).__name__


async def test_a_cohort_with_plan_stations_and_mentors_gets_a_timetable(sessions, said):
    await open_programme(sessions)

    [published] = await said(sessions)

    assert name(published) == "TimetablePublished"
    assert published.lower_bound <= published.cost
    assert len(published.stints) == 12 * 4
    places = Counter((stint.station_id, stint.week) for stint in published.stints)
    assert max(places.values()) == 1, "a station of 20 seats takes one group of 15"
    assert all(1 <= len(stint.mentor_ids) <= 2 for stint in published.stints)
    per_group = Counter((stint.group, stint.week) for stint in published.stints)
    assert max(per_group.values()) == 1
    week = {(stint.group, stint.module): stint.week for stint in published.stints}
    for group in {stint.group for stint in published.stints}:
        assert week[group, "safety"] < week[group, "casting"]
        assert week[group, "casting"] >= 12
    assert published.cohort_id == an("cohort")


async def test_the_order_in_which_facts_arrive_does_not_matter(sessions, said):
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY))
    await tell(sessions, keep_mentor, *mentors())
    await tell(sessions, keep_stations, *offers())
    await tell(sessions, keep_plan, plan())
    await tell(sessions, keep_cohort, cohort(**SMALL))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force())
    await work_off(sessions)
    assert await said(sessions) == []
    async with sessions() as session:
        waiting = (await session.get(Cohort, an("cohort"))).waiting_for
    assert "programme" in waiting[0]["en"]

    await tell(sessions, keep_programme, programme())
    await work_off(sessions)

    assert [name(event) for event in await said(sessions)] == ["TimetablePublished"]


async def late(sessions, week):
    """A programme whose last fact, the mentors, comes on the Tuesday of a teaching week."""
    await open_programme(sessions, enrolled=cohort(**SMALL), named=[])
    today = MONDAY + timedelta(weeks=week - 1, days=1)
    await tell(sessions, advance_clock, ClockAdvanced(today=today))
    await tell(sessions, keep_mentor, *mentors())
    await work_off(sessions)
    return today


async def test_a_first_timetable_made_late_sends_nobody_into_weeks_that_have_begun(sessions, said):
    today = await late(sessions, 13)

    [published] = await said(sessions)

    assert len(published.stints) == 2 * 4
    assert min(stint.monday for stint in published.stints) == today + timedelta(days=6)


async def test_where_too_few_weeks_are_left_for_a_first_timetable_that_is_said(sessions, said):
    await late(sessions, 27)

    [impossible] = await said(sessions)

    assert name(impossible) == "TimetableImpossible"
    assert "left" in impossible.conflicts[0].words.en


async def test_a_plan_in_force_for_a_cohort_that_is_not_known_yet_waits(sessions):
    with pytest.raises(NotYetKnown):
        await tell(sessions, plan_cohort_for_plan_in_force, in_force())


async def test_a_fact_told_while_a_job_begins_is_seen_by_that_job(sessions, said):
    """The plan finds a job waiting, so asks for none; that job runs before the plan is committed."""
    await open_programme(sessions, published=plan(version=2))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force())
    async with sessions.begin() as session:
        await keep_plan(plan(), session)
        job = asyncio.create_task(work_off(sessions))
        await asyncio.wait({job}, timeout=1)
    await job

    [published] = await said(sessions)
    assert published.plan_version == 1


async def test_what_cannot_be_is_said_with_the_rules_and_tried_again_when_more_seats_come(sessions, said):
    await open_programme(sessions, enrolled=cohort(), offered=offers(seats=10))
    [impossible] = await said(sessions)
    assert name(impossible) == "TimetableImpossible"
    assert {conflict.rule for conflict in impossible.conflicts} == {"group-too-large"}
    assert impossible.conflicts[0].missing == 5
    assert "15" in impossible.conflicts[0].words.zh

    await tell(sessions, keep_mentor, *mentors(ratio=11)[:1])
    await work_off(sessions)
    assert len(await said(sessions)) == 1, "the same refusal is not said twice"

    await tell(sessions, keep_stations, *offers(seats=20))
    await work_off(sessions)

    assert [name(event) for event in await said(sessions)] == ["TimetableImpossible", "TimetablePublished"]


async def test_too_few_seats_are_named_with_station_and_weeks(sessions, said):
    workshops = {"steelmaking": ["furnace-1"], "lab": ["lab-1"]}
    modules = [module("converter", 5, ["furnace-1"]), module("quality", 5, ["lab-1"])]
    published = plan(modules=modules, weeks=12)
    offered, named = offers(workshops=workshops), mentors(workshops=workshops)

    await open_programme(sessions, enrolled=cohort(), published=published, offered=offered, named=named)

    [impossible] = await said(sessions)
    assert name(impossible) == "TimetableImpossible"
    seats = [conflict for conflict in impossible.conflicts if conflict.rule == "seats"]
    assert {conflict.station_id for conflict in seats} <= {an("furnace-1"), an("lab-1")}
    assert seats
    assert all(conflict.weeks and conflict.missing > 0 for conflict in seats)


async def test_a_shutdown_moves_only_the_stints_it_hits_and_they_keep_their_ids(sessions, said):
    await open_programme(sessions)
    [published] = await said(sessions)
    hit = next(stint for stint in published.stints if stint.week >= 8)
    shutdown = ShutdownPlanned(
        enterprise_id=an("plant"), shutdown_id=an("shutdown"), workshop_id=hit.workshop_id, station_id=hit.station_id,
        first_day=hit.monday + timedelta(days=2), last_day=hit.monday + timedelta(days=2),
    )  # fmt: skip
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY))
    await tell(sessions, move_stints_for_shutdown, shutdown)
    await work_off(sessions)

    [_, changed] = await said(sessions)

    assert name(changed) == "TimetableChanged"
    assert hit.stint_id in changed.moved
    assert changed.visits_moved >= changed.visits_moved_bound >= 15
    assert changed.visits_moved == 15 * len(changed.moved)
    assert {stint.stint_id for stint in changed.stints} == {stint.stint_id for stint in published.stints}
    before = {stint.stint_id: (stint.station_id, stint.week) for stint in published.stints}
    stays = [s for s in changed.stints if before[s.stint_id] == (s.station_id, s.week)]
    assert len(stays) == len(published.stints) - len(changed.moved)
    assert all((s.station_id, s.week) != (hit.station_id, hit.week) for s in changed.stints)


async def test_this_week_and_the_next_are_frozen(sessions, said):
    await open_programme(sessions, enrolled=cohort(**SMALL))
    [published] = await said(sessions)
    first = min(published.stints, key=lambda stint: stint.week)
    await tell(sessions, advance_clock, ClockAdvanced(today=first.monday - timedelta(days=4)))
    shutdown = ShutdownPlanned(
        enterprise_id=an("plant"), shutdown_id=an("shutdown"), workshop_id=first.workshop_id,
        first_day=first.monday, last_day=first.monday,
    )  # fmt: skip
    await tell(sessions, move_stints_for_shutdown, shutdown)
    await work_off(sessions)

    assert len(await said(sessions)) == 1


async def test_a_new_plan_version_changes_the_timetable_from_its_week_on(sessions, said):
    await open_programme(sessions, enrolled=cohort(**SMALL))
    [published] = await said(sessions)
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY + timedelta(weeks=9)))
    later = [*MODULES, module("rework", 20, ["lab-1", "lab-2"])]
    await tell(sessions, keep_plan, plan(version=2, modules=later))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(version=2, from_week=13))
    await work_off(sessions)

    [_, changed] = await said(sessions)

    assert changed.plan_version == 2
    assert sum(stint.module == "rework" for stint in changed.stints) == 2
    assert all(stint.week >= 20 for stint in changed.stints if stint.module == "rework")
    assert {stint.stint_id for stint in published.stints} <= {stint.stint_id for stint in changed.stints}
    new = {stint.stint_id for stint in changed.stints if stint.module == "rework"}
    assert new <= set(changed.moved)


async def test_a_mentor_who_leaves_is_replaced_without_moving_anyone(sessions, said):
    await open_programme(sessions, enrolled=cohort(**SMALL), named=mentors(ratio=15))
    [published] = await said(sessions)
    gone = published.stints[-1].mentor_ids[0]
    left = MentorLeft(enterprise_id=an("plant"), mentor_id=gone, effective_from=MONDAY)
    await tell(sessions, replace_mentor_who_left, left)
    await work_off(sessions)

    [_, changed] = await said(sessions)

    assert changed.moved == []
    assert changed.visits_moved == 0
    assert all(gone not in stint.mentor_ids for stint in changed.stints)
    assert all(stint.mentor_ids for stint in changed.stints)


async def test_a_trainee_who_withdraws_leaves_the_group(sessions, said):
    await open_programme(sessions, enrolled=cohort(**SMALL))
    trainee = an("cohort-trainee-3")
    withdrew = TraineeWithdrew(
        cohort_id=an("cohort"), trainee_id=trainee, effective_from=MONDAY - timedelta(days=300)
    )
    await tell(sessions, free_seat_of_withdrawn_trainee, withdrew)
    await work_off(sessions)

    [published, changed] = await said(sessions)

    assert any(trainee in group.trainee_ids for group in published.groups)
    assert not any(trainee in group.trainee_ids for group in changed.groups)
    assert changed.moved == []


async def test_two_cohorts_share_the_stations(sessions, said):
    await open_programme(sessions, enrolled=cohort(60, 4))
    await tell(sessions, keep_cohort, cohort(60, 4, name="second"))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="second"))
    await work_off(sessions)

    first, second = await said(sessions)

    taken = Counter((stint.station_id, stint.monday) for event in (first, second) for stint in event.stints)
    assert max(taken.values()) == 1, "20 seats take one group of 15, of either cohort"


async def test_a_trainee_in_two_cohorts_is_never_in_two_places(sessions, said):
    await open_programme(sessions, enrolled=cohort(**SMALL))
    again = cohort(30, 2, name="second")
    twice = cohort(**SMALL).trainees[0].model_copy(update={"group": "g01"})
    again = again.model_copy(update={"trainees": [*again.trainees[1:], twice]})
    await tell(sessions, keep_cohort, again)
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="second"))
    await work_off(sessions)

    first, second = await said(sessions)

    weeks = []
    for event in (first, second):
        group = next(group.group for group in event.groups if twice.trainee_id in group.trainee_ids)
        weeks += [stint.monday for stint in event.stints if stint.group == group]
    assert len(set(weeks)) == len(weeks)


async def test_nobody_without_a_valid_proof_is_in_a_group_that_is_said(sessions, said):
    asks = [Prerequisite(proof="safety-card")]
    async with sessions.begin() as session:
        for number in range(29):
            trainee = an(f"cohort-trainee-{number}")
            session.add(Proof(trainee_id=trainee, proof="safety-card", valid_from=MONDAY))
    await open_programme(sessions, opened=programme(prerequisites=asks), enrolled=cohort(**SMALL))

    [published] = await said(sessions)

    present = {trainee for group in published.groups for trainee in group.trainee_ids}
    assert len(present) == 29
    assert an("cohort-trainee-29") not in present


async def test_a_secondment_has_a_place_on_the_calendar(sessions):
    planned = SecondmentPlanned(
        secondment_id=an("secondment"), teacher_id=an("teacher"), enterprise_id=an("plant"), workshop_id=None,
        first_day=MONDAY, last_day=MONDAY + timedelta(days=11), goals=["casting"],
    )  # fmt: skip
    await tell(sessions, keep_secondment, planned, planned)

    async with sessions() as session:
        kept = await session.get(Secondment, an("secondment"))
    assert kept.sequence == 1
    assert kept.goals == ["casting"]


def test_the_queues_are_named_after_what_placement_does():
    assert sorted(on.handlers) == [
        "placement.advance_clock",
        "placement.free_seat_of_withdrawn_trainee",
        "placement.keep_cohort",
        "placement.keep_crew",
        "placement.keep_mentor",
        "placement.keep_plan",
        "placement.keep_programme",
        "placement.keep_secondment",
        "placement.keep_staff_numbers",
        "placement.keep_stations",
        "placement.keep_teacher",
        "placement.move_stints_for_shutdown",
        "placement.plan_cohort_for_plan_in_force",
        "placement.replace_mentor_who_left",
    ]
