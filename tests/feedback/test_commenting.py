from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from services.feedback import encoding, handlers, quoting
from services.feedback.model import Comment, Rating
from shared.events.curriculum import GapAnswered
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import GapOutcome
from shared.messaging.clock import advance_clock
from tests.feedback import world

HTML = {"Accept": "text/html"}
SLAG = "tapping 时下渣太多"


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=date(2021, 9, 8)), session)
    return ids


@pytest.fixture
def panel(ids, token_for):
    return token_for("panel-enterprise", enterprise_id=ids.enterprise)


def rated(ids, comment=SLAG, number=0):
    return world.rate(ids)[number].model_copy(update={"comment": comment})


async def heard(sessions, *ratings):
    async with sessions.begin() as session:
        return await handlers.record_ratings(list(ratings), session)


async def comments(client, ids, headers, **more):
    answer = await client.get(
        "/feedback/v1/comments", params={"cohort_id": str(ids.cohort), **more}, headers=headers
    )
    return answer.json()


def about(one):
    return f"/feedback/v1/comments/{one.rating_id}/about"


async def test_a_comment_beside_a_rating_is_kept_once_and_ratings_without_one_keep_none(ids, sessions):
    first, second = rated(ids), rated(ids, None, number=1)

    await heard(sessions, first, second)
    await heard(sessions, first, first.model_copy(update={"comment": "other words"}))

    async with sessions() as session:
        [kept] = (await session.scalars(select(Comment))).all()
    assert (kept.rating_id, kept.words, kept.about) == (first.rating_id, SLAG, None)
    assert (kept.cohort_id, kept.enterprise_id) == (ids.cohort, ids.enterprise)


async def test_a_panel_reads_it_with_a_suggestion_and_learns_neither_who_wrote_it_nor_of_whom(
    client, ids, sessions, panel
):
    await heard(sessions, rated(ids))

    [told] = await comments(client, ids, panel)

    assert (told["words"], told["sure"], told["about"]) == (SLAG, True, None)
    assert told["suggestions"][0] | {"nearness": 0} == {
        "competency": "tapping", "nearness": 0, "fragment": SLAG,
    }  # fmt: skip
    assert not {"mentor_id", "trainee_id", "enterprise_id"} & told.keys()


async def test_the_page_and_the_answer_say_whether_meaning_was_looked_at(ids, client, sessions, panel):
    await heard(sessions, rated(ids))
    by, words = {
        True: ("characters-and-meaning", "Suggested by shared characters and by meaning"),
        False: ("characters", "Suggested by shared characters; the extra"),
    }[encoding.installed()]

    [told] = await comments(client, ids, panel)
    page = await client.get("/feedback/comments?lang=en", headers=panel | HTML)

    assert told["by"] == by
    assert words in page.text


async def test_a_person_confirms_another_corrects_and_nothing_follows_from_it(
    client, ids, sessions, token_for, panel, said
):
    one = rated(ids)
    await heard(sessions, one)
    before = await said(sessions)

    confirmed = await client.post(about(one), json={"about": ["tapping"]}, headers=panel)
    waiting = await comments(client, ids, panel, read=False)
    college = token_for("panel-college")
    corrected = await client.post(about(one), json={"about": ["safety", "tapping"]}, headers=college)
    unknown = await client.post(about(one), json={"about": ["welding"]}, headers=college)
    [told] = await comments(client, ids, panel, read=True)

    assert (confirmed.status_code, corrected.status_code) == (200, 200)
    assert waiting == []
    assert (unknown.status_code, unknown.json()["code"]) == (404, "E-FBK-COMPETENCY")
    assert (told["about"], told["read_on"]) == (["safety", "tapping"], "2021-09-08")
    assert await said(sessions) == before


async def test_what_is_about_one_competency_is_read_apart_an_enterprise_its_own(
    client, ids, sessions, token_for, panel
):
    first, second = rated(ids), rated(ids, "今天迟到了十分钟。", number=1)
    await heard(sessions, first, second)
    await client.post(about(first), json={"about": ["tapping"]}, headers=panel)
    path = f"/feedback/comments?cohort_id={ids.cohort}&about="

    mine = (await client.get(path + "tapping", headers=panel | HTML)).text
    none = (await client.get(path + "safety&lang=en", headers=panel | HTML)).text
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())

    assert (SLAG in mine, "今天迟到了十分钟。" in mine) == (True, False)
    assert SLAG not in none
    assert "No comment yet." in none
    assert [one["words"] for one in await comments(client, ids, panel, about="tapping")] == [SLAG]
    assert await comments(client, ids, stranger, about="tapping") == []


