"""The joint decision, over HTTP."""

from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from services.curriculum import handlers
from services.curriculum.model import Revision, Signal
from shared.events.curriculum import GapAnswered, PlanInForce, PlanPublished, RevisionOpened
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due

V1 = "/curriculum/v1/revisions"


@pytest.fixture
async def drafted(planned, hear, draft, client, token_for):
    """A drafted revision, as a coordinator reads it."""
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return (await client.get(f"{V1}/{opened.revision_id}", headers=token_for("coordinator"))).json()


@pytest.fixture
def vote(client):
    async def cast(revision, headers, choice="approve", **more):
        body = {"choice": choice, "content_hash": revision["content_hash"], **more}
        return await client.post(f"{V1}/{revision['revision_id']}/votes", json=body, headers=headers)

    return cast


@pytest.fixture
def approve(vote, voters):
    async def all_four(revision):
        for headers in [*voters["college"], *voters["enterprise"]]:
            answer = await vote(revision, headers)
            assert answer.status_code == 201, answer.text
        return answer.json()

    return all_four


async def test_what_a_panel_reads_has_evidence_diff_impact_and_what_is_possible(drafted, planned):
    assert drafted["state"] == "drafted"
    assert drafted["evidence"][0]["estimate"] == 3.8
    assert drafted["draft"]["sums"]["turns"]["theory"] == {"before": 220, "after": 220}
    assert (
        drafted["draft"]["coverage"]["endpoint"]["after"]
        >= drafted["draft"]["coverage"]["endpoint"]["before"] * 1.07
    )
    assert drafted["impact"]["cohorts"][0]["from_week"] == 17
    assert drafted["needs"] == {"college": 2, "enterprise": 2}
    assert set(drafted["may"]) == {"vote", "return", "reject", "edit", "withdraw", "seat", "nudge"}
    assert [step["act"] for step in drafted["history"]] == ["open", "draft"]


async def test_votes_of_both_sides_publish_the_next_version_and_move_the_cohort(
    drafted, approve, client, token_for, sessions, said, planned
):
    result = await approve(drafted)

    assert (result["state"], result["new_version"]) == ("published", 2)
    events = await said(sessions)
    [published] = [event for event in events if isinstance(event, PlanPublished) and event.plan_version == 2]
    assert published.coverage["endpoint"] >= 240 * 1.07
    assert published.revision_id is not None
    moved = (
        events[-2]
        if isinstance(events[-2], PlanInForce)
        else [e for e in events if isinstance(e, PlanInForce)][-1]
    )
    assert (moved.plan_version, moved.from_week, moved.effective_from) == (2, 17, date(2021, 12, 27))
    [answered] = [event for event in events if isinstance(event, GapAnswered)]
    assert (answered.outcome, answered.plan_version) == ("answered", 2)
    url = f"/curriculum/v1/plans/{planned.plan_id}/diff?from=1&to=2"
    diff = (await client.get(url, headers=token_for("coordinator"))).json()
    grown = [one for one in diff["changes"] if one["module"] == "steelmaking"]
    assert grown[0]["delta"]["total"] > 0
    assert grown[0]["weeks_after"][1] > grown[0]["weeks_before"][1]


async def test_a_vote_for_the_other_side_is_refused(drafted, vote, voters, planned, token_for):
    answer = await vote(drafted, voters["college"][0], side="enterprise")

    assert (answer.status_code, answer.json()["code"]) == (403, "E-CUR-SIDE")


async def test_a_side_that_one_vote_short_decides_nothing(drafted, vote, voters):
    for headers in [*voters["college"], voters["enterprise"][0]]:
        answer = await vote(drafted, headers)

    assert answer.json()["state"] == "voting"
    assert answer.json()["approvals"] == {"college": 2, "enterprise": 1}


async def test_a_person_votes_once(drafted, vote, voters):
    await vote(drafted, voters["college"][0])

    answer = await vote(drafted, voters["college"][0])

    assert (answer.status_code, answer.json()["code"]) == (409, "E-CUR-VOTED")


async def test_an_enterprise_that_is_not_of_the_programme_does_not_vote(drafted, vote, token_for):
    answer = await vote(drafted, token_for("panel-enterprise", enterprise_id=uuid4()))

    assert (answer.status_code, answer.json()["code"]) == (403, "E-CUR-PARTY")


