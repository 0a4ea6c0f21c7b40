import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from services.gateway import lanes, loop, tasks
from services.gateway.facts import Facts, Listed, needed
from services.gateway.handlers import record_event
from services.gateway.live import Live
from services.gateway.logbook import changes, packed
from shared.events.curriculum import (
    GapAnswered,
    PlanInForce,
    PlanPublished,
    QualificationEnding,
    QualificationRenewed,
    RevisionApproved,
    RevisionDrafted,
    RevisionEscalated,
    RevisionExtended,
    RevisionOpened,
    RevisionReturned,
    RevisionSeated,
    RevisionUnseated,
    VoteCast,
)
from shared.events.feedback import (
    EffectMeasured,
    EffectOn,
    GapConfirmed,
    MoreRatingsNeeded,
    VignettesAsked,
)
from shared.events.plan_parts import (
    Cause,
    CauseKind,
    Choice,
    GapOutcome,
    Hours,
    ModuleChange,
    RevisionClass,
    SeatKind,
    Side,
)
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee
from shared.messaging import plain
from tests.curriculum.conftest import template
from tests.gateway.test_the_log import heard

DAY = date(2021, 12, 1)
DAY_BEFORE = datetime(2021, 11, 30, tzinfo=UTC)
PLAN, COHORT, GAP, REVISION, VOTER, PROGRAMME, COLLEGE, ENTERPRISE = (uuid4() for _ in range(8))


def cohort(enterprise=None):
    return CohortEnrolled(
        cohort_id=COHORT, programme_id=uuid4(), intake_id=None, college_id=uuid4(), year=2021,
        title={"zh": "敬业 2021", "en": "Jingye 2021"}, first_monday=date(2021, 9, 6),
        trainees=[Trainee(trainee_id=uuid4(), enterprise_id=enterprise or uuid4(), college_number="C1", status="student")],
    )  # fmt: skip


def plan(version, revision_id=None):
    return PlanPublished(
        plan_id=PLAN, plan_version=version, programme_id=PROGRAMME, title={"zh": "方案", "en": "Plan"}, phases=[], modules=[],
        requirements=[], coverage={}, content_hash="h", revision_id=revision_id,
    )  # fmt: skip


def programme(*enterprises):
    return ProgrammeOpened(
        programme_id=PROGRAMME, agreement_id=uuid4(), college_id=COLLEGE, enterprise_ids=list(enterprises or [ENTERPRISE]),
        title={"zh": "项目", "en": "Programme"}, template=template(), position_ids=[uuid4()], opened_on=DAY,
    )  # fmt: skip


def seated(kind, person, by=None):
    given = {"revision_id": REVISION, "kind": kind, "person_id": person, "given_by": by or person}
    return RevisionSeated(**given, side=Side.COLLEGE)


def in_force(version, day):
    return PlanInForce(
        cohort_id=COHORT, plan_id=PLAN, plan_version=version, from_week=version, effective_from=day
    )


