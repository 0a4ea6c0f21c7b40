"""The page of a revision and of a plan, as a person uses them; a browser looks at them in tests/web."""

from datetime import date
from uuid import uuid4

import pytest

from services.curriculum import handlers
from shared.events.base import Requirement, Text
from shared.events.enterprise import TechnologyChanged
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due

PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
async def opened(planned, hear, draft):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return f"/curriculum/revisions/{opened.revision_id}"


async def test_a_voter_finds_everything_on_one_page_and_acts_from_it(
    opened, client, token_for, planned, voters
):
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE
    page = (await client.get(opened, headers=coordinator)).text
    for words in (
        "Other small changes that answer the same", "What one more hour would be worth", "Who can teach it",
        "Approval form (PDF)", "Nudge who has not voted", "Somebody has a conflict of interest", "stints",
    ):  # fmt: skip
        assert words in page, words
    assert "Hand my vote on" not in page, "a coordinator has none"
    assert "Hand my vote on" in (await client.get(opened, headers=voters["college"][0] | PAGE)).text

    nudged = await client.post(f"{opened}/nudges", headers=coordinator)
    assert nudged.status_code == 303
    again = await client.post(f"{opened}/nudges", headers=coordinator)
    assert again.status_code == 409
    assert "E-CUR-NUDGED" in again.text
    deputy = str(uuid4())
    handed = await client.post(
        f"{opened}/delegations", data={"to": deputy}, headers=voters["college"][0] | PAGE
    )
    assert handed.status_code == 303
    wrong = await client.post(
        f"{opened}/voters", data={"person_id": "x", "side": "college"}, headers=coordinator
    )
    assert wrong.status_code == 422
    assert "votes for a colleague" in (await client.get(opened, headers=coordinator)).text


@pytest.mark.parametrize(("language", "words"), [("en", "assumption doubtful"), ("zh", "假定存疑")])
async def test_voters_read_what_an_audit_doubts_of_the_gap(
    language, words, planned, hear, draft, client, token_for
):
    doubt = Text(zh="假定存疑", en="assumption doubtful")
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(doubts=[doubt]))
    await draft()

    headers = token_for("coordinator", college_id=planned.college_id) | {"Accept": "text/html"}
    page = await client.get(f"/curriculum/revisions/{opened.revision_id}?lang={language}", headers=headers)

    assert words in page.text


@pytest.mark.parametrize(
    ("value", "words"), [(36.4, "e-value 36 ("), (3e40, "e-value &gt; 1,000,000 ("), (None, None)]
)
async def test_voters_read_how_strong_the_evidence_is(value, words, planned, hear, draft, client, token_for):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(e_value=value))
    await draft()

    headers = token_for("coordinator", college_id=planned.college_id) | PAGE
    page = (await client.get(f"/curriculum/revisions/{opened.revision_id}", headers=headers)).text

    assert words in page if words else "e-value" not in page


async def test_another_small_change_is_taken_from_the_page(opened, client, token_for, planned):
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE
    url = opened.replace("/curriculum/", "/curriculum/v1/")
    before = (await client.get(url, headers=coordinator)).json()

    form = {"number": "0", "seen": before["content_hash"]}
    taken = await client.post(f"{opened}/alternative", data=form, headers=coordinator)

    assert taken.status_code == 303
    assert (await client.get(url, headers=coordinator)).json()["content_hash"] != before["content_hash"]


async def test_a_page_does_only_what_it_knows(opened, client, token_for):
    assert (
        await client.post(f"{opened}/nonsense", headers=token_for("coordinator") | PAGE)
    ).status_code == 404
    assert (await client.post(f"{opened}/reopen", headers=token_for("mentor") | PAGE)).status_code == 403


async def test_the_page_of_a_plan_shows_what_a_changed_plant_has_left_behind(
    planned, hear, client, token_for
):
    changed = TechnologyChanged(
        enterprise_id=planned.enterprise_id, change_id=uuid4(), title=Text(zh="新", en="new"),
        requirements=[Requirement(competency="casting", level=4)], effective_from=date(2022, 1, 1),
    )  # fmt: skip
    await hear(handlers.open_revision_for_changed_technology, changed)

    url = f"/curriculum/plans/{planned.plan_id}"
    page = (await client.get(url, headers=token_for("coordinator") | PAGE)).text

    assert "Left behind by a changed plant" in page
    assert 'class="ember">stale' in page


