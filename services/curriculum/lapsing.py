"""What a teacher holds ends on a day: those who plan are told some weeks before, and again when it is renewed."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum.later import on
from services.curriculum.people import Teacher
from services.curriculum.staffing import asks_for_plant
from services.curriculum.teachable import taught
from shared.events.curriculum import QualificationEnding, QualificationRenewed
from shared.messaging import Timer, emit, today

__all__ = ["on"]
NOTICE = timedelta(days=60)
"""How long before its last day: a renewal takes weeks. Configuration."""


def watch(
    session: AsyncSession, teacher: Teacher, before: Mapping[str | None, date | None], day: date
) -> None:
    """What has another last day than before is looked at again; what was said to end and now ends later is said."""
    who = {"teacher_id": teacher.teacher_id, "college_id": teacher.college_id}
    for name, until in teacher.ends().items():
        had = before.get(name)
        if name in before and had == until:
            continue
        if had and had - NOTICE <= day and (until is None or until > had):
            emit(session, QualificationRenewed(**who, qualification=name, ends_on=until))
            teacher.renew(name)
        if until and until >= day:
            due = until - NOTICE
            session.add(Timer.at(due, warn_before_qualification_ends, teacher.teacher_id, name, until))


@on.due
async def warn_before_qualification_ends(
    teacher_id: UUID, qualification: str | None, ends_on: date, session: AsyncSession
) -> QualificationEnding | None:
    """Nothing where it has another last day by now, was said already, or ended before anybody looked."""
    teacher = await session.get(Teacher, teacher_id, with_for_update=True)
    if teacher is None or teacher.ends().get(qualification) != ends_on or ends_on < await today(session):
        return None
    if teacher.was_announced(qualification, ends_on):
        return None
    teacher.announce(qualification, ends_on)
    asking = [
        module.module
        for _, module in await taught(session, teacher.college_id)
        if module.module in teacher.modules
        and (qualification in module.qualifications if qualification else asks_for_plant(module))
    ]
    return QualificationEnding(
        teacher_id=teacher_id,
        college_id=teacher.college_id,
        qualification=qualification,
        ends_on=ends_on,
        modules=asking,
    )