GAP_FOUND = GapConfirmed(
    gap_id=GAP, programme_id=uuid4(), cohort_id=COHORT, plan_id=PLAN, plan_version=1, competency="temperature", required=3,
    estimate=2.1, low=1.9, high=2.4, uncorrected_mean=2.2, ratings=40, trainees=20, mentors=4, stations=3, rule="r",
    evidence_until=DAY,
)  # fmt: skip
CAUSES = [Cause(kind=CauseKind.GAP, cause_id=GAP, competencies=["temperature"])]
OPENED = RevisionOpened(
    revision_id=REVISION, plan_id=PLAN, plan_version=1, causes=CAUSES, deadline_on=DAY + timedelta(9)
)
DRAFTED = RevisionDrafted(
    revision_id=REVISION, plan_id=PLAN, plan_version=1, revision_class=RevisionClass.ADJUSTMENT, causes=CAUSES,
    changes=[ModuleChange(module="m", before=Hours(theory=10), after=Hours(theory=26))], content_hash="h",
)  # fmt: skip
VOTE = VoteCast(
    revision_id=REVISION, voter_id=VOTER, side=Side.COLLEGE, choice=Choice.APPROVE, content_hash="h"
)
APPROVED = RevisionApproved(revision_id=REVISION, plan_id=PLAN, content_hash="h")
ANSWERED = GapAnswered(
    gap_id=GAP, outcome=GapOutcome.ANSWERED, revision_id=REVISION, plan_version=2, competency="temperature"
)
EFFECT = EffectMeasured(
    effect_id=uuid4(), programme_id=uuid4(), plan_id=PLAN, from_version=1, to_version=2, cohort_before=COHORT,
    cohort_after=uuid4(), week=30, rule="r",
    effects=[EffectOn(competency="temperature", difference=0.6, low=0.3, high=0.9, ratings_before=40, ratings_after=44, verdict="improved")],
)  # fmt: skip
START = [cohort(), plan(1), in_force(1, DAY - timedelta(90))]


def lane(*facts, day=DAY):
    picture = loop.fold((fact, DAY) for fact in (*START, *facts))
    return picture, lanes.lane(picture, picture.cohorts[COHORT], 12, day)


def steps(found):
    return [step["state"] for step in found["steps"]]


def test_a_lane_moves_from_feedback_to_measured_effect():
    whole = [
        GAP_FOUND,
        OPENED,
        DRAFTED,
        VOTE,
        APPROVED,
        plan(2, REVISION),
        in_force(2, DAY),
        ANSWERED,
        EFFECT,
    ]
    states = [lane(*whole[:n])[1]["state"] for n in range(len(whole) + 1)]

    assert states == [
        "collecting", "gap", "opened", "drafted", "drafted", "approved", "approved", "in_effect", "in_effect", "measured",
    ]  # fmt: skip
    _, last = lane(*whole)
    assert steps(last) == ["done"] * 5
    assert last["steps"][4]["what"]["en"] == "temperature +0.60 (n=84)"
    assert last["plan_version"] == 2
    assert all(step["what"]["zh"] for step in last["steps"])


def test_an_effect_of_too_few_trainees_is_told_without_figures():
    hidden = EffectOn(
        competency="temperature", difference=0, low=-4, high=4, ratings_before=0, ratings_after=0,
        verdict="not-enough-data", reason="too-few-trainees",
    )  # fmt: skip
    other = EffectOn(
        competency="casting", difference=-0.1, low=-0.3, high=0.1, ratings_before=40, ratings_after=44,
        verdict="no-effect",
    )  # fmt: skip
    carried = [GAP_FOUND, OPENED, DRAFTED, APPROVED, plan(2, REVISION), in_force(2, DAY), ANSWERED]

    _, alone = lane(*carried, EFFECT.model_copy(update={"effects": [hidden]}))
    _, beside = lane(*carried, EFFECT.model_copy(update={"effects": [hidden, other]}))

    step = alone["steps"][4]
    assert (step["what"]["en"], step["note"]["en"]) == (
        "not enough data",
        "too few trainees to show figures",
    )
    assert {alone["effect"]["effects"][0][name] for name in lanes.FIGURES} == {None}
    assert beside["steps"][4]["what"]["en"].startswith("casting -0.10")


def test_a_version_that_is_not_in_force_yet_is_not_in_effect():
    _, found = lane(GAP_FOUND, OPENED, DRAFTED, APPROVED, plan(2, REVISION), in_force(2, DAY + timedelta(30)))

    assert (found["state"], found["plan_version"]) == ("approved", 1)


def test_an_edit_voids_the_votes_and_a_return_too():
    edited = DRAFTED.model_copy(update={"content_hash": "other"})

    assert lane(OPENED, DRAFTED, VOTE)[1]["revision"]["votes"]["college"] == 1
    assert lane(OPENED, DRAFTED, VOTE, edited)[1]["revision"]["votes"]["college"] == 0
    assert (
        lane(OPENED, DRAFTED, VOTE, RevisionReturned(revision_id=REVISION, side=Side.COLLEGE))[1]["state"]
        == "returned"
    )


