"""Who may see what: staff all, an enterprise its own, mentors, trainees and teachers their own."""

from typing import Annotated
from uuid import UUID

from services.placement.model import Mentor
from shared.errors import Forbidden, Invalid, NotFound
from shared.web.identity import Person, Role, require

STAFF = (Role.COORDINATOR, Role.TEACHER, Role.MANAGER, Role.PANEL_COLLEGE, Role.OPERATOR, Role.ADMIN)
Staff = Annotated[Person, require(*STAFF)]
Viewer = Annotated[Person, require(*STAFF, Role.PANEL_ENTERPRISE, Role.INTEGRATOR, Role.MENTOR)]
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class NoSuchCohort(NotFound):
    """There is no such cohort, or it is not yours to see."""

    code = "E-PLC-404"
    zh = "没有这个班，或您无权查看。"


class NoSuchMentor(NotFound):
    """There is no such mentor, or it is not yours to see."""

    code = "E-PLC-405"
    zh = "没有这位师傅，或您无权查看。"


class NoSuchTrainee(NotFound):
    """There is no such trainee, or it is not yours to see."""

    code = "E-PLC-406"
    zh = "没有这名学员，或您无权查看。"


class NoSuchCalendar(NotFound):
    """This calendar address is not valid, or has been revoked."""

    code = "E-PLC-407"
    zh = "日历地址无效或已被撤销。"
    remedy = "Ask for a new address on your calendar page."
    remedy_zh = "请在“我的日历”页面重新获取。"


class WeeksOutOfOrder(Invalid):
    """The last week lies before the first, or the span is longer than two years."""

    code = "E-PLC-422"
    zh = "结束周早于开始周，或跨度超过两年。"


class NotAMonday(Invalid):
    """A holiday week is named by its Monday."""

    code = "E-PLC-423"
    zh = "假期周须以其星期一的日期表示。"


def only_enterprise(person: Person) -> UUID | None:
    """The one enterprise whose things this person may see; none for staff, who see all."""
    if person.has(*STAFF):
        return None
    if person.enterprise_id is None:
        raise Forbidden
    return person.enterprise_id


def may_see_mentor(person: Person, mentor: Mentor | None, mentor_id: UUID) -> Mentor:
    """The mentor, to staff, to the mentor, and to the mentor's enterprise."""
    own = person.has(Role.MENTOR) and person.person_id == mentor_id
    same = mentor is not None and person.enterprise_id == mentor.enterprise_id
    if mentor is None or not (
        own or person.has(*STAFF) or (same and not person.has(Role.MENTOR, Role.TRAINEE))
    ):
        raise NoSuchMentor(str(mentor_id))
    return mentor


def own_or_staff(person: Person, person_id: UUID, role: Role) -> None:
    """A trainee or teacher sees their own; staff see all."""
    if not person.has(*STAFF) and not (person.has(role) and person.person_id == person_id):
        raise NoSuchTrainee(str(person_id))
