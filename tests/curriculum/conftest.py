"""A programme of a steel plant with a small plan, as curriculum gets to know it."""

from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.curriculum import handlers
from services.curriculum.later import draft_revision
from shared import spawned
from shared.events.base import Requirement, Text
from shared.events.enterprise import PositionPublished
from shared.events.feedback import GapConfirmed
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee
from shared.messaging.jobs import do_one
from shared.programmes.grammar import Template

ROOT = Path(__file__).parents[2]
NAME = Text(zh="名称", en="name")


def template(**more) -> Template:
    return Template.model_validate(
        {
            "template": "steel",
            "title": {"zh": "钢", "en": "steel"},
            "source": "made for a test",
            "steps": ["intake"],
            "phases": [
                {"phase": "foundation", "title": {"zh": "基", "en": "f"}, "length": {"amount": 4, "unit": "week"},
                 "settings": ["theory"], "hours_per_week": 25},
                {"phase": "turns", "title": {"zh": "交", "en": "t"}, "length": {"amount": 24, "unit": "week"},
                 "settings": ["theory", "workshop"], "cycle": {"theory_weeks": 3, "workshop_weeks": 1},
                 "hours_per_week": 20},
            ],
            **more,
        }
    )  # fmt: skip


def module(name, phase, theory, workshop=0.0, **more) -> dict:
    return {
        "module": name, "title": {"zh": name, "en": name}, "phase": phase,
        "hours": {"theory": theory, "workshop": workshop}, **more,
    }  # fmt: skip


MODULES = [
    module("safety", "foundation", 40, contribution={"safety": 1}, locked=True),
    module("drawing", "foundation", 40, contribution={"drawing": 1}),
    module(
        "steelmaking", "turns", 80, 40, contribution={"endpoint": 2, "drawing": 0.5}, prerequisites=["safety"]
    ),
    module("casting", "turns", 80, 40, contribution={"casting": 2}),
    module("culture", "turns", 60, 40, contribution={"history": 1}),
]


@dataclass
class Steel:
    """Ids and events of one programme."""

    college_id: UUID = field(default_factory=uuid4)
    enterprise_id: UUID = field(default_factory=uuid4)
    programme_id: UUID = field(default_factory=uuid4)
    position_id: UUID = field(default_factory=uuid4)
    plan_id: UUID = field(default_factory=uuid4)
    cohort_id: UUID = field(default_factory=uuid4)
    modules: list = field(default_factory=lambda: MODULES)

    def position(self) -> PositionPublished:
        asked = {"safety": 4, "drawing": 3, "endpoint": 4, "casting": 3}
        profile = [Requirement(competency=name, level=level, importance=3) for name, level in asked.items()]
        return PositionPublished(
            enterprise_id=self.enterprise_id, position_id=self.position_id, title=NAME, profile=profile
        )

    def programme(self, **more) -> ProgrammeOpened:
        return ProgrammeOpened(
            programme_id=self.programme_id, agreement_id=uuid4(), college_id=self.college_id,
            enterprise_ids=[self.enterprise_id], title=NAME, template=template(**more),
            position_ids=[self.position_id], opened_on=date(2021, 1, 1),
        )  # fmt: skip

    def cohort(self, first_monday=date(2021, 9, 6), cohort_id=None, formed_from=()) -> CohortEnrolled:
        trainee = Trainee(
            trainee_id=uuid4(), enterprise_id=self.enterprise_id, college_number="a", status="student"
        )
        return CohortEnrolled(
            cohort_id=cohort_id or self.cohort_id, programme_id=self.programme_id, intake_id=None,
            college_id=self.college_id, year=first_monday.year, title=NAME, first_monday=first_monday,
            trainees=[trainee], formed_from=list(formed_from),
        )  # fmt: skip

    def gap(self, competency="endpoint", **more) -> GapConfirmed:
        given = {
            "gap_id": uuid4(), "programme_id": self.programme_id, "cohort_id": self.cohort_id,
            "plan_id": self.plan_id, "plan_version": 1, "competency": competency, "required": 4, "estimate": 3.4,
            "low": 3.1, "high": 3.7, "uncorrected_mean": 3.3, "ratings": 60, "trainees": 30, "mentors": 4,
            "stations": 2, "rule": "simple-1", "evidence_until": date(2021, 12, 1),
        }  # fmt: skip
        return GapConfirmed(**{**given, **more})


@pytest.fixture(scope="session", autouse=True)
def hearts_forked_from_one_process():
    """Each solve still has a process of its own, but what it imports is imported once for all tests."""
    forking = get_context("forkserver")
    forking.set_forkserver_preload(["services.curriculum.drafting", "highspy"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", str(ROOT)
        )  # the server's own path: it would skip silently what it cannot find
        ensure_running()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spawned, "START", forking)
        yield


@pytest.fixture
def steel() -> Steel:
    return Steel()


@pytest.fixture
async def told(sessions, steel):
    """Curriculum has heard of the position and the programme; business time is 6 December 2021."""
    from shared.events.gateway import ClockAdvanced
    from shared.messaging.clock import advance_clock

    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 12, 6)), session)
        await handlers.keep_position(steel.position(), session)
        await handlers.keep_programme(steel.programme(), session)
    return steel


@pytest.fixture
def hear(sessions):
    """`await hear(handler, event)`: one handler in one transaction, as delivery runs it; returns what it said."""
    from shared.messaging.outbox import say

    async def run(handler, event):
        async with sessions.begin() as session:
            said = await handler(event, session)
            say(session, said)
        return said

    return run


@pytest.fixture
async def planned(client, told, token_for, hear):
    """The plan is published, and a cohort is taught by it."""
    body = {"plan_id": str(told.plan_id), "modules": MODULES}
    answer = await client.post(
        f"/curriculum/v1/programmes/{told.programme_id}/plans", json=body, headers=token_for("coordinator")
    )
    assert answer.status_code == 201, answer.text
    await hear(handlers.put_plan_in_force_for_cohort, told.cohort())
    return told


@pytest.fixture
def draft(sessions):
    """Let the worker do what waits."""

    async def run():
        from services.curriculum.handlers import on

        done = 0
        while await do_one(on, sessions):
            done += 1
        return done

    return run


@pytest.fixture
def voters(token_for, planned):
    """Two members of each panel."""
    college = [token_for("panel-college", college_id=planned.college_id) for _ in range(2)]
    enterprise = [token_for("panel-enterprise", enterprise_id=planned.enterprise_id) for _ in range(2)]
    return {"college": college, "enterprise": enterprise}


__all__ = ["draft_revision"]