async def test_a_coordinator_does_not_vote(drafted, vote, token_for):
    assert (await vote(drafted, token_for("coordinator"))).status_code == 403


@pytest.mark.parametrize("choice", ["return", "reject"])
async def test_returning_and_rejecting_need_a_comment(drafted, vote, voters, choice):
    answer = await vote(drafted, voters["college"][0], choice)

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-COMMENT")


async def test_an_edit_voids_the_votes_and_binds_new_ones_to_the_new_content(
    drafted, vote, voters, client, token_for
):
    await vote(drafted, voters["college"][0])
    hours = {
        "steelmaking": {"theory": 84, "workshop": 40},
        "casting": {"theory": 80, "workshop": 40},
        "culture": {"theory": 56, "workshop": 40},
    }

    edited = await client.patch(
        f"{V1}/{drafted['revision_id']}/draft",
        json={"hours": hours, "seen": drafted["content_hash"]}, headers=token_for("coordinator"),
    )  # fmt: skip

    assert edited.status_code == 200, edited.text
    assert edited.json()["state"] == "drafted"
    assert edited.json()["votes"][0]["counts"] is False
    assert edited.json()["draft"]["missing"]["endpoint"] > 0
    stale = await vote(drafted, voters["college"][1])
    assert (stale.status_code, stale.json()["code"]) == (409, "E-CUR-STALE")
    assert (await vote(edited.json(), voters["college"][0])).status_code == 201


@pytest.mark.parametrize(
    ("hours", "en", "zh"),
    [
        ({"safety": {"theory": 44}}, "locked", "已锁定"),
        ({"nothing": {"theory": 44}}, "no module", "没有模块"),
        ({"steelmaking": {"theory": 400}}, "phase 'turns' has 480 hours", "共 480 学时"),
    ],
)
async def test_an_edit_keeps_the_rules_of_the_plan(drafted, client, token_for, hours, en, zh):
    for language, complaint in {"en": en, "zh": zh}.items():
        answer = await client.patch(
            f"{V1}/{drafted['revision_id']}/draft",
            json={"hours": hours, "seen": drafted["content_hash"]},
            headers=token_for("coordinator") | {"Accept-Language": language},
        )

        assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-DRAFT")
        assert complaint in answer.json()["detail"]


async def test_three_gaps_on_one_plan_are_all_answered(
    planned, drafted, vote, voters, approve, hear, draft, client, token_for, sessions, said
):
    await hear(
        handlers.open_revision_for_gap, planned.gap("casting", estimate=3.9)
    )  # joins: nobody has voted
    await draft()
    joined = (await client.get(f"{V1}/{drafted['revision_id']}", headers=token_for("coordinator"))).json()
    assert joined["competencies"] == ["casting", "endpoint"]
    assert (joined["state"], joined["revision_class"]) == ("drafted", "adjustment")
    await vote(joined, voters["college"][0])
    assert await hear(handlers.open_revision_for_gap, planned.gap("drawing")) == []  # waits: a vote is cast
    for headers in [voters["college"][1], *voters["enterprise"]]:
        assert (await vote(joined, headers)).status_code == 201

    events = await said(sessions)
    second = [event for event in events if isinstance(event, RevisionOpened)][-1]
    assert [cause.competencies for cause in second.causes] == [["drawing"]]
    assert second.plan_version == 2
    async with sessions.begin() as session:
        waiting = await session.get(Revision, second.revision_id)
        waiting_hash = waiting.content_hash
    assert waiting_hash is None
    await client.post(
        f"{V1}/{second.revision_id}/withdraw", json={"comment": "next year"}, headers=token_for("coordinator")
    )
    ends = {
        event.competency: event.outcome for event in await said(sessions) if isinstance(event, GapAnswered)
    }
    assert ends == {"endpoint": "answered", "casting": "answered", "drawing": "dismissed"}
    async with sessions() as session:
        assert all(signal.outcome for signal in await session.scalars(select(Signal)))


