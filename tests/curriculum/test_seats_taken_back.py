"""A vote that was handed on comes back, an added voter is no longer asked: in the history, in the count and in time."""

from datetime import date
from uuid import uuid4

import pytest

from services.curriculum import voters
from services.curriculum.seats import Seat
from shared.events.curriculum import RevisionEscalated, RevisionExtended, RevisionReminded, RevisionUnseated
from shared.events.plan_parts import SeatKind
from tests.curriculum.test_seats import acts, approve, drafted, post, until

V1 = "/curriculum/v1/revisions"
__all__ = ["approve", "drafted", "post", "until"]


@pytest.fixture
def person(token_for, planned):
    """A member of the college's panel, or somebody of it with another role, and their id."""

    def one(role="panel-college"):
        who = uuid4()
        return who, token_for(role, person_id=who, college_id=planned.college_id)

    return one


@pytest.fixture
def heard(sessions, said):
    async def of(*kinds):
        return [event for event in await said(sessions) if isinstance(event, kinds)]

    return of


async def test_a_delegate_who_stands_aside_gives_the_vote_back(post, person, voters, approve, drafted, heard):
    (giver, member), (deputy, teacher) = person(), person("teacher")
    await post("delegations", member, to=str(deputy))
    await approve(teacher)

    aside = await post("conflicts", teacher, comment="my brother runs the line")

    assert aside.status_code == 201, aside.text
    assert aside.json()["approvals"]["college"] == 0, "the delegate's own vote no longer counts"
    told = aside.json()["history"][-1]
    assert (told["act"], told["person_id"], told["whose"]) == ("give-back", str(deputy), str(giver))
    assert [seat["kind"] for seat in aside.json()["seats"]] == ["conflicted"]
    [back] = await heard(RevisionUnseated)
    assert (back.kind, back.person_id, back.given_by, back.side) == ("delegated", deputy, giver, "college")
    assert await heard(RevisionExtended) == [], "there was time enough"
    result = await approve(member, voters["college"][0], *voters["enterprise"])
    assert result["state"] == "published"


async def test_the_coordinator_sets_a_delegate_aside_and_the_vote_goes_back_as_well(
    post, person, token_for, approve
):
    (giver, member), (deputy, _) = person(), person("teacher")
    await post("delegations", member, to=str(deputy))

    aside = await post("conflicts", token_for("coordinator"), person_id=str(deputy), comment="his brother")

    assert acts(aside.json())[-2:] == ["aside", "give-back"]
    assert aside.json()["history"][-1]["whose"] == str(giver)
    assert (await approve(member))["approvals"]["college"] == 1


async def test_who_has_the_vote_again_gets_as_long_as_a_level_of_the_chain_has(
    post, person, until, heard, drafted, client, token_for
):
    (_, member), (deputy, teacher) = person(), person("teacher")
    await post("delegations", member, to=str(deputy))
    await until(date(2021, 12, 17))
    assert drafted["deadline_on"] == "2021-12-20"

    aside = await post("conflicts", teacher, comment="a relative")

    assert aside.json()["deadline_on"] == "2021-12-24", "five working days from Friday the 17th"
    assert acts(aside.json())[-2:] == ["give-back", "longer"]
    assert [event.deadline_on for event in await heard(RevisionExtended)] == [date(2021, 12, 24)]
    await until(date(2021, 12, 20))
    assert await heard(RevisionEscalated) == [], "the old deadline escalates nothing"
    await until(date(2021, 12, 24))
    assert [event.asks for event in await heard(RevisionEscalated)] == ["manager"]
    assert len(await heard(RevisionReminded)) == 3, (
        "at 50 and 80 % of the first time, and halfway through the new one"
    )


async def test_a_deadline_is_never_brought_forward(post, person, drafted):
    (_, member), (deputy, teacher) = person(), person("teacher")
    await post("delegations", member, to=str(deputy))

    aside = await post("conflicts", teacher, comment="a relative")

    assert aside.json()["deadline_on"] == drafted["deadline_on"]


def seat(kind, who, by):
    return Seat(revision_id=uuid4(), person_id=who, kind=kind, given_by=by)


def test_a_vote_goes_back_past_whoever_stands_aside_too():
    first, second, third = uuid4(), uuid4(), uuid4()
    handed = [seat(SeatKind.DELEGATED, second, first), seat(SeatKind.DELEGATED, third, second)]
    aside = seat(SeatKind.CONFLICTED, second, second)

    assert voters.given_back(third, handed) == [handed[1]]
    assert voters.given_back(third, [*handed, aside]) == [handed[1], handed[0]]
    assert voters.given_back(second, handed) == [], "the third person keeps what was handed on again"
    assert voters.given_back(first, handed) == []


