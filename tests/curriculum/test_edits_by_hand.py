"""A draft changed by hand beyond its hours: texts, phases, modules that are new or taken out."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from services.curriculum import handlers
from services.curriculum.changing import changes_between, with_changes
from services.curriculum.comparing import change_of
from services.curriculum.drafting import Draft
from services.curriculum.editing import Changes, edited
from services.curriculum.planning import compose, phases_of
from services.curriculum.refusals import DraftBroken, RuleBroken
from services.curriculum.rule_packs import pack_of
from shared.events.curriculum import PlanPublished
from shared.events.enterprise import MentorNamed
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import PlanModule
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due
from tests.curriculum.conftest import MODULES, NAME, module, template

V1 = "/curriculum/v1/revisions"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}
DUTY = {"zh": "能看懂炉前仪表", "en": "reads the instruments at the furnace"}
LAB = module("lab", "foundation", 12, contribution={"endpoint": 1}, title={"zh": "化验", "en": "laboratory"})


def plan(**more) -> PlanPublished:
    ids = dict.fromkeys(("plan_id", "programme_id"), "019abcde-0000-7000-8000-000000000001")
    return compose(
        **ids, plan_version=1, title=NAME, phases=phases_of(template()), requirements=[], weeks_of_practice=0,
        modules=[PlanModule.model_validate(one) for one in MODULES], **more,
    )  # fmt: skip


def changed(given: dict, draft: Draft | None = None, **more) -> Draft:
    return edited(plan(), draft or Draft(), Changes.model_validate(given), {"endpoint": 1.1}, **more)


def test_what_a_draft_says_is_what_its_changes_make_of_the_plan():
    given = {
        "added": [LAB], "removed": ["culture"], "hours": {"casting": {"theory": 84, "workshop": 40}},
        "modules": {"steelmaking": {"outcomes": [DUTY], "prerequisites": ["safety", "lab"]}},
    }  # fmt: skip
    draft = changed(given)

    after = with_changes(plan().modules, draft.changes)

    assert [one.module for one in after] == ["safety", "drawing", "lab", "steelmaking", "casting"]
    assert changes_between(plan().modules, after) == draft.changes
    assert {one.module: (bool(one.becomes), one.removed) for one in draft.changes} == {
        "lab": (True, False), "steelmaking": (True, False), "casting": (False, False), "culture": (False, True),
    }  # fmt: skip
    assert draft.revision_class == "plan_revision"


def test_other_words_alone_are_an_adjustment():
    draft = changed({"modules": {"casting": {"outcomes": [DUTY], "title": {"zh": "连铸", "en": "casting"}}}})

    assert draft.revision_class == "adjustment"
    assert draft.changes[0].becomes.outcomes[0].en == DUTY["en"]
    assert draft.changes[0].before == draft.changes[0].after


def test_an_edit_stands_on_the_edits_before_it():
    first = changed({"added": [LAB]})
    second = changed({"hours": {"lab": {"theory": 16}}, "modules": {"lab": {"outcomes": [DUTY]}}}, first)
    third = changed({"removed": ["lab"]}, second)

    [lab] = second.changes
    assert (lab.becomes.hours.theory, lab.becomes.full_effect_until) == (16, None)
    assert lab.becomes.outcomes[0].zh == DUTY["zh"]
    assert third.changes == []


def test_a_module_that_moves_gets_the_weeks_of_its_new_phase():
    draft = changed({"modules": {"drawing": {"phase": "turns"}}})

    [drawing] = [one for one in draft.changes if one.module == "drawing"]
    assert (drawing.becomes.phase, drawing.becomes.first_week) == ("turns", None)
    assert draft.revision_class == "plan_revision"


def test_stations_and_limits_of_a_module_change_and_a_limit_can_be_taken_away():
    mill = UUID(int=7)
    first = changed({"modules": {"casting": {"least_hours": 100, "most_hours": 130}}})
    held = {"hours": {"casting": {"theory": 50, "workshop": 40}}}
    with pytest.raises(DraftBroken, match="takes 100 to 130 hours"):
        changed(held, first)

    free = {"modules": {"casting": {"least_hours": None, "practised_at": [mill]}}}
    second = changed(free | held, first, stations=[mill])

    [casting] = second.changes
    assert (casting.becomes.least_hours, casting.becomes.most_hours) == (None, 130)
    assert (casting.becomes.practised_at, casting.after.total()) == ([mill], 90)
    words = change_of(plan().modules[3], casting.becomes)["words"]
    assert words["most_hours"] == {"before": None, "after": 130}
    assert words["practised_at"] == {"added": [mill], "removed": []}
    third = changed({"modules": {"casting": {"title": {"zh": "铸", "en": "cast"}}}}, second)
    assert third.changes[0].becomes.most_hours == 130


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"modules": {"casting": {"least_hours": 130}}}, "takes at least 130 hours and has 120"),
        ({"modules": {"casting": {"least_hours": 50, "most_hours": 40}}}, "takes 50 to 40 hours"),
        ({"modules": {"casting": {"practised_at": [UUID(int=8)]}}}, "no station .*8, and no mentor is named there"),
        ({"added": [module("casting", "turns", 4)]}, "there is a module 'casting'"),
        ({"added": [LAB | {"contribution": {"welding": 1}}]}, "no competency welding"),
        ({"added": [LAB | {"hours": {"theory": 60}}]}, "phase 'foundation' has 100 hours"),
        ({"added": [LAB | {"hours": {}}]}, "needs hours"),
        ({"added": [LAB | {"phase": "third"}]}, "no phase 'third'"),
        ({"added": [LAB | {"prerequisites": ["casting"]}]}, "'lab' needs 'casting', which a later phase teaches"),
        ({"removed": ["safety"]}, "'safety' is locked"),
        ({"modules": {"safety": {"phase": "turns"}}}, "'safety' is locked: it stays in its phase"),
        ({"modules": {"safety": {"most_hours": 50}}}, "'safety' is locked"),
        ({"removed": ["nothing"]}, "no module 'nothing'"),
        ({"modules": {"nothing": {"outcomes": [DUTY]}}}, "no module 'nothing'"),
        ({"modules": {"casting": {"prerequisites": ["culture"]}, "culture": {"prerequisites": ["casting"]}}},
         "circle: casting -> culture -> casting"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused_with_the_reason(given, complaint):
    with pytest.raises(DraftBroken, match=complaint):
        changed(given)


def test_a_locked_module_may_be_said_in_better_words():
    draft = changed({"modules": {"safety": {"outcomes": [DUTY], "phase": "foundation"}}})

    assert draft.changes[0].becomes.outcomes[0].en == DUTY["en"]


@pytest.mark.parametrize(
    "given", [{"removed": ["culture"]}, {"modules": {"culture": {"phase": "foundation"}}}]
)
def test_a_module_that_a_pack_holds_is_not_taken_out_nor_moved(given):
    base = plan()
    held = [one.model_copy(update={"kinds": ["ideological"]}) if one.module == "culture" else one
            for one in base.modules]  # fmt: skip
    roomy = [phase.model_copy(update={"budget": 1000}) for phase in base.phases]

    with pytest.raises(RuleBroken, match="ideological"):
        edited(
            base.model_copy(update={"modules": held, "phases": roomy}),
            Draft(),
            Changes.model_validate(given),
            {},
            pack_of("cn-plan"),
        )


@pytest.fixture
async def drafted(planned, hear, draft, client, token_for):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return (await client.get(f"{V1}/{opened.revision_id}", headers=token_for("coordinator"))).json()


async def test_a_new_module_voids_the_votes_and_is_published_with_its_texts(
    drafted, client, token_for, voters, sessions, said
):
    url = f"{V1}/{drafted['revision_id']}"
    ballot = {"choice": "approve", "content_hash": drafted["content_hash"]}
    await client.post(f"{url}/votes", json=ballot, headers=voters["college"][0])
    body = {
        "added": [LAB | {"outcomes": [DUTY]}],
        "modules": {"steelmaking": {"prerequisites": ["safety", "lab"]}},
        "seen": drafted["content_hash"],
    }

    edit = await client.patch(f"{url}/draft", json=body, headers=token_for("coordinator"))

    assert edit.status_code == 200, edit.text
    assert edit.json()["votes"][0]["counts"] is False
    shown = {one["module"]: one for one in edit.json()["draft"]["changes"]}
    assert shown["lab"]["kind"] == "added"
    assert shown["lab"]["words"]["outcomes"]["added"] == [DUTY]
    assert shown["steelmaking"]["words"]["prerequisites"] == {"added": ["lab"], "removed": []}
    ballot["content_hash"] = edit.json()["content_hash"]
    for headers in [*voters["college"], *voters["enterprise"]]:
        answer = await client.post(f"{url}/votes", json=ballot, headers=headers)
    assert answer.json()["state"] == "queued"
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 6, 1)), session)
    await fire_due(handlers.on, sessions)
    second = [one for one in await said(sessions) if isinstance(one, PlanPublished)][-1]
    assert [one.module for one in second.modules][:4] == ["safety", "drawing", "lab", "steelmaking"]
    assert second.modules[2].outcomes[0].zh == DUTY["zh"]
    assert second.modules[2].last_week <= 4
    path = f"/curriculum/v1/plans/{second.plan_id}/diff?from=1&to=2"
    diff = (await client.get(path, headers=token_for("coordinator"))).json()
    assert diff["added"] == ["lab"]
    [steel] = [one for one in diff["changes"] if one["module"] == "steelmaking"]
    assert steel["words"]["prerequisites"]["added"] == ["lab"]


async def test_an_edit_that_says_nothing_is_refused(drafted, client, token_for):
    body = {"seen": drafted["content_hash"]}
    url = f"{V1}/{drafted['revision_id']}/draft"

    answer = await client.patch(url, json=body, headers=token_for("coordinator"))

    assert answer.status_code == 422
    assert "name what changes" in answer.text


async def test_a_module_is_added_reworded_and_taken_out_from_its_page(drafted, client, token_for, planned):
    page = f"/curriculum/revisions/{drafted['revision_id']}"
    url = f"{V1}/{drafted['revision_id']}"
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE

    async def send(named, **fields):
        seen = (await client.get(url, headers=coordinator)).json()["content_hash"]
        fields = {"seen": seen, **fields}
        return await client.post(
            f"{page}/modules", params={"module": named}, data=fields, headers=coordinator
        )

    form = {
        "module": "lab", "title_zh": "化验", "title_en": "laboratory", "phase": "foundation", "theory": "12",
        "weight|endpoint": "1", "outcomes_zh": "甲\n乙", "outcomes_en": "a", "prerequisites": ["safety"],
    }  # fmt: skip
    twin = await send("", **form)
    assert twin.status_code == 422
    assert "2 lines in Chinese and 1 in English" in twin.text
    assert 'value="laboratory"' in twin.text
    assert (await send("", **form | {"outcomes_en": "a\nb"})).status_code == 303
    again = await client.get(f"{page}/modules?module=lab", headers=coordinator)
    assert "a\nb</textarea>" in again.text
    words = {
        "title_zh": "连铸",
        "title_en": "casting",
        "phase": "turns",
        "outcomes_zh": "丙",
        "outcomes_en": "c",
    }
    assert (await send("casting", **words)).status_code == 303
    shown = (await client.get(page, headers=coordinator)).text
    assert "<ins>c</ins>" in shown
    assert "<ins>b</ins>" in shown
    assert (await send("lab", act="remove")).status_code == 303
    left = (await client.get(url, headers=coordinator)).json()["draft"]["changes"]
    assert "lab" not in {one["module"] for one in left}
    stale = await send("casting", **words | {"seen": "old"})
    assert (stale.status_code, "E-CUR-STALE" in stale.text) == (409, True)


async def test_stations_and_limits_are_changed_from_the_page_and_over_http(
    drafted, client, token_for, planned, hear
):
    page = f"/curriculum/revisions/{drafted['revision_id']}"
    url = f"{V1}/{drafted['revision_id']}"
    coordinator = token_for("coordinator", college_id=planned.college_id) | PAGE
    ids = {name: uuid4() for name in ("mentor_id", "workshop_id", "station_id")}
    named = MentorNamed(**ids, enterprise_id=planned.enterprise_id, ratio=3, effective_from=date(2021, 9, 1))
    asked = {
        "modules": {"casting": {"practised_at": [str(ids["station_id"])]}},
        "seen": drafted["content_hash"],
    }

    early = await client.patch(f"{url}/draft", json=asked, headers=coordinator)
    await hear(handlers.keep_mentor_at_station, named)
    edit = await client.patch(f"{url}/draft", json=asked, headers=coordinator)
    form = (await client.get(f"{page}/modules?module=culture", headers=coordinator)).text
    words = {
        "seen": edit.json()["content_hash"], "title_zh": "culture", "title_en": "culture", "phase": "turns",
        "practised_like": "casting", "least_hours": "60", "most_hours": "", "qualifications": "teaching，crane-licence",
    }  # fmt: skip
    saved = await client.post(f"{page}/modules?module=culture", data=words, headers=coordinator)

    assert (early.status_code, edit.status_code, saved.status_code) == (422, 200, 303), (
        edit.text,
        saved.text,
    )
    assert '<option value="casting">' in form
    changes = {
        one["module"]: one for one in (await client.get(url, headers=coordinator)).json()["draft"]["changes"]
    }
    assert changes["culture"]["words"] == {
        "least_hours": {"before": None, "after": 60},
        "practised_at": {"added": [str(ids["station_id"])], "removed": []},
        "qualifications": {"added": ["teaching", "crane-licence"], "removed": []},
    }
    again = (await client.get(f"{page}/modules?module=culture", headers=coordinator)).text
    assert 'name="qualifications" value="teaching crane-licence"' in again
    shown = (await client.get(page, headers=coordinator)).text
    assert "<ins>1 more</ins>" in shown
    assert "Least hours: <del>no limit</del> → <ins>60</ins>" in shown
