"""Where a shortfall comes from: worlds with a known cause, and designs that cannot tell."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import numpy as np
import pytest
from scipy.special import ndtri

from services.feedback import attribution, dividing, handlers, mixed_evalue, running
from services.feedback.attribution import Known
from services.feedback.beliefs import Assumed
from services.feedback.columns import Columns, Pair
from services.feedback.copies import Member
from services.feedback.links import Answer
from services.feedback.model import Gap
from services.feedback.running import Due
from services.feedback.tally import Spread
from shared.events.feedback import Attribution, GapConfirmed
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
    usual = {
        "earlier": [],
        "answers": [],
        "required": REQUIRED,
        "assumed": Assumed(),
        "station": shops,
        "workshop": shops,
    }
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


def by_workshop(own, **more):
    [found] = [one for one in attribution.of(known(own, **more), "a") if one.source == "workshop"]
    return found


def low_in_one_workshop():
    return rated(3, lambda mentor, code: 2.4 if code == "a" and mentor in MENTORS[::2] else 4.2)


def test_a_named_workshop_says_whose_it_is_and_another_enterprise_reads_neither_which_nor_how_much():
    mine, theirs = UUID(int=300), UUID(int=400)
    owners = {mentor: (mine, theirs)[number % 2] for number, mentor in enumerate(MENTORS)}

    found = by_workshop(low_in_one_workshop(), enterprise=owners)

    assert (found.which, found.enterprise_id) == (str(SHOPS[0]), mine)
    assert found.shown_to(None) == found.shown_to(mine) == found
    hidden = found.shown_to(theirs)
    assert (hidden.source, hidden.verdict, hidden.reason) == ("workshop", "likely", "lower-in-one-workshop")
    assert {hidden.which, hidden.difference, hidden.low, hidden.high, hidden.enterprise_id} == {None}
    of_an_earlier_release = found.model_copy(update={"enterprise_id": None})
    assert of_an_earlier_release.shown_to(mine).which is None


def test_workshops_of_several_enterprises_that_are_alike_are_compared_in_figures_for_the_college_alone():
    many = [UUID(int=one) for one in range(1, 25)]
    shops = {mentor: SHOPS[number % 2] for number, mentor in enumerate(many)}
    owners = {mentor: UUID(int=300 + number % 2) for number, mentor in enumerate(many)}
    own = rated(1, everywhere, many, range(1000, 1060), each=6)

    found = by_workshop(own, workshop=shops, enterprise=owners)
    one = by_workshop(own, workshop=shops, enterprise=dict.fromkeys(many, UUID(int=300)))

    assert (found.verdict, found.enterprise_id) == ("unlikely", None)
    assert (found.difference is None, found.shown_to(UUID(int=300)).difference) == (False, None)
    assert found.shown_to(UUID(int=300)).reason == "alike"
    assert one.shown_to(UUID(int=300)).difference == one.difference == found.difference


@pytest.mark.parametrize(("there", "told"), [(4, False), (5, True)])
def test_no_workshop_and_no_intake_of_fewer_trainees_than_may_be_shown_is_compared(there, told):
    people = {mentor: set(range(there)) if mentor in MENTORS[::2] else set(range(20)) for mentor in MENTORS}
    earlier = rated(9, everywhere, trainees=range(2000, 2000 + there), each=8)

    found = by_workshop(low_in_one_workshop(), people=people, least=5)
    [intake] = [
        one
        for one in attribution.of(known(rated(1, everywhere), earlier=[earlier], least=5), "a")
        if one.source == "intake"
    ]

    assert (found.difference is not None, found.reason == "too-few-trainees") == (told, not told)
    assert (intake.difference is not None, intake.reason == "too-few-trainees") == (told, not told)


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

    split = attribution._named(own, "a")

    assert (split.n, split.tally) == (own.n, own.tally)
    assert {pair.competency for pair in split.pairs} == {*CODES, "a~"} - {"a"}


def renamed(pair, mentors):
    return pair._replace(competency="a~") if pair.competency == "a" and pair.mentor not in mentors else pair


def solved_anew(own, answers, mentors):
    """The same division by a model of its own, with the competency under two names."""
    pairs = Columns(renamed(pair, mentors) for pair in own.pairs)
    named = [
        one._replace(competency=renamed(Pair(one.mentor, one.competency), mentors).competency)
        for one in answers
    ]
    model = mixed_evalue.model(replace(own, pairs=pairs), named, {**REQUIRED, "a~": 4.0}, {}, Assumed())
    here, rest = (max(at for at, key in enumerate(model.keys) if key[0] == name) for name in ("a", "a~"))
    weights = np.zeros(len(model.beliefs[0].mean))
    weights[here], weights[rest] = 1.0, -1.0
    logs = np.array([one.likelihood for one in model.beliefs])
    weight = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    means = np.array([weights @ one.mean for one in model.beliefs])
    variances = np.array([weights @ one.covariance @ weights for one in model.beliefs])
    mean = weight @ means
    half = -ndtri(0.025) * np.sqrt(weight @ (variances + (means - mean) ** 2))
    return [mean, mean - half, mean + half, weight @ [one.mean[rest] for one in model.beliefs]]


@pytest.mark.parametrize("began_again", [False, True], ids=["one-evidence", "a-gap-was-answered"])
@pytest.mark.parametrize("mentors", [{MENTORS[0]}, {*MENTORS[:3]}, {*MENTORS[2:]}])
def test_a_division_is_that_of_a_model_solved_with_two_names(began_again, mentors):
    own = rated(11, everywhere)
    if began_again:
        late = [Due(UUID(int=who), Pair(mentor, "a", date(2021, 11, 2)), 4, date(2021, 12, 1))
                for who in range(1000, 1006) for mentor in MENTORS]  # fmt: skip
        own = running.add(own, {}, late)[0]
    answers = [Answer(UUID(int=7), mentor, "a", 3, 4) for mentor in MENTORS[1:4]]
    answers += [Answer(UUID(int=8), UUID(int=1), "b", 5, 4)]

    model = mixed_evalue.model(own, answers, REQUIRED, {}, Assumed())
    split = attribution._apart(dividing.opened(model, {"a"}), mentors, 1)

    assert list(split) == pytest.approx(solved_anew(own, answers, mentors), abs=1e-9)


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


async def test_a_gap_names_a_workshop_to_the_college_and_to_its_own_enterprise_alone(
    sessions, client, token_for
):
    ids, other = world.world(), uuid4()
    place = Attribution(
        source="workshop", verdict="likely", reason="lower-than-elsewhere", which=str(ids.workshop),
        difference=-0.83, low=-1.2, high=-0.4, enterprise_id=ids.enterprise,
    )  # fmt: skip
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        [said] = await handlers.record_ratings(world.rate(ids, low={"tapping": 1.2}), session)
        gap = await session.get_one(Gap, said.gap_id)
        gap.evidence = {**gap.evidence, "sources": [place.model_dump(mode="json")]}
        session.add(Member(trainee_id=uuid4(), cohort_id=ids.cohort, enterprise_id=other, college_number="C"))

    async def reads(headers):
        whole = (await client.get(f"/feedback/v1/gaps/{said.gap_id}", headers=headers)).json()
        [listed] = (await client.get("/feedback/v1/gaps", headers=headers)).json()
        assert listed["sources"] == whole["sources"]
        return whole["sources"][0]["which"], whole["sources"][0]["difference"]

    assert await reads(token_for("coordinator")) == (str(ids.workshop), -0.83)
    own = token_for("panel-enterprise", enterprise_id=ids.enterprise)
    assert await reads(own) == (str(ids.workshop), -0.83)
    assert await reads(token_for("panel-enterprise", enterprise_id=other)) == (None, None)
