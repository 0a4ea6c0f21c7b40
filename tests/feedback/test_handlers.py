import asyncio
from datetime import date, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import func, select

from services.feedback import handlers, looks, tallying
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Comment, Effect, Gap, Rating, Verdict
from shared.errors import Declined
from shared.events.curriculum import GapAnswered
from shared.events.enterprise import TraineeRated
from shared.events.feedback import EffectMeasured, GapClosed, GapConfirmed, MoreRatingsNeeded
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import GapOutcome
from shared.messaging.clock import advance_clock
from shared.messaging.outbox import say
from shared.messaging.schedule import fire_due
from tests.feedback import world

LOOK = date(2021, 12, 1)


def gaps(said):
    return {one.competency for one in said if isinstance(one, GapConfirmed)}


async def test_a_rating_learns_its_cohort_version_and_week_from_what_feedback_knows(session):
    ids = world.world()
    await world.set_up(session, ids)
    first = world.rate(ids, weeks=[6])[0]

    await handlers.record_ratings([first], session)

    kept = await session.get_one(Rating, first.rating_id)
    assert (kept.cohort_id, kept.plan_version, kept.week) == (ids.cohort, 1, 6)


def waited_for(early):
    return [reason.kind for _, reason in early.value.reasons]


async def test_a_rating_that_comes_before_its_cohort_waits_for_the_trainee(session):
    ids = world.world()

    with pytest.raises(Declined) as early:
        await handlers.record_ratings(world.rate(ids)[:1], session)

    assert waited_for(early) == ["trainee"]


async def test_a_rating_that_comes_before_its_mentor_is_named_waits(session):
    ids = world.world()
    await world.set_up(session, ids)
    unknown = world.rate(ids)[0].model_copy(update={"mentor_id": uuid4()})

    with pytest.raises(Declined) as early:
        await handlers.record_ratings([unknown], session)

    assert waited_for(early) == ["mentor"]


async def test_a_rating_before_the_plan_is_in_force_waits_for_it(session):
    ids = world.world()
    await handlers.keep_programme_with_its_thresholds(world.opened(ids), session)
    await handlers.keep_cohort_and_plan_its_looks(
        world.cohort(ids, ids.cohort, ids.trainees, world.START, 2021), session
    )
    for mentor in ids.mentors:
        await handlers.keep_mentor(world.named(ids, mentor), session)

    with pytest.raises(Declined) as early:
        await handlers.record_ratings(world.rate(ids)[:1], session)

    assert waited_for(early) == ["plan_in_force"]


async def test_the_same_rating_twice_is_one_rating(session):
    ids = world.world()
    await world.set_up(session, ids)
    ratings = world.rate(ids, weeks=[6])

    await handlers.record_ratings([*ratings, ratings[0]], session)
    await handlers.record_ratings(ratings, session)

    assert await session.scalar(select(func.count()).select_from(Rating)) == len(ratings)


async def test_a_competency_that_really_falls_short_is_confirmed_and_no_other(session):
    ids = world.world()
    await world.set_up(session, ids)

    said = await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)

    assert gaps(said) == {"casting"}
    assert (said[0].rule, said[0].e_value > 7 / 0.05) == ("mixed-evalue/3", True)
    assert said[0].low < 4.3 - 1.2 < said[0].high


async def test_a_competency_that_only_severe_mentors_rate_is_not_confirmed_though_its_mean_is_low(session):
    ids = world.world()
    await world.set_up(session, ids)
    severe = [mentor for mentor in ids.mentors if ids.station_of[mentor] in (1, 2)]

    said = await handlers.record_ratings(world.rate(ids, severe=severe, at=4.35), session)
    said += await look_at_ratings_of_month(ids.cohort, LOOK, session)

    assert gaps(said) == set()
    rolling = await session.get_one(Verdict, (ids.cohort, LOOK, "rolling"))
    assert rolling.uncorrected_mean < 4 <= rolling.estimate + 0.2


async def test_a_gap_is_said_once_until_it_is_answered(session):
    ids = world.world()
    await world.set_up(session, ids)

    first = await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)
    second = await look_at_ratings_of_month(ids.cohort, date(2022, 1, 1), session)

    assert (len(gaps(first)), len(gaps(second))) == (1, 0)


