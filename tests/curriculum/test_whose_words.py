"""Voters read what mentors wrote about a shortfall; of several enterprises each reads its own, and nobody else any."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from services.curriculum import handlers, quoting, reporting
from shared.events.feedback import Attribution, Quote

V1 = "/curriculum/v1/revisions"
OURS, THEIRS = "取样后没有核对尺寸就放行了", "下渣 <b>too late</b>"
WORKSHOP = uuid4()
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@dataclass
class Two:
    """A revision of a programme of two enterprises, each of which has written one comment."""

    url: str
    ours: UUID
    theirs: UUID


@pytest.fixture
async def two(told, planned, hear, draft):
    other = uuid4()
    opened = planned.programme().model_copy(update={"enterprise_ids": [planned.enterprise_id, other]})
    await hear(handlers.keep_programme, opened)
    written = [
        Quote(enterprise_id=planned.enterprise_id, words=OURS), Quote(enterprise_id=other, words=THEIRS),
    ]  # fmt: skip
    place = Attribution(
        source="workshop", verdict="likely", reason="lower-than-elsewhere", which=str(WORKSHOP), difference=-0.83,
        low=-1.2, high=-0.4, enterprise_id=other,
    )  # fmt: skip
    gap = planned.gap(comments=2, quotes=written, sources=[place])
    [revision] = await hear(handlers.open_revision_for_gap, gap)
    await draft()
    return Two(f"{V1}/{revision.revision_id}", planned.enterprise_id, other)


@pytest.fixture
def words(client, two):
    """Whose words a person reads, in the answer and on the page alike."""

    async def read(headers):
        told = (await client.get(two.url, headers=headers)).json()
        page = await client.get(two.url.replace("/v1", ""), headers=headers | PAGE)
        assert "comments about it: 2" in page.text
        seen = [one["words"] for one in told["evidence"][0]["quotes"]]
        assert [one in page.text for one in (OURS, "too late")] == [OURS in seen, THEIRS in seen]
        assert "<b>too late" not in page.text
        return seen

    return read


async def test_the_college_reads_both_and_an_enterprise_its_own(words, two, token_for, planned):
    college = {"college_id": planned.college_id}

    assert await words(token_for("panel-college", **college)) == [OURS, THEIRS]
    assert await words(token_for("coordinator", **college)) == [OURS, THEIRS]
    assert await words(token_for("panel-enterprise", enterprise_id=two.ours)) == [OURS]
    assert await words(token_for("panel-enterprise", enterprise_id=two.theirs)) == [THEIRS]
    for role in ("teacher", "trainee", "manager", "operator", "admin"):
        assert await words(token_for(role, **college)) == [], role
    for role in ("mentor", "integrator", "manager"):
        assert await words(token_for(role, enterprise_id=two.ours)) == [], role


async def test_the_workshop_of_another_enterprise_is_neither_named_nor_told_in_figures(
    two, client, token_for, planned
):
    async def reads(headers):
        told = (await client.get(two.url, headers=headers)).json()
        page = (await client.get(two.url.replace("/v1", ""), headers=headers | PAGE)).text
        [place] = told["evidence"][0]["sources"]
        assert ("−0.83" in page) is (place["difference"] is not None)
        assert ("one that is not yours is neither named" in page) is (place["which"] is None)
        return place["which"], place["difference"], place["verdict"], str(two.theirs) in str(place)

    college = {"college_id": planned.college_id}
    whole, hidden = (str(WORKSHOP), -0.83, "likely", True), (None, None, "likely", False)

    assert await reads(token_for("coordinator", **college)) == whole
    assert await reads(token_for("teacher", **college)) == whole
    assert await reads(token_for("panel-enterprise", enterprise_id=two.theirs)) == whole
    for role in ("panel-enterprise", "mentor", "integrator"):
        assert await reads(token_for(role, enterprise_id=two.ours)) == hidden, role


async def test_the_answer_to_an_act_shows_no_more_than_the_page(two, client, token_for):
    ours = token_for("panel-enterprise", enterprise_id=two.ours)

    acted = [
        await client.post(f"{two.url}/copies", json={"person_ids": [str(uuid4())]}, headers=ours),
        await client.post(f"{two.url}/delegations", json={"to": str(uuid4())}, headers=ours),
    ]

    for answer in acted:
        assert answer.status_code == 201, answer.text
        assert OURS in answer.text
        assert [one for one in ("too late", str(WORKSHOP), "-0.83") if one in answer.text] == []


async def test_whoever_was_given_a_vote_reads_them_and_who_was_given_a_copy_does_not(
    words, two, client, token_for, planned
):
    deputy, reader = uuid4(), uuid4()
    giver = token_for("panel-college", college_id=planned.college_id)
    handed = await client.post(f"{two.url}/delegations", json={"to": str(deputy)}, headers=giver)
    copied = await client.post(f"{two.url}/copies", json={"person_ids": [str(reader)]}, headers=giver)
    assert (handed.status_code, copied.status_code) == (201, 201), (handed.text, copied.text)

    assert await words(token_for("teacher", person_id=deputy, college_id=planned.college_id)) == [
        OURS,
        THEIRS,
    ]
    assert await words(token_for("teacher", person_id=reader, college_id=planned.college_id)) == []


async def test_what_is_taken_up_again_hides_the_same_words(two, client, token_for, planned, draft):
    theirs = token_for("panel-enterprise", enterprise_id=two.theirs)
    shown = (await client.get(two.url, headers=theirs)).json()
    no = {"choice": "reject", "content_hash": shown["content_hash"], "comment": "not now"}
    assert (await client.post(f"{two.url}/votes", json=no, headers=theirs)).status_code == 201
    again = await client.post(f"{two.url}/reopen", json={"comment": "now"}, headers=token_for("coordinator"))
    await draft()

    answer = await client.get(f"{V1}/{again.json()['revision_id']}", headers=theirs)

    assert answer.status_code == 200
    assert [one["words"] for one in answer.json()["evidence"][0]["evidence"][0]["quotes"]] == [THEIRS]
    assert OURS not in answer.text
    page = await client.get(f"/curriculum/revisions/{again.json()['revision_id']}", headers=theirs | PAGE)
    assert "“now”" in page.text


async def test_both_sides_vote_on_the_same_content_whatever_words_they_are_shown(
    two, client, token_for, planned
):
    hashes = {
        (await client.get(two.url, headers=one)).json()["content_hash"]
        for one in (
            token_for("panel-college", college_id=planned.college_id),
            token_for("panel-enterprise", enterprise_id=two.ours),
            token_for("panel-enterprise", enterprise_id=two.theirs),
        )
    }

    assert len(hashes) == 1


async def test_the_approval_form_quotes_a_single_enterprise_and_of_several_nobody(
    two, planned, hear, client, token_for, monkeypatch
):
    printed = []

    async def paper(body):
        printed.append(body)
        return b""

    monkeypatch.setattr(reporting, "run_spawned", lambda _, body: paper(body))
    headers = token_for("panel-college", college_id=planned.college_id) | {"Accept-Language": "zh"}
    await client.get(f"{two.url}/form.pdf", headers=headers)
    await hear(handlers.keep_programme, planned.programme())
    await client.get(f"{two.url}/form.pdf", headers=headers)
    await client.get(f"{two.url}/form.pdf", headers=token_for("teacher", college_id=planned.college_id))

    assert ["相关评语：2 条" in one for one in printed[:2]] == [True, True]
    assert [OURS in one for one in printed] == [False, True, False]
    assert not any("too late" in one for one in printed)


def test_evidence_of_an_earlier_release_has_no_words_and_stays_as_it_is(steel):
    kept = [{"kind": "gap", "comments": 2, "asks": {"endpoint": 1.1}}]

    assert quoting.for_paper(kept, [str(steel.enterprise_id)]) == kept