async def test_a_rejection_dismisses_the_gap(drafted, vote, voters, sessions, said):
    answer = await vote(drafted, voters["enterprise"][0], "reject", comment="the plant closes")

    assert answer.json()["state"] == "rejected"
    assert [type(event).__name__ for event in await said(sessions)][-3:] == [
        "VoteCast", "RevisionRejected", "GapAnswered",
    ]  # fmt: skip


@pytest.fixture
def until(sessions):
    async def move(day):
        async with sessions.begin() as session:
            await advance_clock(ClockAdvanced(today=day), session)
        return await fire_due(handlers.on, sessions)

    return move


async def test_panels_are_reminded_twice_and_then_it_is_escalated(
    drafted, until, vote, voters, sessions, said
):
    for headers in voters["college"]:
        await vote(drafted, headers)

    for day in (13, 17, 20):
        await until(date(2021, 12, day))

    names = [(type(event).__name__, getattr(event, "percent", None)) for event in (await said(sessions))[-3:]]
    assert names == [("RevisionReminded", 50), ("RevisionReminded", 80), ("RevisionEscalated", None)]
    assert (await said(sessions))[-1].sides == ["enterprise"]


async def test_an_escalated_revision_can_still_be_approved(drafted, until, approve):
    await until(date(2021, 12, 20))

    assert (await approve(drafted))["state"] == "published"


async def test_a_plan_revision_waits_for_the_yearly_window(
    drafted, client, token_for, approve, until, sessions, said
):
    hours = {"steelmaking": {"theory": 120, "workshop": 60}}
    edited = await client.patch(
        f"{V1}/{drafted['revision_id']}/draft",
        json={"hours": hours, "seen": drafted["content_hash"]}, headers=token_for("coordinator"),
    )  # fmt: skip
    assert edited.json()["draft"]["revision_class"] == "plan_revision"

    result = await approve(edited.json())

    assert (result["state"], result["queued_until"]) == ("queued", "2022-06-01")
    await until(date(2022, 6, 1))
    assert [event.plan_version for event in await said(sessions) if isinstance(event, PlanPublished)] == [
        1,
        2,
    ]


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "方案在批准后已更新"), ("en", "the plan has moved on after")]
)
async def test_an_agreed_revision_that_the_plan_has_outrun_ends_and_says_why(
    drafted, planned, hear, draft, client, token_for, approve, until, language, words
):
    url, asking = f"{V1}/{drafted['revision_id']}", token_for("coordinator")
    hours = {"steelmaking": {"theory": 120, "workshop": 60}}
    body = {"hours": hours, "seen": drafted["content_hash"]}
    await approve((await client.patch(f"{url}/draft", json=body, headers=asking)).json())
    [other] = await hear(handlers.open_revision_for_gap, planned.gap("casting", estimate=2.9, required=3))
    await draft()
    second = (await client.get(f"{V1}/{other.revision_id}", headers=asking)).json()
    assert (await approve(second))["state"] == "published"

    await until(date(2022, 6, 1))

    ended = (await client.get(url, headers=asking)).json()
    assert (ended["state"], ended["history"][-1]["act"]) == ("withdrawn", "outrun")
    assert ended["impact"]["modules"] == sorted(one["module"] for one in ended["draft"]["changes"])
    page = await client.get(
        f"/curriculum/revisions/{drafted['revision_id']}?lang={language}",
        headers=asking | {"Accept": "text/html"},
    )
    assert words in page.text
    [again] = (await client.get(f"{V1}?state=opened", headers=asking)).json()
    assert again["plan_version"] == 2


async def test_a_returned_revision_waits_for_another_content(drafted, vote, voters, client, token_for):
    returned = await vote(drafted, voters["college"][0], "return", comment="too much at once")
    assert returned.json()["state"] == "returned"

    refused = await vote(drafted, voters["college"][1])
    assert (refused.status_code, refused.json()["code"]) == (409, "E-CUR-STATE")


async def test_a_person_may_propose_too(planned, client, token_for, draft):
    body = {
        "plan_id": str(planned.plan_id),
        "competencies": {"casting": 0.1},
        "reason": {"zh": "因", "en": "why"},
    }

    answer = await client.post(V1, json=body, headers=token_for("coordinator"))

    assert answer.json()["state"] == "opened"
    assert await draft() == 1