async def test_a_delegate_votes_on_the_page_and_the_giver_no_longer_finds_the_form(
    opened, client, token_for, planned, voters
):
    deputy, giver = uuid4(), voters["college"][0] | PAGE
    teacher = token_for("teacher", person_id=deputy, college_id=planned.college_id) | PAGE
    form = f'action="{opened}/votes"'
    assert form in (await client.get(opened, headers=giver)).text
    assert form not in (await client.get(opened, headers=teacher)).text
    await client.post(f"{opened}/delegations", data={"to": str(deputy)}, headers=giver)

    page = (await client.get(opened, headers=teacher)).text
    content = page.split('name="content_hash" value="')[1].split('"')[0]
    cast = await client.post(
        f"{opened}/votes", data={"choice": "approve", "content_hash": content}, headers=teacher
    )

    assert cast.status_code == 303, cast.text
    assert form in page
    assert form not in (await client.get(opened, headers=giver)).text
    voted = (await client.get(opened, headers=teacher)).text
    assert form not in voted
    assert "You have voted on content" in voted


async def test_who_added_a_voter_sees_whom_it_waits_for_and_takes_it_back_on_the_page(
    opened, client, token_for, planned, voters
):
    member, expert = voters["college"][0] | PAGE, uuid4()
    await client.post(f"{opened}/voters", data={"person_id": str(expert), "side": "college"}, headers=member)
    other = (await client.get(opened, headers=voters["college"][1] | PAGE)).text
    assert "Take it back" in (await client.get(opened, headers=member)).text
    assert "Take it back" not in other

    back = await client.post(f"{opened}/take-backs", data={"person_id": str(expert)}, headers=member)

    assert back.status_code == 303, back.text
    page = (await client.get(opened, headers=member)).text
    assert "Seat taken back</b>: …" + str(expert)[-6:] in page
    assert "added voter" not in page


async def test_three_approvals_of_the_panel_do_not_reach_what_an_added_voter_owes(
    opened, client, token_for, planned, voters
):
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE
    added = {"person_id": str(uuid4()), "side": "college"}
    assert (await client.post(f"{opened}/voters", data=added, headers=coordinator)).status_code == 303
    shown = (await client.get(opened.replace("/curriculum/", "/curriculum/v1/"), headers=coordinator)).json()
    third = token_for("panel-college", college_id=planned.college_id)
    for member in (*voters["college"], third):
        vote = {"choice": "approve", "content_hash": shown["content_hash"]}
        assert (await client.post(f"{opened}/votes", data=vote, headers=member)).status_code == 303

    page = (await client.get(opened, headers=coordinator)).text

    assert "3 / 3 an added voter is missing" in page
    assert "reached" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["现由院领导处理", "期限已过 50 %", "表决权已退回", "新的期限：", "加签"]),
        (
            "en",
            ["now with: manager", "50 % of the time has passed", "the vote is again with", "new deadline: "],
        ),
    ],
)
async def test_the_history_speaks_the_language_of_its_reader(
    language, words, opened, client, sessions, token_for, planned, voters
):
    deputy = uuid4()
    coordinator = token_for("coordinator", college_id=planned.college_id) | {"Accept": "text/html"}
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 12, 20)), session)
    await fire_due(handlers.on, sessions)
    for act, given, who in (
        ("voters", {"person_id": str(uuid4()), "side": "college"}, coordinator),
        ("delegations", {"to": str(deputy)}, voters["college"][0]),
        ("conflicts", {"person_id": str(deputy), "comment": "x"}, coordinator),
    ):
        done = await client.post(f"{opened}/{act}", data=given, headers=who)
        assert done.status_code == 303, done.text

    page = (await client.get(f"{opened}?lang={language}", headers=coordinator)).text

    for one in words:
        assert one in page, one
    assert ("manager" in page) == (language == "en")


async def test_a_refused_edit_says_why_at_the_top_and_keeps_what_was_typed(
    opened, client, token_for, planned
):
    coordinator = token_for("coordinator", college_id=planned.college_id) | {"Accept": "text/html"}
    shown = (await client.get(opened.replace("/curriculum/", "/curriculum/v1/"), headers=coordinator)).json()
    typed = {"casting|theory": "1999", "casting|workshop": "40", "seen": shown["content_hash"]}

    refused = await client.post(f"{opened}/draft?lang=zh", data=typed, headers=coordinator)

    assert refused.status_code == 422
    head, _, rest = refused.text.partition('class="cols')
    assert "阶段“交”共 480 学时，其模块需" in head
    assert 'name="casting|theory" value="1999"' in rest
    assert '<details class="bd" open><summary' in rest
    stale = await client.post(f"{opened}/draft", data=typed | {"seen": "older"}, headers=coordinator)
    assert stale.status_code == 409
    assert 'value="1999"' not in stale.text, "on another content it must be typed anew"
    assert f'name="seen" value="{shown["content_hash"]}"' in stale.text


async def test_a_deadline_in_the_past_is_refused_in_its_own_words(
    opened, client, sessions, token_for, planned
):
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 12, 20)), session)
    await fire_due(handlers.on, sessions)
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE

    past = {"deadline_on": "2021-12-01", "comment": "x"}
    answer = await client.post(f"{opened}/extension", data=past, headers=coordinator)

    assert answer.status_code == 422
    assert "The new deadline must lie ahead." in answer.text
