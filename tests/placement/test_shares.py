"""Interns are a share of the staff: held where the enterprise has said how many work there, and said where it has not."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from services.placement import shares
from services.placement.handlers import keep_cohort, keep_staff_numbers, plan_cohort_for_plan_in_force
from services.placement.rule_packs import PACKS
from shared.events.enterprise import PostStaff, StaffCounted
from tests.placement.plant import (
    MODULES,
    MONDAY,
    WORKSHOPS,
    an,
    cohort,
    in_force,
    module,
    open_programme,
    plan,
    programme,
    tell,
    work_off,
)

GROUPS = {"trainees": 12, "groups": 6}
AT_LAB = [module("quality", 5, ["lab-1"])]
TIMETABLE = f"/placement/v1/cohorts/{an('cohort')}/timetable"


def counted(staff, post=None):
    """The same number in each of the four workshops, and at each post of theirs."""
    return [
        StaffCounted(
            enterprise_id=an("plant"), workshop_id=an(workshop), counted_on="2021-01-04", staff=staff,
            posts=[PostStaff(station_id=an(one), staff=post) for one in stations if post is not None],
        )
        for workshop, stations in WORKSHOPS.items()
    ]  # fmt: skip


async def open_with(sessions, numbers, modules=None, enrolled=None, pack="cn-2021"):
    await tell(sessions, keep_staff_numbers, *numbers)
    opened = programme(rule_pack=pack)
    await open_programme(
        sessions, opened, enrolled or cohort(**GROUPS), plan(modules=modules or MODULES, weeks=28)
    )


def busiest(stints, *of):
    """The most trainees in groups of two that are anywhere, or at one of these stations, in one week."""
    there = [one.monday for one in stints if not of or one.station_id in of]
    return 2 * max(Counter(there).values())


async def test_interns_of_a_week_are_at_most_a_tenth_of_the_staff(sessions, said):
    await open_with(sessions, counted(10, 1000))

    [published] = await said(sessions)

    assert busiest(published.stints) == 4, "a tenth of four workshops with ten people each"


async def test_numbers_that_stop_nobody_leave_the_timetable_as_it_would_be_without_them(
    sessions, said, client, token_for
):
    await open_with(sessions, [], enrolled=cohort(**GROUPS))
    [before] = await said(sessions)

    await tell(sessions, keep_staff_numbers, *counted(30, 1000))
    await tell(
        sessions, keep_cohort, cohort(**GROUPS, name="next", first_monday=MONDAY + timedelta(weeks=40))
    )
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="next"))
    await work_off(sessions)

    [_, after] = await said(sessions)
    assert [(one.group, one.week) for one in after.stints] == [(one.group, one.week) for one in before.stints]
    shown = await client.get(TIMETABLE, headers=token_for("coordinator"))
    assert not any("shares of interns" in one["words"]["en"] for one in shown.json()["warnings"])


async def test_interns_at_a_post_are_at_most_a_fifth_of_it(sessions, said):
    await open_with(sessions, counted(1000, 10), AT_LAB)

    [published] = await said(sessions)

    assert busiest(published.stints, an("lab-1")) == 2


async def test_a_pack_without_shares_asks_for_no_numbers(client, sessions, said, token_for):
    await open_with(sessions, counted(1, 1), AT_LAB, pack="none")

    [published] = await said(sessions)

    assert busiest(published.stints) > 2
    shown = (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()
    assert shown["warnings"] == []


async def test_where_no_numbers_were_said_the_page_says_that_nothing_is_checked(client, sessions, token_for):
    await open_with(sessions, [])
    english, chinese = token_for("coordinator") | {"Accept-Language": "en"}, token_for("coordinator")

    page = (await client.get(f"/placement/cohorts/{an('cohort')}", headers=english)).text

    assert "shares of interns are not checked" in page
    heard = (await client.get(TIMETABLE, headers=chinese)).json()["warnings"]
    assert sum("无法核对实习生占比" in one["words"]["zh"] for one in heard) == 1
    other = token_for("integrator", enterprise_id=an("other"))
    assert (await client.get(TIMETABLE, headers=other)).json()["warnings"] == []


async def test_posts_that_were_not_counted_are_named(client, sessions, token_for):
    await open_with(sessions, counted(1000), AT_LAB)

    shown = (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()

    [warning] = [one for one in shown["warnings"] if "share" in one["words"]["en"]]
    assert "how many work at the post of “lab-1” was not said" in warning["words"]["en"]


async def test_fewer_staff_than_before_move_the_fewest_interns(sessions, said):
    await open_with(sessions, counted(1000, 1000), AT_LAB)

    await tell(sessions, keep_staff_numbers, *counted(1000, 10))
    await work_off(sessions)

    _, changed = await said(sessions)
    assert busiest(changed.stints, an("lab-1")) == 2
    assert 0 < changed.visits_moved_bound <= changed.visits_moved


async def test_too_small_a_staff_is_named_in_words_as_what_is_in_conflict(client, sessions, said, token_for):
    await open_with(sessions, counted(4, 1000))

    [impossible] = await said(sessions)

    [group, *_] = impossible.conflicts
    assert group.rule == "share-of-staff"
    assert group.words.en == (
        "group g01 has 2 of the enterprise's interns (16 staff), of whom 1 may be at stations in a week: 1 too many"
    )
    assert "实习生（企业在岗 16 人）" in group.words.zh
    theirs = await client.get(TIMETABLE, headers=token_for("integrator", enterprise_id=an("plant")))
    others = await client.get(TIMETABLE, headers=token_for("integrator", enterprise_id=an("other")))
    assert theirs.json()["conflicts"]
    assert others.json()["conflicts"] == []


async def test_a_post_that_is_too_small_is_in_conflict_by_its_share(sessions, said):
    await open_with(sessions, counted(1000, 10), [module("quality", 25, ["lab-1"])])

    [impossible] = await said(sessions)

    assert "interns too many a week" in impossible.conflicts[0].words.en
    assert "for the share of interns at its post" in impossible.conflicts[0].words.en


async def test_interns_of_another_cohort_count_too(sessions, said):
    first, second = cohort(4, 2), cohort(4, 2, name="next")
    await open_with(sessions, counted(1000, 10), AT_LAB, first)

    await tell(sessions, keep_cohort, second)
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="next"))
    await work_off(sessions)

    [one, other] = await said(sessions)
    assert busiest([*one.stints, *other.stints], an("lab-1")) == 2


async def test_a_share_that_only_warns_lets_the_timetable_be_and_says_how_many_are_too_many(
    client, sessions, said, token_for, monkeypatch
):
    pack = PACKS["cn-2021"]
    mild = tuple(replace(rule, breach="warn") if rule.name == shares.POST else rule for rule in pack.rules)
    monkeypatch.setitem(PACKS, "cn-2021", replace(pack, rules=mild))
    await open_with(sessions, counted(1000, 5), AT_LAB)

    [published] = await said(sessions)

    assert type(published).__name__ == "TimetablePublished"
    warnings = (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()["warnings"]
    assert "interns at “lab-1” beside 5 staff" in warnings[0]["words"]["en"]
    assert "实习生" in warnings[0]["words"]["zh"]
