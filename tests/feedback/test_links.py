"""Mentors who rate nothing in common: which rating is missing, and that it is enough."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feedback import handlers, links, running
from services.feedback.copies import Mentor, Station
from services.feedback.evidence import Link
from services.feedback.links import Answer
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.running import Due, Pair
from services.feedback.tally import Spread
from shared.events.enterprise import TraineeRated
from shared.events.feedback import MoreRatingsNeeded
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

LOOK = date(2021, 12, 1)


def of(pairs):
    """Each of the pairs (mentor, competency) rated once, of a trainee of its own."""
    return running.of(
        [
            Due(UUID(int=1000 + at), Pair(UUID(int=mentor), code), 3, LOOK)
            for at, (mentor, code) in enumerate(pairs)
        ],
        Spread(),
    )


def missing(pairs, answers=()):
    now = of(pairs)
    return links.missing(now, links.parts(now, answers))


rated = st.lists(st.tuples(st.integers(0, 7), st.sampled_from("abcdef")), min_size=1, max_size=12)


@given(rated)
@settings(max_examples=200, deadline=None)
def test_the_links_named_are_enough_and_none_of_them_is_too_many(pairs):
    now = of(pairs)
    apart = links.parts(now, [])
    named = links.missing(now, apart)
    joins = sorted({*named.values()})

    joined = of([*pairs, *((link.mentor.int, link.competency) for link in joins)])

    assert len(links.parts(joined, [])) == 1
    assert len(joins) == len(apart) - 1
    assert set(named) == {(code, None) for _, code in pairs} - links.linked_keys(apart)


@given(rated, st.permutations(range(8)))
@settings(max_examples=100, deadline=None)
def test_renamed_mentors_stand_in_the_same_parts(pairs, turn):
    renamed = links.parts(of([(turn[mentor], code) for mentor, code in pairs]), [])

    def groups(found, name):
        return {frozenset(name[who.int] for who in part.mentors) for part in found}

    assert groups(links.parts(of(pairs), []), turn) == groups(renamed, range(8))


def test_the_busiest_mentor_of_the_part_is_asked_for_what_most_others_rate():
    pairs = [(0, "safety"), (1, "safety"), (1, "casting"), (2, "safety"), (7, "rolling"), (8, "rolling")]

    assert missing([*pairs, (8, "rolling")]) == {("rolling", None): Link(UUID(int=8), "safety")}


def test_a_vignette_that_both_have_answered_is_a_link():
    pairs = [(0, "safety"), (1, "safety"), (7, "rolling")]
    answers = [Answer(UUID(int=1), UUID(int=who), "safety", 3, 3) for who in (0, 7)]

    assert missing(pairs, answers) == {}
    assert missing(pairs, answers[:1]) == {("rolling", None): Link(UUID(int=7), "safety")}


LINKS = {
    "what most of the others rate, where it is practised there": ({8: "safety rolling"}, Link(UUID(int=8), "safety")),
    "else what fewer of them rate": ({8: "casting rolling"}, Link(UUID(int=8), "casting")),
    "else by a colleague who is less busy": (
        {8: "rolling", 7: "rolling safety"}, Link(UUID(int=7), "safety"),
    ),
    "else one of the others rates what they do": (
        {8: "rolling", 7: "rolling", 0: "safety", 1: "safety rolling", 2: "safety"}, Link(UUID(int=1), "rolling"),
    ),
    "and none where no station allows one": ({who: "rolling" if who > 6 else "safety casting" for who in range(9)}, None),
}  # fmt: skip


@pytest.mark.parametrize("which", LINKS)
def test_the_link_is_a_rating_that_the_mentors_station_allows(which):
    practised, link = LINKS[which]
    now = of(
        [
            (0, "safety"),
            (1, "safety"),
            (1, "casting"),
            (2, "safety"),
            (7, "rolling"),
            (8, "rolling"),
            (8, "rolling"),
        ]
    )
    at = {UUID(int=who): codes.split() for who, codes in practised.items()}

    named = links.missing(now, links.parts(now, []), at)

    assert named == ({("rolling", None): link} if link else {})


async def test_where_no_station_allows_a_link_common_cases_are_named_and_no_rating(
    client, ids, sessions, token_for
):
    async with sessions.begin() as session:
        for number, station in enumerate(ids.stations):
            found = await session.get_one(Station, station)
            found.competencies = ["rolling"] if number == 3 else ["safety"]
        said = await look_at_ratings_of_month(ids.cohort, LOOK, session)
    [asked] = [one for one in said if isinstance(one, MoreRatingsNeeded) and one.competency == "rolling"]
    path = f"/feedback/v1/verdicts?cohort_id={ids.cohort}"
    verdicts = (await client.get(path, headers=token_for("coordinator"))).json()["competencies"]
    told = {one["competency"]: one for one in verdicts}["rolling"]

    assert (asked.reason, asked.also_rate, told["link"]) == ("mentors-not-linked", None, None)
    assert "common cases" in told["why"]["en"]


async def test_beside_a_named_link_the_reason_repeats_no_advice(client, ids, sessions, token_for):
    async with sessions.begin() as session:
        await look_at_ratings_of_month(ids.cohort, LOOK, session)
    path = f"/feedback/v1/verdicts?cohort_id={ids.cohort}"
    verdicts = (await client.get(path, headers=token_for("coordinator"))).json()["competencies"]
    told = {one["competency"]: one for one in verdicts}["rolling"]

    assert told["link"]["competency"] == "safety"
    assert told["why"]["en"].endswith("cannot be told apart.")


def test_where_nobody_is_rated_no_link_is_missing():
    assert missing([]) == {}


def apart(ids):
    """The core by everybody at the first three stations; rolling by the three mentors of the fourth, who rate nothing else."""
    found = []
    for number, trainee in enumerate(ids.trainees):
        for turn in range(3):
            mentor = ids.mentors[(number + turn) % 12]
            alone = ids.station_of[mentor] == 3
            found.append((trainee, mentor, "rolling" if alone else "safety", turn))
    return [
        TraineeRated(
            rating_id=UUID(int=(9 << 32) + at), enterprise_id=ids.enterprise, mentor_id=mentor, trainee_id=trainee,
            competency=code, level=3, observed_on=world.START + timedelta(weeks=7 + turn),
        )
        for at, (trainee, mentor, code, turn) in enumerate(found)
    ]  # fmt: skip


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=12, trainees=24)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await handlers.record_ratings(apart(ids), session)
        await advance_clock(ClockAdvanced(today=LOOK), session)
    return ids


async def test_the_look_the_event_the_page_and_the_interface_name_the_missing_link(
    client, ids, sessions, token_for
):
    async with sessions.begin() as session:
        said = await look_at_ratings_of_month(ids.cohort, LOOK, session)
    [asked] = [one for one in said if isinstance(one, MoreRatingsNeeded) and one.competency == "rolling"]
    coordinator = token_for("coordinator")
    verdicts = await client.get(f"/feedback/v1/verdicts?cohort_id={ids.cohort}", headers=coordinator)
    link = {one["competency"]: one["link"] for one in verdicts.json()["competencies"]}["rolling"]

    assert (asked.reason, asked.also_rate) == ("mentors-not-linked", "safety")
    assert ids.station_of[asked.mentor_id] == 3
    assert (link["mentor_id"], link["competency"]) == (str(asked.mentor_id), "safety")
    assert link["station"]["en"] == "S3"
    for language, words in (("zh", "缺少的联系"), ("en", "Missing link")):
        page = await client.get(
            f"/feedback/verdicts?lang={language}", headers={**coordinator, "Accept": "text/html"}
        )
        assert page.text.count(words) == 1


async def test_an_enterprise_does_not_learn_which_mentor_of_another_is_meant(
    client, ids, sessions, token_for
):
    async with sessions.begin() as session:
        await look_at_ratings_of_month(ids.cohort, LOOK, session)
        for mentor in ids.mentors:
            (await session.get_one(Mentor, mentor)).enterprise_id = UUID(int=77)
    panel = token_for("panel-enterprise", enterprise_id=ids.enterprise)
    verdicts = await client.get(f"/feedback/v1/verdicts?cohort_id={ids.cohort}", headers=panel)

    link = {one["competency"]: one["link"] for one in verdicts.json()["competencies"]}["rolling"]
    assert (link["mentor_id"], link["station"], link["competency"]) == (None, None, "safety")