async def test_a_dismissed_gap_is_confirmed_again_only_on_newer_evidence(session):
    ids = world.world()
    await world.set_up(session, ids)
    [gap] = await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)
    answer = GapAnswered(gap_id=gap.gap_id, outcome=GapOutcome.DISMISSED, competency="casting")
    await handlers.note_answer_to_gap(answer, session)

    without = await look_at_ratings_of_month(ids.cohort, date(2022, 1, 1), session)
    newer = world.rate(ids, seed=2, weeks=range(18, 26), low={"casting": 1.2})
    with_newer = await handlers.record_ratings(newer, session)

    assert gaps(without) == set()
    assert gaps(with_newer) == {"casting"}


async def test_before_the_due_week_nothing_is_decided(session):
    ids = world.world()
    await world.set_up(session, ids, due_week=20)
    await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)

    assert await look_at_ratings_of_month(ids.cohort, LOOK, session) == []
    assert (await session.get_one(Verdict, (ids.cohort, LOOK, "casting"))).answer == "not-due"


async def test_growth_before_the_due_week_makes_no_gap(session):
    ids = world.world()
    await world.set_up(session, ids, due_week=10)
    early = world.rate(ids, weeks=range(2, 10), at=3.2)
    late = world.rate(ids, weeks=range(10, 13), at=4.4)
    await handlers.record_ratings([*early, *late], session)

    assert gaps(await look_at_ratings_of_month(ids.cohort, LOOK, session)) == set()


async def test_with_two_mentors_it_asks_for_a_third_instead(session):
    ids = world.world(mentors=8)
    await world.set_up(session, ids)
    ratings = world.rate(ids, low={"casting": 1.2})
    two = {one.mentor_id for one in ratings if one.competency == "casting"}
    two = set(sorted(two)[:2])
    await handlers.record_ratings(
        [one for one in ratings if one.competency != "casting" or one.mentor_id in two], session
    )

    said = await look_at_ratings_of_month(ids.cohort, LOOK, session)

    [question] = [one for one in said if isinstance(one, MoreRatingsNeeded) and one.competency == "casting"]
    assert question.reason == "too-few-mentors"
    assert question.mentor_id not in {None, *two}


async def answered_by_version_two(session, ids, mentors=None, hours=None, **after):
    """Casting fell short under version 1; the next cohort is taught under version 2 and rated as `after` says.

    Its casting is rated by `mentors` alone, where they are given.
    """
    await world.set_up(session, ids)
    [gap] = await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)
    start = date(2022, 9, 5)
    await handlers.keep_plan_version(world.plan(ids, version=2, hours=hours or {"casting": 60.0}), session)
    answer = GapAnswered(gap_id=gap.gap_id, outcome=GapOutcome.ANSWERED, plan_version=2, competency="casting")
    await handlers.note_answer_to_gap(answer, session)
    enrolled = world.cohort(ids, ids.later, ids.late_trainees, start, 2022)
    await handlers.keep_cohort_and_plan_its_looks(enrolled, session)
    await handlers.keep_plan_in_force(world.in_force(ids, ids.later, 2, 1, start), session)
    await session.flush()
    later = world.rate(ids, seed=1, first_monday=start, trainees=ids.late_trainees, **after)
    later = [one for one in later if one.competency != "casting" or one.mentor_id in (mentors or ids.mentors)]
    await handlers.record_ratings([one.model_copy(update={"rating_id": uuid4()}) for one in later], session)
    return gap


LOOKS_AT_LATER = (date(2022, 10, 1), date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 1))


async def test_where_the_evidence_does_not_carry_a_verdict_a_mentor_and_one_of_the_trainees_are_named(
    session,
):
    ids = world.world(mentors=12)
    await world.set_up(session, ids)
    said = await handlers.record_ratings(world.rate(ids, weeks=[5], low={"casting": 0.5}), session)

    said += await look_at_ratings_of_month(ids.cohort, date(2021, 10, 15), session)

    [question] = [one for one in said if isinstance(one, MoreRatingsNeeded) and one.competency == "casting"]
    assert (question.reason, gaps(said)) == ("too-few-ratings", set())
    assert "casting" in world.practised_at(ids.station_of[question.mentor_id])
    assert question.trainee_id in ids.trainees


async def test_the_effect_of_a_version_is_said_once_when_it_is_certain_and_closes_the_gap(session):
    ids = world.world()
    gap = await answered_by_version_two(session, ids, low={"casting": 0.2}, at=4.4)

    said = [one for day in LOOKS_AT_LATER for one in await look_at_ratings_of_month(ids.later, day, session)]

    [measured] = [one for one in said if isinstance(one, EffectMeasured)]
    [on_casting] = measured.effects
    assert (on_casting.verdict, measured.rule) == ("improved", "did-mixed/3")
    assert on_casting.low < 1.0 < on_casting.high
    [closed] = [one for one in said if isinstance(one, GapClosed)]
    assert (closed.gap_id, closed.verdict) == (gap.gap_id, "improved")
    assert (await session.get_one(Gap, gap.gap_id)).state == "closed"


