"""Walks every GET of feedback: what one enterprise's people report changes nothing that another's people read."""

from datetime import date
from string import Formatter
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.feedback import app, handlers
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Effect, Gap
from shared.events.enterprise import AttendanceRecorded, SafetyIncidentReported, Severity
from shared.events.feedback import GapConfirmed
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

ROLES = ("panel-enterprise", "integrator", "mentor", "trainee")
MUST_BE_WALKED = {
    "/feedback/v1/ratings",
    "/feedback/v1/verdicts",
    "/feedback/v1/indicators",
    "/feedback/v1/incidents",
    "/feedback/v1/comments",
    "/feedback/comments",
    "/feedback/effects",
}


def reads():
    """Every GET under /feedback, pages included."""
    found = {}
    told = (
        app.api,
        app.commenting,
        app.reading,
        app.telling,
        app.practice,
        app.indicators,
        app.reporting,
        app.pages,
    )
    for router in (*told, app.pages_comments):
        for route in router.router.routes:
            if "GET" in route.methods:
                found[route.path] = {param.name for param in route.dependant.query_params}
    return found


def asked_with(path, names, known):
    """The path with all that a stranger could know: the ids of the other enterprise."""
    filled = path.format(**{name: known[name] for _, name, _, _ in Formatter().parse(path) if name})
    return filled + "?" + "&".join(f"{name}={known[name]}" for name in sorted(names) if name in known)


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=date(2021, 12, 13)), session)
    return ids


async def report_much(ids, sessions):
    said = {"enterprise_id": ids.enterprise, "workshop_id": ids.workshop}
    async with sessions.begin() as session:
        first, *rest = world.rate(ids, low={"casting": 1.5})
        said_of_it = first.model_copy(update={"comment": "tapping 时下渣太多"})
        await handlers.record_ratings([said_of_it, *rest], session)
        await look_at_ratings_of_month(ids.cohort, date(2021, 12, 1), session)
        hours = [
            AttendanceRecorded(**said, trainee_id=one, attended_on=world.START, hours=8)
            for one in ids.trainees
        ]
        await handlers.keep_hours_attended(hours, session)
        hurt = SafetyIncidentReported(
            **said, incident_id=uuid4(), occurred_on=world.START, severity=Severity.INJURY
        )
        await handlers.keep_safety_incident(hurt, session)
        session.add(
            Effect(
                effect_id=uuid4(), programme_id=ids.programme, plan_id=ids.plan, from_version=1, to_version=2,
                cohort_before=ids.cohort, cohort_after=ids.later, week=9, rule="did-by-mentor/1",
                measured_on=date(2021, 12, 1), effects=[], mentors={},
            )
        )  # fmt: skip
        confirmed = GapConfirmed(
            gap_id=ids.gap, programme_id=ids.programme, cohort_id=ids.cohort, plan_id=ids.plan, plan_version=1,
            competency="rolling", required=4, estimate=3, low=2.8, high=3.2, uncorrected_mean=3, ratings=90,
            trainees=12, mentors=8, stations=2, rule="mentor-means/1", evidence_until=date(2021, 11, 30),
        )  # fmt: skip
        session.add(Gap.from_event(confirmed, date(2021, 12, 1)))


async def test_no_get_of_feedback_tells_an_enterprise_anything_of_another(client, ids, sessions, token_for):
    ids.gap = uuid4()
    known = {
        "cohort_id": ids.cohort, "programme_id": ids.programme, "plan_id": ids.plan, "agreement_id": ids.agreement,
        "mentor_id": ids.mentors[0], "gap_id": ids.gap, "workshop_id": ids.workshop, "competency": "casting",
        "trainee_id": ids.trainees[0], "plan_version": 1,
    }  # fmt: skip
    paths = [asked_with(path, names, known) for path, names in reads().items()]
    people = {role: token_for(role, person_id=uuid4(), enterprise_id=uuid4()) for role in ROLES}

    async def everything():
        return {
            (role, path): ((answer := await client.get(path, headers=headers)).status_code, told(answer))
            for role, headers in people.items()
            for path in paths
        }

    before = await everything()
    await report_much(ids, sessions)
    after = await everything()

    assert {path.partition("?")[0] for path in paths} >= MUST_BE_WALKED
    assert after == before
    async with sessions() as session:
        assert (await session.scalar(select(Gap.gap_id).limit(1))) is not None  # there was something to see
    own = token_for("panel-enterprise", enterprise_id=ids.enterprise)
    counted = (await client.get(f"/feedback/v1/ratings?cohort_id={ids.cohort}", headers=own)).json()
    assert counted["ratings"] == 12 * 8 * 5


def told(answer):
    """What was said; of a page, its main part, and no ids minted for drafts."""
    words = answer.text
    return words if answer.headers["content-type"].startswith("application/") else words.partition("<main")[2]