async def test_who_added_a_voter_for_the_wrong_side_takes_it_back_and_the_votes_carry_at_once(
    post, person, voters, token_for, approve, heard
):
    coordinator = {"person_id": uuid4()}
    asking = token_for("coordinator", **coordinator)
    expert, _ = person("mentor")
    await post("voters", asking, person_id=str(expert), side="enterprise")
    assert (await approve(*voters["college"], *voters["enterprise"]))["state"] == "voting"
    other = await post("take-backs", token_for("coordinator"), person_id=str(expert))
    assert (other.status_code, other.json()["code"]) == (422, "E-CUR-HAND"), "only who added"

    back = await post("take-backs", asking, person_id=str(expert), comment="the wrong side")

    assert back.status_code == 201, back.text
    assert back.json()["state"] == "published"
    assert back.json()["needs"] == {"college": 2, "enterprise": 2}
    told = next(step for step in back.json()["history"] if step["act"] == "take-back")
    assert (told["whose"], told["person_id"]) == (str(expert), str(coordinator["person_id"]))
    assert told["comment"] == "the wrong side"
    assert [(event.kind, event.person_id) for event in await heard(RevisionUnseated)] == [("added", expert)]


async def test_who_was_added_for_the_other_side_neither_votes_for_the_own_nor_blocks_it(
    post, person, voters, token_for, approve, drafted
):
    """A seat for the enterprise must not become one more vote of the college."""
    asking = token_for("coordinator", person_id=uuid4())
    expert, teacher = person("teacher")
    member, panel = person()
    for who in (expert, member):
        await post("voters", asking, person_id=str(who), side="enterprise")

    refused = await post("votes", teacher, choice="approve", content_hash=drafted["content_hash"])
    await approve(panel, voters["college"][0], *voters["enterprise"])

    assert (refused.status_code, refused.json()["code"]) == (403, "E-CUR-SIDE")
    first = await post("take-backs", asking, person_id=str(expert))
    assert first.json()["lacking"] == ["enterprise"], "the member of the college's panel is still asked"
    last = await post("take-backs", asking, person_id=str(member))
    assert (last.status_code, last.json()["state"]) == (201, "published"), last.text


async def test_an_added_voter_who_has_voted_stays(post, person, token_for, approve):
    asking = token_for("coordinator", person_id=uuid4())
    expert, teacher = person("teacher")
    await post("voters", asking, person_id=str(expert), side="college")
    await approve(teacher)

    refused = await post("take-backs", asking | {"Accept-Language": "zh"}, person_id=str(expert))

    assert (refused.status_code, refused.json()["code"]) == (422, "E-CUR-HAND")
    assert refused.json()["detail"] == "此人已对当前内容投票，或已再次转交"


async def test_who_handed_a_vote_on_takes_it_back_until_the_delegate_has_used_it(
    post, person, approve, drafted
):
    (_, member), (deputy, teacher) = person(), person("teacher")
    await post("delegations", member, to=str(deputy))

    back = await post("take-backs", member, person_id=str(deputy))

    assert (back.status_code, acts(back.json())[-1]) == (201, "take-back")
    refused = await post("votes", teacher, choice="approve", content_hash=drafted["content_hash"])
    assert (refused.status_code, refused.json()["code"]) == (403, "E-CUR-SEAT")
    assert (await approve(member))["approvals"]["college"] == 1
    again = await post("take-backs", member, person_id=str(deputy))
    assert again.json()["code"] == "E-CUR-HAND"


async def test_standing_aside_and_copying_twice_leave_one_line_of_history(post, voters, token_for):
    first, reader = voters["college"][0], [str(uuid4())]
    asking = token_for("coordinator")
    assert (await post("conflicts", first, comment="a relative")).status_code == 201
    assert (await post("copies", asking, person_ids=reader)).status_code == 201

    twice = await post("conflicts", first, comment="a relative")
    copied = await post("copies", asking, person_ids=reader)

    assert [(one.status_code, one.json()["code"]) for one in (twice, copied)] == [(422, "E-CUR-HAND")] * 2
    more = await post("copies", asking, person_ids=[*reader, str(uuid4())])
    assert acts(more.json()).count("copy") == 2
    assert acts(more.json()).count("aside") == 1