async def read_as(session, about, *ratings):
    for one in ratings:
        (await session.get_one(Comment, one.rating_id)).read(about, uuid4(), world.START)


async def test_a_gap_says_how_many_comments_people_had_read_as_about_it_and_quotes_them_without_a_name(
    session,
):
    ids = world.world()
    await world.set_up(session, ids)
    first, second, *rest = world.rate(ids, low={"tapping": 1.2})
    written = [one.model_copy(update={"comment": SLAG}) for one in (first, second)]
    await handlers.record_ratings(written, session)
    await read_as(session, ["handover", "tapping"], first)

    [gap] = await handlers.record_ratings(rest, session)

    assert (gap.competency, gap.comments) == ("tapping", 1)
    [quote] = gap.model_dump(mode="json")["quotes"]
    assert quote == {"enterprise_id": str(ids.enterprise), "words": SLAG}


async def test_no_gap_quotes_what_was_written_under_another_version_or_before_an_answered_gap(session):
    ids = world.world()
    await world.set_up(session, ids)
    ratings = world.rate(ids, low={"tapping": 1.2})
    old, dismissed, new = (
        one.model_copy(update={"comment": f"{SLAG} {n}"}) for n, one in enumerate(ratings[:3])
    )
    await handlers.record_ratings([old, dismissed], session)
    await read_as(session, ["tapping"], old, dismissed)
    (await session.get_one(Rating, old.rating_id)).plan_version = 7
    [gap] = await handlers.record_ratings(ratings[3:], session)
    assert [one.words for one in gap.quotes] == [dismissed.comment]
    ended = GapAnswered(gap_id=gap.gap_id, outcome=GapOutcome.DISMISSED, competency="tapping")
    await handlers.note_answer_to_gap(ended, session)
    await session.flush()

    again = world.rate(ids, seed=2, weeks=range(14, 22), low={"tapping": 1.2})
    new = again[0].model_copy(update={"comment": SLAG})
    await handlers.record_ratings([new], session)
    await read_as(session, ["tapping"], new)
    [gap] = [one for one in await handlers.record_ratings(again[1:], session) if one.competency == "tapping"]

    assert (gap.comments, [one.words for one in gap.quotes]) == (1, [SLAG])


async def test_what_a_gap_quotes_is_read_where_comments_are_kept_not_with_the_gap(
    client, ids, sessions, token_for
):
    one, *rest = world.rate(ids, low={"tapping": 1.5})
    await heard(sessions, one.model_copy(update={"comment": SLAG}))
    async with sessions.begin() as session:
        await read_as(session, ["tapping"], one)
    [gap] = [one for one in await heard(sessions, *rest) if one.competency == "tapping"]
    assert gap.quotes

    for role in ("teacher", "manager", "operator", "coordinator", "panel-college"):
        for path in (f"gaps?cohort_id={ids.cohort}", f"gaps/{gap.gap_id}"):
            answer = await client.get(f"/feedback/v1/{path}", headers=token_for(role))
            assert (answer.status_code, SLAG in answer.text) == (200, False), (role, path)


def test_of_each_enterprise_the_newest_three_are_quoted_in_one_line_and_long_ones_cut():
    ours, other = uuid4(), uuid4()
    written = [(ours, str(number)) for number in range(5)] + [(other, "a\n b"), (other, "长" * 1000)]

    found = quoting.quotes(written)

    assert [one.words for one in found if one.enterprise_id == ours] == ["0", "1", "2"]
    assert [one.words for one in found if one.enterprise_id == other] == ["a b", "长" * 299 + "…"]


async def test_what_was_confirmed_helps_to_read_what_comes_later_of_that_enterprise_alone(
    client, ids, sessions, token_for, panel
):
    first, later = rated(ids, "大包回转台没停稳"), rated(ids, "大包回转台转得太快", number=1)
    other = later.model_copy(update={"rating_id": uuid4(), "enterprise_id": uuid4(), "mentor_id": uuid4()})
    named = world.named(ids, ids.mentors[0]).model_copy(
        update={"mentor_id": other.mentor_id, "enterprise_id": other.enterprise_id}
    )
    async with sessions.begin() as session:
        await handlers.keep_mentor(named, session)
    await heard(sessions, first, later, other)

    await client.post(about(first), json={"about": ["casting"]}, headers=panel)
    told = {one["rating_id"]: one for one in await comments(client, ids, token_for("coordinator"))}

    assert told[str(later.rating_id)]["suggestions"][0]["competency"] == "casting"
    assert told[str(other.rating_id)]["suggestions"] == []