async def test_a_version_that_made_it_worse_reopens_the_revision(session):
    ids = world.world()
    gap = await answered_by_version_two(session, ids, low={"casting": 2.0})
    confirmed = select(Gap).where(Gap.plan_version == 2)
    for one in await session.scalars(
        confirmed
    ):  # without this the cohort's own shortfall would already be open
        await session.delete(one)
    await session.flush()

    said = [one for day in LOOKS_AT_LATER for one in await look_at_ratings_of_month(ids.later, day, session)]

    [closed] = [one for one in said if isinstance(one, GapClosed)]
    assert (closed.gap_id, closed.verdict) == (gap.gap_id, "worse")
    assert {one.plan_version for one in said if isinstance(one, GapConfirmed)} == {2}
    assert [one.state for one in await session.scalars(confirmed)] == ["open"]


async def test_what_got_worse_is_a_gap_again_with_its_sources_and_comments_though_one_station_alone_saw_it(
    session,
):
    ids = world.world()
    alone = {one for one in ids.mentors if ids.station_of[one] == 1}
    gap = await answered_by_version_two(session, ids, mentors=alone, low={"casting": 2.0})
    later = select(Rating).where(Rating.cohort_id == ids.later, Rating.competency == "casting").limit(1)
    rated = (await session.scalars(later)).one()
    kept = {"rating_id", "enterprise_id", "cohort_id", "competency", "observed_on"}
    comment = Comment(**rated.model_dump(include=kept), words="spills")
    comment.read(["casting"], uuid4(), rated.observed_on)
    session.add(comment)
    await session.flush()

    said = [one for day in LOOKS_AT_LATER for one in await look_at_ratings_of_month(ids.later, day, session)]

    [again] = [one for one in said if isinstance(one, GapConfirmed)]
    assert (again.plan_version, again.reopens, again.stations) == (2, gap.gap_id, 1)
    assert {one.source for one in again.sources} == {"module", "workshop", "intake", "rater"}
    assert (again.comments, [one.words for one in again.quotes]) == (1, ["spills"])


async def test_a_shortfall_of_so_few_trainees_that_it_may_not_be_shown_waits_for_more_of_them(
    session, monkeypatch
):
    monkeypatch.setenv("FEEDBACK_MINIMUM_N", "20")
    ids = world.world()
    await world.set_up(session, ids)
    ratings = world.rate(ids, low={"casting": 1.5})
    few = [one for one in ratings if one.trainee_id in ids.trainees[:19]]

    said = await handlers.record_ratings(few, session)
    said += await look_at_ratings_of_month(ids.cohort, LOOK, session)
    assert gaps(said) == set()
    looked = select(Verdict.answer).where(Verdict.competency == "casting")
    assert list(await session.scalars(looked)) == ["short"]

    rest = [one for one in ratings if one.trainee_id not in ids.trainees[:19]]
    assert gaps(await handlers.record_ratings(rest, session)) == {"casting"}


async def test_a_cohort_that_changed_version_on_the_way_confirms_no_gap_on_what_was_revised(session):
    ids = world.world()
    await world.set_up(session, ids)
    moved = world.START + timedelta(weeks=14)
    await handlers.keep_plan_version(world.plan(ids, version=2, hours={"casting": 60.0}), session)
    await handlers.keep_plan_in_force(world.in_force(ids, ids.cohort, 2, 15, moved), session)
    await session.flush()

    both = world.rate(ids, weeks=range(15, 24), low={"casting": 1.2, "rolling": 1.2})
    said = await handlers.record_ratings(both, session)
    said += await look_at_ratings_of_month(ids.cohort, date(2022, 3, 1), session)

    assert gaps(said) == {"rolling"}


async def found_by(sessions, ids, ratings, consumers):
    async with sessions.begin() as session:
        await world.set_up(session, ids)

    async def consume(mine):
        for start in range(0, len(mine), 150):
            async with sessions.begin() as session:
                say(session, await handlers.record_ratings(mine[start : start + 150], session))

    async def tick():
        while await fire_due(looks.on, sessions):
            pass

    await asyncio.gather(
        *(consume([*ratings[number::consumers], *ratings[:40]]) for number in range(consumers))
    )
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 1, 3)), session)
    await asyncio.gather(*(tick() for _ in range(consumers)))
    async with sessions() as session:
        verdicts = (
            await session.scalars(select(Verdict).order_by(Verdict.looked_on, Verdict.competency))
        ).all()
        confirmed = (await session.scalars(select(Gap))).all()
    return [row.model_dump() for row in verdicts], {gap.competency for gap in confirmed}


