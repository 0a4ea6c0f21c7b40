"""Where a shortfall comes from: worlds with a known cause, and designs that cannot tell."""

from datetime import date
from uuid import UUID

import numpy as np
import pytest

from services.feedback import attribution, handlers, running
from services.feedback.attribution import Known
from services.feedback.beliefs import Assumed
from services.feedback.running import Due, Pair
from services.feedback.tally import Spread
from shared.events.feedback import GapConfirmed
from tests.feedback import world

CODES = "abcdefgh"
MENTORS = [UUID(int=one) for one in range(1, 9)]
SHOPS = [UUID(int=100), UUID(int=200)]
REQUIRED = dict.fromkeys(CODES, 4.0)


def rated(seed, level, mentors=MENTORS, trainees=range(1000, 1040), each=2):
    """Every trainee by mentors in turn on everything; `level(mentor, code)` is the true one."""
    chance = np.random.default_rng(seed)
    found = []
    for number, trainee in enumerate(trainees):
        ability = chance.normal(0, 0.3)
        for turn in range(each):
            mentor = mentors[(number + turn * (len(mentors) // 2)) % len(mentors)]
            for code in CODES:
                seen = int(np.clip(round(level(mentor, code) + ability + chance.normal(0, 0.6)), 1, 5))
                found.append(Due(UUID(int=trainee), Pair(mentor, code), seen, date(2021, 11, 1)))
    return running.of(found, Spread())


def known(own, **more):
    shops = {mentor: SHOPS[number % 2] for number, mentor in enumerate(MENTORS)}
    usual = {"earlier": [], "answers": [], "required": REQUIRED, "assumed": Assumed(), "workshop": shops}
    return Known(**(usual | {"running": own, "modules": ["m1"]} | more))


def told(found, competency="a"):
    return {one.source: (one.verdict, one.reason, one.which) for one in attribution.of(found, competency)}


def everywhere(_, code):
    return 3.0 if code == "a" else 4.2


def test_what_falls_short_for_all_alike_is_left_to_the_only_module_that_teaches_it():
    many = [UUID(int=one) for one in range(1, 25)]
    earlier = rated(9, everywhere, many, range(2000, 2060), each=6)
    shops = {mentor: SHOPS[number % 2] for number, mentor in enumerate(many)}
    own = rated(1, everywhere, many, range(1000, 1060), each=6)

    found = told(known(own, earlier=[earlier], workshop=shops))

    assert {source: verdict for source, (verdict, _, _) in found.items()} == {
        "module": "likely", "workshop": "unlikely", "intake": "unlikely", "rater": "unlikely",
    }  # fmt: skip
    assert found["module"][2] == "m1"


def test_a_shortfall_in_one_workshop_names_that_workshop():
    here = {mentor for number, mentor in enumerate(MENTORS) if number % 2 == 0}
    own = rated(2, lambda mentor, code: 2.4 if code == "a" and mentor in here else 4.0, each=4)

    found = told(known(own))

    assert found["workshop"] == ("likely", "lower-than-elsewhere", str(SHOPS[0]))
    assert found["module"][:2] == ("not-identifiable", "others-not-excluded")


def test_a_workshop_of_mentors_strict_on_everything_is_not_named():
    here = {mentor for number, mentor in enumerate(MENTORS) if number % 2 == 0}
    own = rated(3, lambda mentor, code: (3.0 if code == "a" else 4.2) - 0.8 * (mentor in here), each=4)

    assert told(known(own))["workshop"][0] != "likely"


def test_an_intake_lower_than_the_one_before_is_named_and_not_the_module():
    earlier = rated(4, lambda *_: 4.2, trainees=range(2000, 2040), each=4)
    own = rated(5, everywhere, each=4)

    found = told(known(own, earlier=[earlier]))

    assert found["intake"][:2] == ("likely", "lower-than-earlier-intakes")
    assert found["module"][0] == "not-identifiable"


def test_what_one_mentor_alone_sees_points_to_a_rater_and_names_nobody():
    own = rated(6, lambda mentor, code: 1.5 if code == "a" and mentor == MENTORS[0] else 4.3)

    assert told(known(own))["rater"] == ("likely", "not-without-one-mentor", None)


@pytest.mark.parametrize(
    ("more", "source", "reason"),
    [
        ({"modules": ["m1", "m2"]}, "module", "several-modules"),
        ({"modules": []}, "module", "no-module"),
        ({"workshop": dict.fromkeys(MENTORS, SHOPS[0])}, "workshop", "one-workshop"),
        ({"workshop": dict(zip(MENTORS, [SHOPS[0], *[SHOPS[1]] * 7], strict=True))}, "workshop", "one-mentor-a-workshop"),
        ({}, "intake", "no-earlier-intake"),
    ],
)  # fmt: skip
def test_what_the_design_cannot_tell_is_said_to_be_not_identifiable(more, source, reason):
    assert told(known(rated(7, everywhere), **more))[source][:2] == ("not-identifiable", reason)


def test_with_two_raters_neither_is_told_apart_and_an_intake_of_other_mentors_is_not_compared():
    own = rated(8, everywhere, mentors=MENTORS[:2])
    earlier = rated(9, everywhere, mentors=MENTORS[4:], trainees=range(2000, 2040))

    found = told(known(own, earlier=[earlier]))

    assert found["rater"][:2] == ("not-identifiable", "too-few-mentors")
    assert found["intake"][:2] == ("not-identifiable", "no-mentors-of-both")


def test_a_split_renames_and_loses_no_rating():
    own = rated(1, everywhere)

    split = attribution._named(own, "a", lambda pair: pair.mentor == MENTORS[0])

    assert (split.n, split.tally) == (own.n, own.tally)
    assert {pair.competency for pair in split.pairs} == {*CODES, "a~"}


async def test_a_confirmed_gap_carries_where_it_comes_from(session):
    ids = world.world()
    await world.set_up(session, ids)

    said = await handlers.record_ratings(world.rate(ids, low={"tapping": 1.2}), session)

    [gap] = [one for one in said if isinstance(one, GapConfirmed)]
    found = {one.source: (one.verdict, one.reason) for one in gap.sources}
    assert list(found) == ["module", "workshop", "intake", "rater"]
    assert found["workshop"] == ("not-identifiable", "one-workshop")
    assert found["intake"] == ("not-identifiable", "no-earlier-intake")
    assert found["rater"] == ("unlikely", "without-any-one-mentor-too")
    assert found["module"] == ("not-identifiable", "others-not-excluded")