def test_what_is_overdue_is_counted_and_said():
    late = DAY + timedelta(15)
    picture, found = lane(
        OPENED, DRAFTED, RevisionEscalated(revision_id=REVISION, sides=[Side.ENTERPRISE]), day=late
    )

    assert loop.kpi(picture, late)["longest_overdue_days"] == 6
    assert found["late"]
    assert found["steps"][3]["note"] == {"zh": "逾期 6 天", "en": "6 days over"}


def test_tasks_are_those_of_the_reader():
    picture, _ = lane(OPENED, DRAFTED, VOTE)

    def kinds(role, person=None):
        return [task["kind"] for task in tasks.tasks(picture, frozenset({role}), person or uuid4(), DAY)]

    assert kinds("panel-enterprise") == ["vote"]
    assert kinds("panel-college", VOTER) == []
    assert kinds("teacher") == []


def test_a_vote_waits_for_whoever_has_it_now():
    """Handed on, given back when the delegate stands aside; added, and taken back."""
    giver, deputy = uuid4(), uuid4()

    def waits(*facts):
        picture, _ = lane(OPENED, DRAFTED, *facts)
        panel = (giver, frozenset({"panel-college"}))
        teacher = (deputy, frozenset({"teacher"}))
        return [bool(tasks.tasks(picture, roles, person, DAY)) for person, roles in (panel, teacher)]

    handed = seated(SeatKind.DELEGATED, deputy, giver)
    back = RevisionUnseated(**handed.model_dump())
    cast = VOTE.model_copy(update={"voter_id": deputy})
    added = seated(SeatKind.ADDED, deputy, giver)
    assert waits() == [True, False]
    assert waits(handed) == [False, True]
    assert waits(handed, cast) == [False, False]
    assert waits(handed, cast, seated(SeatKind.CONFLICTED, deputy), back) == [True, False]
    assert waits(seated(SeatKind.CONFLICTED, giver)) == [False, False]
    assert waits(added) == [True, True]
    assert waits(added, RevisionUnseated(**added.model_dump())) == [True, False]
    assert waits(seated(SeatKind.COPIED, deputy, giver)) == [True, False]


def test_an_overdue_revision_is_a_task_of_the_level_that_is_asked():
    late = DAY + timedelta(15)

    def waits(*levels):
        told = [RevisionEscalated(revision_id=REVISION, sides=[Side.COLLEGE], asks=asks) for asks in levels]
        picture, _ = lane(OPENED, DRAFTED, *told, day=late)
        return [bool(tasks.tasks(picture, frozenset({role}), uuid4(), late)) for role in ("manager", "admin")]

    assert waits("manager") == [True, False]
    assert waits("manager", "admin") == [False, True]
    edited, _ = lane(
        OPENED, RevisionEscalated(revision_id=REVISION, sides=[], asks="admin"), DRAFTED, day=late
    )
    assert tasks.tasks(edited, frozenset({"manager"}), uuid4(), late), "an edit begins the chain anew"


def test_a_deadline_that_has_moved_is_late_when_the_new_one_has_passed():
    moved = RevisionExtended(revision_id=REVISION, deadline_on=DAY + timedelta(20))
    overdue = RevisionEscalated(revision_id=REVISION, sides=[Side.ENTERPRISE])

    for days, late in ((15, False), (21, True)):
        picture, found = lane(OPENED, DRAFTED, overdue, moved, day=DAY + timedelta(days))
        waiting = tasks.tasks(picture, frozenset({"manager"}), uuid4(), DAY + timedelta(days))
        assert found["late"] is late
        assert loop.kpi(picture, DAY + timedelta(days))["approvals_overdue"] == late
        assert [task["due_on"] for task in waiting] == [moved.deadline_on] * late