async def test_no_other_enterprise_and_no_other_role_reads_or_labels_a_comment(
    client, ids, sessions, token_for
):
    one = rated(ids)
    await heard(sessions, one)
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())
    path = f"/feedback/v1/comments?cohort_id={ids.cohort}"

    assert await comments(client, ids, stranger) == []
    refused = await client.post(about(one), json={"about": []}, headers=stranger)
    assert (refused.status_code, refused.json()["code"]) == (404, "E-FBK-COMMENT-UNKNOWN")
    for role in ("mentor", "trainee", "manager", "teacher", "integrator", "operator", "admin"):
        headers = token_for(role, enterprise_id=ids.enterprise)
        assert (await client.get(path, headers=headers)).status_code == 403, role
        assert (await client.post(about(one), json={"about": []}, headers=headers)).status_code == 403, role
    missing = await client.get(f"/feedback/v1/comments?cohort_id={uuid4()}", headers=token_for("coordinator"))
    assert missing.status_code == 404


async def test_the_page_shows_suggestions_and_takes_what_is_ticked_chosen_or_none(
    client, ids, sessions, token_for
):
    first, second = rated(ids, "<b>tapping</b>, 下渣太多"), rated(ids, "今天迟到了十分钟。", number=1)
    await heard(sessions, first, second)
    coordinator = token_for("coordinator") | HTML
    path = f"/feedback/comments/{ids.cohort}"

    shown = await client.get("/feedback/comments?lang=en", headers=coordinator)
    nothing = await client.post(f"{path}/{first.rating_id}?lang=en", data={"about": ""}, headers=coordinator)
    both = {"about": ["tapping", "safety"]}
    taken = await client.post(f"{path}/{first.rating_id}", data=both, headers=coordinator)
    none = await client.post(f"{path}/{second.rating_id}", data={"none": "1", "about": "safety"}, headers=coordinator)  # fmt: skip
    odd = await client.post(f"{path}/{second.rating_id}", data={"about": "n o"}, headers=coordinator)

    assert "&lt;b&gt;tapping&lt;/b&gt;" in shown.text
    assert "please choose" in shown.text
    assert (nothing.status_code, "Choose what the comment is about" in nothing.text) == (422, True)
    assert (taken.status_code, none.status_code, odd.status_code) == (303, 303, 422)
    told = {one["rating_id"]: one["about"] for one in await comments(client, ids, coordinator)}
    assert told == {str(first.rating_id): ["safety", "tapping"], str(second.rating_id): []}


async def test_a_mentor_writes_a_comment_on_the_phone_and_one_without_an_answer_is_asked_back(
    client, ids, token_for
):
    mentor = token_for("mentor", person_id=ids.mentors[1], enterprise_id=ids.enterprise) | HTML
    tasks = (await client.get(f"/feedback/v1/mentors/{ids.mentors[1]}/tasks", headers=mentor)).json()["tasks"]
    path, rating_id = f"/feedback/rate/{tasks[0]['trainee_id']}?lang=en", str(uuid4())
    alone = {"id|safety": rating_id, "comment|safety": "忘记戴面罩"}

    asked = await client.post(path, data=alone, headers=mentor)
    sent = await client.post(path, data=alone | {"level|safety": "2"}, headers=mentor)
    body = {"rating_id": rating_id, "trainee_id": tasks[0]["trainee_id"], "competency": "safety", "level": 2}
    again = await client.post("/feedback/v1/ratings", json=body | {"comment": "忘记戴面罩"}, headers=mentor)
    changed = await client.post("/feedback/v1/ratings", json=body | {"comment": "x"}, headers=mentor)
    silent = await client.post("/feedback/v1/ratings", json=body, headers=mentor)

    assert (asked.status_code, "A comment stands beside a rating" in asked.text) == (422, True)
    assert (sent.status_code, again.status_code) == (303, 200)
    assert (changed.status_code, silent.status_code) == (409, 409)
    assert [one["words"] for one in await comments(client, ids, token_for("coordinator"))] == ["忘记戴面罩"]


@pytest.mark.parametrize("words", ["", "  ", "x" * 1001, "a\x00b"])
async def test_words_that_cannot_be_kept_are_refused_with_their_field(client, ids, token_for, words):
    mentor = token_for("mentor", person_id=ids.mentors[1], enterprise_id=ids.enterprise)
    body = {"trainee_id": str(ids.trainees[0]), "competency": "safety", "level": 2, "comment": words}

    answer = await client.post("/feedback/v1/ratings", json=body, headers=mentor)

    assert answer.status_code == 422
    assert "comment" in answer.text
