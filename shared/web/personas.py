"""People of the demo: generated, named by their role, and absent wherever ENVIRONMENT is not `demo`."""

from collections.abc import Iterator
from uuid import UUID, uuid5

from shared.settings import Settings
from shared.web.identity import Person, Role, Side

ROOT = UUID("7a1f0d3e-5c2b-5e6a-9b1d-0e2c4f6a8b10")
COLLEGE = uuid5(ROOT, "college")
JINGYE = uuid5(ROOT, "enterprise jingye")
MENTORS = 24
"""Mentors of Jingye; `MentorNamed` in the demo uses their `person_id`."""


class PersonasOutsideTheDemo(SystemExit):
    """Personas were asked for where real people sign in: the process does not start."""


def _person(slug: str, name: str, role: Role, **bound: object) -> Person:
    return Person.model_validate(
        {"person_id": uuid5(ROOT, slug), "name": name, "roles": frozenset({role}), **bound}
    )


def _college() -> Iterator[tuple[str, Person]]:
    named = {
        "coordinator": ("专业负责人 / Coordinator", Role.COORDINATOR),
        "teacher": ("教师 / Teacher", Role.TEACHER),
        "manager": ("教学院长 / Dean", Role.MANAGER),
        "operator": ("运维 / Operator", Role.OPERATOR),
        "admin": ("系统管理员 / Administrator", Role.ADMIN),
    }
    for slug, (name, role) in named.items():
        yield slug, _person(slug, name, role, college_id=COLLEGE)
    for number in (1, 2, 3):
        slug = "panel-college" if number == 1 else f"panel-college-{number}"
        name = f"院校评审 {number} / College panel {number}"
        yield slug, _person(slug, name, Role.PANEL_COLLEGE, side=Side.COLLEGE, college_id=COLLEGE)


def _jingye() -> Iterator[tuple[str, Person]]:
    bound = {"side": Side.ENTERPRISE, "enterprise_id": JINGYE}
    yield (
        "integrator",
        _person("integrator", "敬业集团系统对接 / Jingye integrator", Role.INTEGRATOR, **bound),
    )
    for number in (1, 2, 3):
        slug = "panel-enterprise" if number == 1 else f"panel-enterprise-{number}"
        yield (
            slug,
            _person(slug, f"敬业集团评审 {number} / Jingye panel {number}", Role.PANEL_ENTERPRISE, **bound),
        )
    for number in range(1, MENTORS + 1):
        slug = "mentor" if number == 1 else f"mentor-{number}"
        yield slug, _person(slug, f"敬业集团师傅 {number} / Jingye mentor {number}", Role.MENTOR, **bound)


PERSONAS: dict[str, Person] = dict([*_college(), *_jingye()])
"""By the name that `tailored token --persona` and `POST /v1/token` take."""


def check(settings: Settings) -> None:
    """Stop the start where personas are asked for outside the demo."""
    if settings.personas and not settings.demo:
        raise PersonasOutsideTheDemo(
            "PERSONAS is set, but ENVIRONMENT is not `demo`: personas sign in without a password. Unset PERSONAS."
        )
