"""The page of a revision and of a plan, as a person uses them; a browser looks at them in tests/web."""

from datetime import date
from uuid import uuid4

import pytest

from services.curriculum import handlers
from shared.events.base import Requirement, Text
from shared.events.enterprise import TechnologyChanged

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
        "Approval form (PDF)", "Nudge who has not voted", "Hand my vote on", "stints",
    ):  # fmt: skip
        assert words in page, words

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
