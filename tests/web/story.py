"""A small steel programme with a confirmed gap, told to every service as delivery would tell it."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from shared.events.base import Requirement, Text
from shared.events.curriculum import FrameworkPublished
from shared.events.enterprise import (
    EmployeeHired,
    EmployeeLeft,
    EmployeePromoted,
    LeavingReason,
    MentorNamed,
    PositionPublished,
    Station,
    StationsOffered,
    TraineeRated,
)
from shared.events.feedback import Attribution, GapConfirmed
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import Competency
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee
from shared.programmes.grammar import Template
from shared.web.personas import COLLEGE, JINGYE, PERSONAS, ROOT

TODAY = date(2021, 12, 6)


def id_of(name: str) -> UUID:
    return uuid5(ROOT, f"story {name}")


def text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


COMPETENCIES = {
    "endpoint": text("终点温度控制", "End-point temperature control"),
    "safety": text("安全操作", "Safe working"),
    "drawing": text("识图与测量", "Drawings and measuring"),
    "casting": text("连铸操作", "Continuous casting"),
}
TITLE = text("敬业集团 · 冶金工程 2021 级", "Jingye Steel · Metallurgical Engineering 2021")
TEMPLATE = Template.model_validate({
    "template": "steel", "title": {"zh": "冶金工程", "en": "Metallurgical Engineering"}, "source": "made for a test",
    "steps": ["intake"],
    "phases": [
        {"phase": "foundation", "title": {"zh": "集中基础阶段", "en": "Foundation"},
         "length": {"amount": 4, "unit": "week"}, "settings": ["theory"], "hours_per_week": 25},
        {"phase": "turns", "title": {"zh": "工学交替阶段", "en": "Alternation"},
         "length": {"amount": 24, "unit": "week"}, "settings": ["theory", "workshop"],
         "cycle": {"theory_weeks": 3, "workshop_weeks": 1}, "hours_per_week": 20},
    ],
})  # fmt: skip


def module(
    code: str, zh: str, en: str, phase: str, theory: float, workshop: float = 0, **more: Any
) -> dict[str, Any]:
    hours = {"theory": theory, "workshop": workshop}
    return {"module": code, "title": {"zh": zh, "en": en}, "phase": phase, "hours": hours, **more}


MODULES = [
    module("safety", "钢铁企业安全", "Safety in a steel plant", "foundation", 40, contribution={"safety": 1}, locked=True),
    module("drawing", "机械识图", "Technical drawing", "foundation", 40, contribution={"drawing": 1}),
    module("steelmaking", "转炉炼钢操作", "Converter steelmaking", "turns", 80, 40,
           contribution={"endpoint": 2, "drawing": 0.5}, prerequisites=["safety"],
           practised_at=[str(id_of("station 1")), str(id_of("station 2"))]),
    module("casting", "连续铸钢", "Continuous casting", "turns", 80, 40, contribution={"casting": 2}),
    module("culture", "企业文化与班组管理", "Company culture and shift work", "turns", 60, 40, contribution={"drawing": 0.1}),
]  # fmt: skip
TRAINEES = [
    Trainee(
        trainee_id=id_of(f"trainee {n}"), enterprise_id=JINGYE, college_number=f"C2021-{n:03}",
        enterprise_number=f"JY21-{n:04}", status="student", group="A1" if n < 6 else "A2",
    )
    for n in range(1, 11)
]  # fmt: skip
POSITION = PositionPublished(
    enterprise_id=JINGYE, position_id=id_of("position"), title=text("转炉炼钢工", "Converter operator"),
    profile=[Requirement(competency=code, level=4, importance=3) for code in COMPETENCIES],
)  # fmt: skip
PROGRAMME = ProgrammeOpened(
    programme_id=id_of("programme"), agreement_id=id_of("agreement"), college_id=COLLEGE, enterprise_ids=[JINGYE],
    title=text("敬业集团 · 冶金工程", "Jingye Steel · Metallurgical Engineering"), template=TEMPLATE,
    position_ids=[POSITION.position_id], opened_on=date(2021, 1, 4),
)  # fmt: skip
COHORT = CohortEnrolled(
    cohort_id=id_of("cohort"), programme_id=PROGRAMME.programme_id, intake_id=None, college_id=COLLEGE, year=2021,
    title=TITLE, first_monday=date(2021, 9, 6), trainees=TRAINEES,
)  # fmt: skip
FRAMEWORK = FrameworkPublished(
    framework_id=id_of("framework"), framework_version=1,
    competencies=[Competency(code=code, title=title) for code, title in COMPETENCIES.items()],
)  # fmt: skip
PACKAGE = Path(__file__).parents[1] / "curriculum/data/case/opensalt_item_type.json"
CASE = json.loads(PACKAGE.read_text())["CFDocument"]["identifier"]
STATIONS = StationsOffered(
    enterprise_id=JINGYE, workshop_id=id_of("workshop"), title=text("转炉车间", "Converter shop"),
    stations=[
        Station(station_id=id_of(f"station {n}"), title=text(f"{n} 号转炉", f"Converter {n}"), seats=10,
                competencies=list(COMPETENCIES))
        for n in (1, 2)
    ],
    effective_from=date(2021, 9, 1),
)  # fmt: skip
MENTORS = [
    MentorNamed(
        enterprise_id=JINGYE, mentor_id=PERSONAS[slug].person_id, workshop_id=STATIONS.workshop_id,
        station_id=id_of(f"station {n}"), ratio=10, effective_from=date(2021, 9, 1),
    )
    for n, slug in ((1, "mentor"), (2, "mentor-2"))
]  # fmt: skip
GAP = GapConfirmed(
    gap_id=id_of("gap"), programme_id=PROGRAMME.programme_id, cohort_id=COHORT.cohort_id, plan_id=id_of("plan"),
    plan_version=1, competency="endpoint", required=4, estimate=3.4, low=3.1, high=3.7, uncorrected_mean=3.3,
    ratings=60, trainees=30, mentors=4, stations=2, rule="mentor-means/1", evidence_until=date(2021, 12, 1), comments=2,
    sources=[
        Attribution(source="module", verdict="likely", reason="only-module", which="steelmaking"),
        Attribution(source="workshop", verdict="unlikely", reason="alike", difference=0.1, low=-0.2, high=0.4),
        Attribution(source="intake", verdict="not-identifiable", reason="no-earlier-intake"),
        Attribution(source="rater", verdict="unlikely", reason="without-any-one-mentor-too"),
    ],
)  # fmt: skip


async def enrol(system: Any, day: date) -> None:
    """A programme with its stations, mentors, cohort and plan, as they stand on this day."""
    await system.say(ClockAdvanced(today=day))
    await system.say(POSITION, STATIONS, *MENTORS, PROGRAMME, FRAMEWORK, COHORT)
    plan = {"plan_id": str(id_of("plan")), "modules": MODULES}

    async def published() -> bool:
        answer = await system.ask(
            "coordinator", "POST", f"/curriculum/v1/programmes/{PROGRAMME.programme_id}/plans", json=plan
        )
        return answer.status_code in {201, 409}

    await system.until(published, "the plan")


async def tell(system: Any) -> UUID:
    """All of that, and months later a confirmed gap; returns the id of the revision that it opens."""
    await enrol(system, TODAY)
    await system.say(GAP)
    return UUID(await system.until(lambda: drafted(system), "the draft"))


async def ask_cases(system: Any) -> None:
    """Two common cases, one of them rated by a mentor."""
    path = f"/feedback/v1/programmes/{PROGRAMME.programme_id}/vignettes"
    told = text(
        "出钢前忘记一次测温，经提醒后独立完成。", "Forgot to measure once before tapping, then did it alone."
    )
    case = {"competency": "endpoint", "story": told.model_dump(), "agreed": 3, "agreed_by": "both-panels"}
    for number in (1, 2):
        vignette = str(id_of(f"vignette {number}"))
        await system.ask("coordinator", "POST", path, json=case | {"vignette_id": vignette})
    answer = f"/feedback/v1/vignettes/{id_of('vignette 1')}/answers"
    await system.ask("mentor", "POST", answer, json={"level": 2})


async def agree_steps(system: Any) -> None:
    """Four steps of one competency, which a mentor may answer with yes or no."""
    words = (
        ("戴好护具", "Wears protection"),
        ("按时测温", "Measures in time"),
        ("独立出钢", "Taps alone"),
        ("记录", "Records"),
    )
    steps = [text(*each).model_dump() for each in words]
    path = f"/feedback/v1/programmes/{PROGRAMME.programme_id}/steps/safety"
    await system.ask("coordinator", "PUT", path, json={"steps": steps})


async def contest_severity(system: Any) -> None:
    """A mentor contests, is answered, and contests again."""
    path = f"/feedback/v1/mentors/{MENTORS[0].mentor_id}/report/contests"
    first = await system.ask("mentor", "POST", path, json={"comment": "学员刚入厂一周。 / They were new."})
    answer = f"/feedback/v1/contests/{first.json()['contest_id']}/answer"
    await system.ask(
        "coordinator", "POST", answer, json={"answer": "只计到期后的评价。 / Only due ratings count."}
    )
    await system.ask("mentor", "POST", path, json={"comment": "仍不认同。 / I still disagree."})


async def write_comments(system: Any) -> None:
    """Two ratings with a comment, one of them about nothing that the plan asks for."""
    rated = TraineeRated(
        enterprise_id=JINGYE, rating_id=id_of("rating 1"), trainee_id=TRAINEES[0].trainee_id,
        mentor_id=MENTORS[0].mentor_id, competency="endpoint", level=2, observed_on=TODAY,
        comment="终点温度判断不准，补吹次数多；安全帽戴得规范。",
    )  # fmt: skip
    late = {"rating_id": id_of("rating 2"), "comment": "Came ten minutes late on Tuesday."}
    await system.say(rated, rated.model_copy(update=late))

    async def there() -> bool:
        path = f"/feedback/v1/comments?cohort_id={COHORT.cohort_id}"
        return len((await system.ask("coordinator", "GET", path)).json()) == 2

    await system.until(there, "the comments")


async def employ(system: Any) -> None:
    """Eight were hired two years ago; one has left, one was promoted, so that there is a curve to draw."""
    for number, trainee in enumerate(TRAINEES[:8]):
        by = {
            "enterprise_id": JINGYE,
            "employee_id": id_of(f"employee {number}"),
            "position_id": id_of("position"),
        }
        await system.say(EmployeeHired(**by, trainee_id=trainee.trainee_id, occurred_on=date(2019, 10, 1)))
    one, two = ({"enterprise_id": JINGYE, "employee_id": id_of(f"employee {number}")} for number in (0, 1))
    await system.say(
        EmployeeLeft(**one, reason=LeavingReason.RESIGNED, occurred_on=date(2020, 8, 1)),
        EmployeePromoted(**two, position_id=id_of("position"), occurred_on=date(2021, 2, 1)),
    )

    async def there() -> bool:
        path = f"/feedback/v1/employment?cohort_id={COHORT.cohort_id}"
        found = (await system.ask("manager", "GET", path)).json()["cohort"]
        return found["n"] == 8 and [len(one["curve"]) for one in found["incidence"]] == [2, 2, 2]

    await system.until(there, "the employment of graduates")


async def take_package(system: Any) -> None:
    """A framework that others wrote."""
    await system.ask("coordinator", "POST", "/curriculum/v1/frameworks/case", content=PACKAGE.read_bytes())


async def drafted(system: Any) -> str | None:
    answer = await system.ask("coordinator", "GET", "/curriculum/v1/revisions")
    found = [one["revision_id"] for one in answer.json() if one["content_hash"]]
    return found[0] if found else None


async def workshop_week(system: Any) -> tuple[str, UUID]:
    """Move the clock into a week in which a group is at a station; returns that mentor's persona and id."""

    async def stints() -> Any:
        answer = await system.ask("coordinator", "GET", f"/placement/v1/cohorts/{COHORT.cohort_id}/timetable")
        return answer.json().get("stints")

    stint = (await system.until(stints, "a timetable"))[-1]
    await system.say(ClockAdvanced(today=date.fromisoformat(stint["monday"])))
    number = 1 if stint["station_id"] == str(id_of("station 1")) else 2
    return ("mentor", "mentor-2")[number - 1], MENTORS[number - 1].mentor_id