async def test_three_replicas_on_one_programme_give_the_result_of_one(database, said):
    ids = world.world()
    ratings = world.rate(ids, low={"casting": 1.2})
    alone, three = await database("feedback"), await database("feedback")

    one = await found_by(alone, ids, ratings, 1)
    many = await found_by(three, ids, ratings, 3)

    assert one == many
    assert one[1] == {"casting"}
    assert len(one[0]) == 4 * len(world.CODES)
    assert sum(isinstance(event, GapConfirmed) for event in await said(three)) == 1


async def test_a_rating_of_another_enterprises_mentor_is_refused(session):
    from services.feedback.refusals import RatingOfAnother

    ids = world.world()
    await world.set_up(session, ids)
    foreign = world.rate(ids)[0].model_copy(update={"enterprise_id": uuid4()})

    with pytest.raises(Declined) as refused:
        await handlers.record_ratings([world.rate(ids)[1], foreign], session)

    [(event, reason)] = refused.value.reasons
    assert (event, type(reason)) == (foreign, RatingOfAnother)


async def test_no_chance_to_see_it_is_kept_but_decides_nothing(session):
    ids = world.world()
    await world.set_up(session, ids)
    unseen = [one.model_copy(update={"level": None}) for one in world.rate(ids, weeks=[6])]

    await handlers.record_ratings(unseen, session)
    said = await look_at_ratings_of_month(ids.cohort, LOOK, session)

    assert gaps(said) == set()
    assert {one.reason for one in said} == {"too-few-ratings"}
    assert isinstance(unseen[0], TraineeRated)
    assert await session.scalar(select(func.count()).select_from(Effect)) == 0


async def test_replaying_the_ratings_changes_nothing(session):
    from services.feedback.rebuilding import Rebuilt, rebuild

    ids = world.world()
    await world.set_up(session, ids)
    ratings = world.rate(ids, low={"casting": 1.2})
    await handlers.record_ratings(ratings, session)
    await look_at_ratings_of_month(ids.cohort, LOOK, session)

    assert await rebuild(session) == Rebuilt(len(ratings), 0, len(world.CODES), 0, 1, 0)


async def second_cohort(session, ids):
    """Another one under the same version at the same time, with trainees of its own; its ratings have ids of their own."""
    enrolled = world.cohort(ids, ids.later, ids.late_trainees, world.START, 2021)
    await handlers.keep_cohort_and_plan_its_looks(enrolled, session)
    await handlers.keep_plan_in_force(world.in_force(ids, ids.later), session)
    await session.flush()

    def rate(seed, **shape):
        them = world.rate(ids, seed=seed, trainees=ids.late_trainees, **shape)
        return [one.model_copy(update={"rating_id": uuid4()}) for one in them]

    return rate


async def test_two_cohorts_that_fall_short_in_one_batch_confirm_one_gap_of_their_version(session):
    ids = world.world()
    await world.set_up(session, ids)
    rate = await second_cohort(session, ids)

    both = [*world.rate(ids, low={"casting": 1.2}), *rate(2, low={"casting": 1.2})]
    said = await handlers.record_ratings(both, session)

    assert [(one.cohort_id, one.competency) for one in said] == [(ids.cohort, "casting")]


async def test_a_batch_of_two_cohorts_leaves_what_a_batch_of_each_leaves(session):
    ids = world.world(mentors=8, trainees=12)
    await world.set_up(session, ids)
    rate = await second_cohort(session, ids)
    mixed = [one for pair in zip(world.rate(ids), rate(3), strict=True) for one in pair]
    alone = [[one for one in mixed if one.trainee_id in those] for those in (ids.trainees, ids.late_trainees)]
    keys = [(one, ids.plan, 1) for one in (ids.cohort, ids.later)]

    async def left_by(*batches):
        async with session.begin_nested() as passing:
            for batch in batches:
                await handlers.record_ratings(batch, session)
            found = await tallying.load(session, keys)
            await passing.rollback()
        session.expire_all()
        return found

    together = await left_by(mixed[:300], mixed[300:])
    apart = await left_by(*alone)

    for key in keys:
        places = [together[key].pairs.index(pair) for pair in apart[key].pairs]
        cross = together[key].tally.cross[np.ix_(places, places)]
        assert np.allclose(cross, apart[key].tally.cross, rtol=1e-9, atol=1e-9)
        assert (together[key].trainees, together[key].until) == (apart[key].trainees, apart[key].until)
