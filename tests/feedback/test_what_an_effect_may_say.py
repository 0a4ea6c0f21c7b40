"""An effect says nothing of so few trainees that it would be of single ones, and names no cause where nothing was compared."""

from importlib import import_module
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, text, update
from sqlmodel import col, select

from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Effect, Gap, Rating
from services.feedback.rules import Seen
from services.feedback.rules_of_effect import Staggered, measure
from shared.events.feedback import EffectMeasured, GapClosed, GapConfirmed
from tests.feedback import world
from tests.feedback.test_handlers import LOOKS_AT_LATER, answered_by_version_two

FIGURES = ("difference", "low", "high", "ratings_before", "ratings_after", "mentors", "trainees")
PAGE = {"Accept": "text/html"}


async def measured(sessions, few=60, side="later", **after):
    """Casting got better, if nothing else is said; on one side only `few` trainees were ever rated on it."""
    ids = world.world()
    cohort, people = (ids.later, ids.late_trainees) if side == "later" else (ids.cohort, ids.trainees)
    async with sessions.begin() as session:
        await answered_by_version_two(session, ids, **{"low": {"casting": 0.2}, "at": 4.4, **after})
        casting = (Rating.cohort_id == cohort, Rating.competency == "casting")
        await session.execute(delete(Rating).where(*casting, col(Rating.trainee_id).not_in(people[:few])))
        said = [
            one for day in LOOKS_AT_LATER for one in await look_at_ratings_of_month(ids.later, day, session)
        ]
    return ids, said


def of(said, kind):
    [one] = [one for one in said if isinstance(one, kind)]
    return one


@pytest.mark.parametrize("side", ["earlier", "later"])
@pytest.mark.parametrize(("few", "told"), [(19, False), (20, True)])
async def test_an_effect_has_figures_only_where_both_cohorts_have_enough_trainees(
    side, few, told, sessions, client, token_for, monkeypatch
):
    monkeypatch.setenv("FEEDBACK_MINIMUM_N", "20")
    ids, said = await measured(sessions, few, side)

    [effect] = of(said, EffectMeasured).effects
    assert (effect.reason is None) is told
    assert told or effect.verdict == "not-enough-data"
    figures = (effect.difference, effect.low, effect.high, effect.ratings_before, effect.ratings_after)
    assert (figures == (0.0, -4.0, 4.0, 0, 0)) is not told
    assert of(said, GapClosed).verdict == effect.verdict
    for headers in (token_for("manager"), token_for("panel-enterprise", enterprise_id=ids.enterprise)):
        [answer] = (await client.get("/feedback/v1/effects", headers=headers)).json()
        [shown] = answer["effects"]
        assert shown["suppressed"] is not told
        assert [shown[name] is None for name in FIGURES] == [not told] * len(FIGURES)
        for language, words in (("en", "to protect each of them"), ("zh", "为保护个人不给出数值")):
            page = await client.get(f"/feedback/effects?lang={language}", headers=headers | PAGE)
            assert (words in page.text) is not told


def test_where_groups_are_compared_the_smallest_of_the_four_parts_counts():
    def seen(*trainees):
        return tuple(Seen(UUID(int=9), "casting", UUID(int=one), 3, 5, world.START) for one in trainees)

    ids = world.world()
    groups = Staggered(
        programme_id=ids.programme, plan_id=ids.plan, from_version=1, to_version=2, cohort_before=ids.cohort,
        cohort_after=ids.cohort, week=9, revised=("casting", "rolling"), before=seen(1, 2, 3, 3), after=seen(1, 2, 3),
        rest_before=seen(4, 5, 5, 5), rest_after=seen(4, 5, 6, 7),
    )  # fmt: skip

    told = [measure(groups, uuid4(), least) for least in (2, 3)]

    assert told[0].trainees == told[1].trainees == {"casting": 2, "rolling": 0}
    reasons = [{one.competency: one.reason for one in found.said.effects} for found in told]
    assert reasons == [
        {"casting": None, "rolling": "too-few-trainees"},
        {"casting": "too-few-trainees", "rolling": "too-few-trainees"},
    ]


async def test_what_is_kept_of_enough_trainees_is_hidden_when_more_are_asked_for_later(
    sessions, client, token_for, monkeypatch
):
    await measured(sessions)

    async def shown():
        [answer] = (await client.get("/feedback/v1/effects", headers=token_for("manager"))).json()
        return answer["effects"][0]["verdict"], answer["effects"][0]["trainees"]

    assert await shown() == ("improved", 60)
    monkeypatch.setenv("FEEDBACK_MINIMUM_N", "61")
    assert await shown() == ("not-enough-data", None)


async def test_effects_of_an_earlier_release_are_given_the_trainees_that_they_had(sessions):
    await measured(sessions, 7)
    migration = import_module("services.feedback.migrations.versions.0015_of_whom_effects_and_contests_are")

    async with sessions.begin() as session:
        await session.execute(update(Effect).values(trainees={}))
        await session.execute(text(migration.FEWEST))
        assert list(await session.scalars(select(Effect.trainees))) == [{"casting": 7}]


async def test_a_fall_with_nothing_to_compare_with_reopens_nothing_and_both_sides_read_what_they_can_do(
    sessions, client, token_for
):
    everything = dict.fromkeys(world.CODES, 60.0)

    ids, said = await measured(sessions, low={"casting": 2.2}, at=4.3, hours=everything)

    effect = next(one for one in of(said, EffectMeasured).effects if one.competency == "casting")
    assert (effect.verdict, effect.reason) == ("lower-cause-open", None)
    assert of(said, GapClosed).verdict == "lower-cause-open"
    assert [one for one in said if isinstance(one, GapConfirmed) and one.reopens] == []
    async with sessions() as session:
        assert await session.scalar(select(Gap.state).where(Gap.plan_version == 1)) == "closed"
    told = {
        "en": ("lower than before, cause not established", "take the revision up again"),
        "zh": ("低于以前，原因未定", "附理由重新提出"),
    }
    for headers in (token_for("coordinator"), token_for("panel-enterprise", enterprise_id=ids.enterprise)):
        for language, words in told.items():
            page = (await client.get(f"/feedback/effects?lang={language}", headers=headers | PAGE)).text
            assert [one for one in words if one not in page] == []
            assert f"/curriculum/plans/{ids.plan}?version=2" in page
