"""What a coordinator opens beside plans and revisions: a cohort's end, versions beside each other, semesters, the ordinance."""

from datetime import date
from uuid import uuid4

import pytest

from services.curriculum import handlers, publishing, queries
from shared.events.enterprise import TechnologyChanged
from shared.events.plan_parts import Hours
from tests.curriculum.test_graduating import class_of, coordinator

V1 = "/curriculum/v1"
EN = {"Accept": "text/html", "Accept-Language": "en"}
__all__ = ["class_of", "coordinator"]


@pytest.fixture
async def second(planned, sessions):
    """Version 2 moves ten hours from casting to steelmaking."""
    async with sessions.begin() as session:
        first = await queries.version_of(session, planned.plan_id)
        hours = {
            "steelmaking": Hours(theory=90, workshop=40),
            "casting": Hours(theory=70, workshop=40),
        }
        modules = [
            one.model_copy(update={"hours": hours.get(one.module, one.hours)}) for one in first.modules
        ]
        version = first.model_copy(update={"plan_version": 2, "modules": modules, "content_hash": "2"})
        await publishing.keep_version(session, version, date(2022, 1, 10))
        publishing.put_in_force(session, planned.cohort_id, planned.plan_id, 2, (8, date(2022, 1, 24)))


async def test_a_cohort_s_page_tells_versions_attainment_and_credentials(
    class_of, second, planned, client, coordinator
):
    one, other = uuid4(), uuid4()
    api = await class_of([one, other])
    at = f"/curriculum/cohorts/{planned.cohort_id}"
    results = [
        {"trainee_id": str(one), "marks": {"steelmaking": 80}},
        {"trainee_id": str(other), "marks": {"steelmaking": 40}},
    ]
    await client.post(f"{api}/marks", json={"results": results}, headers=coordinator)

    page = (await client.get(at, headers=coordinator | EN)).text

    assert "week 8 (2022-01-24" in page or "24 January 2022" in page or "24 Jan 2022" in page
    assert ">0.60<" in page
    assert "50 % (2)" in page or "50% (2)" in page
    for kind in ("xlsx", "pdf"):
        assert f'href="{api}/attainment.{kind}"' in page
    assert (await client.post(f"{at}/credentials", headers=coordinator | EN)).status_code == 303
    awards = (await client.get(f"{api}/credentials", headers=coordinator)).json()
    credential = awards[0]["credential_id"]
    short = await client.post(
        f"{at}/credentials/{credential}/revoke", data={"reason": "x"}, headers=coordinator | EN
    )
    assert (short.status_code, "reason" in short.text) == (422, True)
    gone = {"reason": "awarded by mistake"}
    done = await client.post(f"{at}/credentials/{credential}/revoke", data=gone, headers=coordinator | EN)
    assert done.status_code == 303
    shown = (await client.get(at, headers=coordinator | EN)).text
    assert "awarded by mistake" in shown
    assert shown.count('value="' + credential) + shown.count(f"{credential}/signed") == 1


async def test_a_cohort_without_its_last_week_is_refused_a_ceremony_and_strangers_see_nothing(
    class_of, planned, client, coordinator, token_for
):
    await class_of([uuid4()], day=date(2022, 1, 1))
    at = f"/curriculum/cohorts/{planned.cohort_id}"

    early = await client.post(f"{at}/credentials", headers=coordinator | EN)

    assert (early.status_code, "2022-06-17" in early.text) == (409, True)
    stranger = token_for("panel-enterprise", enterprise_id=uuid4()) | EN
    assert (await client.get(at, headers=stranger)).status_code == 404
    enterprise = token_for("panel-enterprise", enterprise_id=planned.enterprise_id) | EN
    assert "Award to everybody" not in (await client.get(at, headers=enterprise)).text
    assert (await client.post(f"{at}/credentials", headers=enterprise)).status_code == 403


async def test_two_versions_stand_beside_each_other(second, planned, client, token_for):
    at = f"/curriculum/plans/{planned.plan_id}"
    reader = token_for("teacher") | EN

    page = (await client.get(f"{at}/diff?from=1&to=2", headers=reader)).text

    assert "steelmaking" in page
    assert page.count('class="was"') >= 2
    assert "culture" not in page, "what is alike is left out"
    assert "No module differs." in (await client.get(f"{at}/diff?from=2&to=2", headers=reader)).text
    assert (await client.get(f"{at}/diff?from=1&to=9", headers=reader)).status_code == 404
    assert f"{at}/diff?from=1&amp;to=2" in (await client.get(at, headers=reader)).text


async def test_semesters_are_shown_as_they_lie_and_at_best(planned, client, token_for):
    at = f"/curriculum/plans/{planned.plan_id}/semesters?weeks=14"
    told = (
        await client.get(f"{V1}/plans/{planned.plan_id}/semesters?weeks=14", headers=token_for("teacher"))
    ).json()

    page = (await client.get(at, headers=token_for("teacher") | EN)).text

    assert f"{told['balanced']['greatest']} at best" in page
    assert page.count('data-name="Hours now"') == len(told["loads"])


async def test_the_ordinance_is_shown_with_its_sums_its_examination_and_how_sure_its_coverage_is(
    client, token_for
):
    page = (await client.get("/curriculum/ordinance", headers=token_for("teacher") | EN)).text

    assert "32 blocks and 214 skills" in page
    assert "18: 78 weeks; months 19 to 42 in this branch: 104 weeks" in page
    assert "Metal-Refining Furnace Operators" in page
    assert "Which block builds which element is our judgement" in page
    other = await client.get("/curriculum/ordinance?branch=steel-forming", headers=token_for("teacher") | EN)
    assert "Steel forming processes" in other.text
    strange = await client.get("/curriculum/ordinance?branch=x", headers=token_for("teacher") | EN)
    assert strange.status_code == 422


async def test_a_changed_technology_is_stale_at_once_and_leads_to_its_revision(
    planned, hear, client, token_for
):
    changed = TechnologyChanged(
        enterprise_id=planned.enterprise_id, change_id=uuid4(), title={"zh": "新枪", "en": "new lance"},
        requirements=[{"competency": "endpoint", "level": 5}], effective_from=date(2022, 1, 3),
    )  # fmt: skip
    [opened] = await hear(handlers.open_revision_for_changed_technology, changed)
    at = f"/curriculum/plans/{planned.plan_id}"

    for person in (
        token_for("coordinator"),
        token_for("panel-enterprise", enterprise_id=planned.enterprise_id),
    ):
        [stale] = (await client.get(f"{V1}/plans/{planned.plan_id}/stale", headers=person)).json()
        assert (stale["competency"], stale["modules"]) == ("endpoint", ["steelmaking"])
        assert stale["revisions"] == [str(opened.revision_id)]
        page = (await client.get(at, headers=person | EN)).text
        assert f'href="/curriculum/revisions/{opened.revision_id}"' in page
        assert "Left behind by a changed plant" in page