def test_a_revision_waits_for_the_people_of_its_programme_alone():
    picture, _ = lane(programme(), OPENED, DRAFTED)

    def waits(role, college=None, enterprise=None):
        return bool(tasks.tasks(picture, frozenset({role}), uuid4(), DAY, college, enterprise))

    assert waits("panel-enterprise", enterprise=ENTERPRISE)
    assert not waits("panel-enterprise", enterprise=uuid4())
    assert waits("panel-college", college=COLLEGE)
    assert not waits("panel-college", college=uuid4())


def test_a_mentor_who_is_asked_for_common_cases_has_a_task_until_the_next_asking_would_come():
    mentor = uuid4()
    asked = VignettesAsked(
        mentor_id=mentor, enterprise_id=uuid4(), programme_id=uuid4(), term="2021-2", open=3, times=1,
        reason="invitation", asked_on=DAY,
    )  # fmt: skip
    picture, _ = lane(asked)

    def found(person, day):
        return [task["what"]["en"] for task in tasks.tasks(picture, frozenset({"mentor"}), person, day)]

    assert found(mentor, DAY) == ["Please rate the common cases (3)"]
    assert found(mentor, DAY + timedelta(14)) == []
    assert found(uuid4(), DAY) == []


def test_a_mentor_is_told_whom_to_rate_on_what_until_feedback_looks_again():
    mentor = uuid4()
    trainee = lane()[0].cohorts[COHORT].trainees[0]
    said = {"cohort_id": COHORT, "plan_version": 1, "mentor_id": mentor, "asked_on": DAY}
    short = MoreRatingsNeeded(
        **said, competency="endpoint", trainee_id=trainee.trainee_id, reason="too-few-ratings"
    )
    apart = MoreRatingsNeeded(**said, competency="casting", also_rate="safety", reason="mentors-not-linked")
    nobody = short.model_copy(update={"competency": "rolling", "mentor_id": None})
    picture, _ = lane(short, apart, nobody)

    def found(person, day):
        return tasks.tasks(picture, frozenset({"mentor"}), person, day)

    mine = found(mentor, DAY)
    name = picture.name("endpoint")
    assert [one["what"] for one in mine] == [
        {"zh": f"请评价学员 C1 的“{name.zh}”", "en": f"Please rate C1 on {name.en}"},
        {"zh": "请评价“safety”", "en": "Please rate safety"},
    ]
    assert len({one["id"] for one in mine}) == 2
    assert found(mentor, DAY + timedelta(31)) == found(uuid4(), DAY) == []


def test_a_qualification_that_ends_is_a_task_of_its_college_and_teacher_until_it_is_renewed():
    teacher, college = uuid4(), uuid4()
    said = {"teacher_id": teacher, "college_id": college, "qualification": "crane-licence"}
    ending = QualificationEnding(**said, ends_on=DAY + timedelta(30), modules=["steel"])
    picture, _ = lane(ending)
    renewed, _ = lane(ending, QualificationRenewed(**said, ends_on=None))

    def found(picture, role="coordinator", person=None, of=college, day=DAY):
        roles = frozenset({role})
        return [task["what"]["en"] for task in tasks.tasks(picture, roles, person or uuid4(), day, of)]

    assert found(picture) == found(picture, "teacher", teacher) == ["Renew before it ends: crane-licence"]
    assert found(picture, of=uuid4()) == found(picture, "teacher") == found(renewed) == []
    assert found(picture, day=DAY + timedelta(31)) == []
    other, _ = lane(ending, ending.model_copy(update={"qualification": None}))
    ids = {task["id"] for task in tasks.tasks(other, frozenset({"coordinator"}), uuid4(), DAY, college)}
    assert len(ids) == 2, "a task each, though both are one teacher's"


def test_the_days_from_gap_to_effect_are_counted():
    picture, _ = lane(
        GAP_FOUND, OPENED, DRAFTED, APPROVED, plan(2, REVISION), in_force(2, DAY + timedelta(19)), ANSWERED
    )

    assert loop.kpi(picture, DAY)["feedback_to_effect_days"] == 19
    assert loop.kpi(picture, DAY)["open_gaps"] == 0


async def test_the_overview_is_read_from_the_log_and_an_enterprise_sees_its_own(
    client, sessions, token_for, enterprise
):
    async with plain(sessions) as statements:
        await record_event(
            [
                heard(fact)
                for fact in (
                    programme(enterprise),
                    cohort(enterprise),
                    *START[1:],
                    GAP_FOUND,
                    OPENED,
                    DRAFTED,
                )
            ],
            statements,
        )

    whole = (await client.get("/v1/loop", headers=token_for("coordinator"))).json()
    own = (
        await client.get("/v1/loop", headers=token_for("panel-enterprise", enterprise_id=enterprise))
    ).json()
    other = (
        await client.get("/v1/loop", headers=token_for("panel-enterprise", enterprise_id=uuid4()))
    ).json()

    assert (await client.get("/v1/loop")).status_code == 401
    assert [each["state"] for each in whole["lanes"]] == ["drafted"]
    assert [task["kind"] for task in own["tasks"]] == ["vote"]
    assert (len(own["lanes"]), len(other["lanes"])) == (1, 0)
    assert other["tasks"] == [], "the vote is no business of another enterprise"
    assert whole["latest"]
    assert all("data" not in each for each in whole["latest"])
    assert other["latest"] == []


async def test_a_fact_that_comes_late_takes_its_place_and_what_is_known_is_not_read_again(sessions):
    facts = Facts()
    enrolled, opened, early = heard(cohort()), heard(OPENED), heard(GAP_FOUND)
    async with plain(sessions) as statements:
        await record_event([enrolled, opened], statements)
    async with sessions() as session:
        before = await facts.read(session)
    async with plain(sessions) as statements:
        await record_event([replace(early, envelope=early.envelope._replace(time=DAY_BEFORE))], statements)
    async with sessions() as session:
        after = await facts.read(session)
        fresh = await Facts().read(session)

    assert [type(fact).__name__ for fact, _ in after] == ["GapConfirmed", "CohortEnrolled", "RevisionOpened"]
    assert after == fresh
    assert after[2][0] is before[1][0]


def test_of_timetables_only_an_impossible_one_that_nothing_followed_is_read():
    def listed(*names):
        rows = [Listed(uuid4(), name, str(COHORT), DAY) for name in names]
        return [one.name for one in needed(rows)]

    assert listed("TimetablePublished", "GapConfirmed", "TimetableChanged") == ["GapConfirmed"]
    assert listed("TimetablePublished", "TimetableImpossible") == ["TimetableImpossible"]
    assert listed("TimetableImpossible", "TimetableImpossible", "TimetableChanged") == []


async def test_every_page_hears_what_changed_within_a_second_in_any_process(sessions):
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    processes = [Live(url), Live(url)]
    pages = [each.changes() for each in processes]
    for page in pages:
        assert (await anext(page)).startswith("retry")
        async with asyncio.timeout(5):
            assert "everything" in await anext(page)

    async with plain(sessions) as statements:
        await record_event([heard(OPENED)], statements)

    for page in pages:
        async with asyncio.timeout(1):
            said = await anext(page)
        assert said.startswith("event: revision\n")
        assert json.loads(said.partition("data: ")[2]) == {
            "kind": "revision",
            "id": str(REVISION),
            "type": "RevisionOpened",
        }
        await page.aclose()


def test_of_many_changes_of_one_kind_only_the_fact_is_told():
    many = [heard(OPENED.model_copy(update={"revision_id": uuid4()})) for _ in range(100)]

    assert changes(many) == [("revision", "", "RevisionOpened")]
    assert len(list(packed([("revision", str(uuid4()), "RevisionOpened")] * 500))) > 1
