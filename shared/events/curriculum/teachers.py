"""What teachers teach, where they go to learn, and when they count as dual-qualified."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Requirement


class TeacherAssigned(Event):
    """A teacher of a college teaches these modules from now on. The whole list, each time. No name travels."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    modules: list[Code] = Field(max_length=50)


class SecondmentPlanned(Event):
    """A teacher goes to a plant for some weeks, with goals. It has a place on the calendar."""

    key = "secondment_id"
    secondment_id: UUID
    teacher_id: UUID
    enterprise_id: UUID
    workshop_id: UUID | None
    first_day: date
    last_day: date
    goals: list[Code] = Field(description="competencies to learn")


class SecondmentReported(Event):
    """A teacher came back and says what the plan must change."""

    key = "secondment_id"
    secondment_id: UUID
    teacher_id: UUID
    programme_id: UUID | None
    reported_on: date
    learnt: list[Code]
    requirements: list[Requirement] = Field(description="what should now be asked, if anything changed")


class TeacherQualified(Event):
    """A teacher counts as dual-qualified from a day until a day, or no longer does (until in the past)."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    dual_from: date
    dual_until: date


class QualificationEnding(Event):
    """What a teacher holds ends soon, and these modules that they teach ask for it. Said once, some weeks before."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    qualification: Code | None = Field(description="null: that the teacher counts as dual-qualified")
    ends_on: date
    modules: list[Code]


class QualificationRenewed(Event):
    """A teacher holds longer what was said to end."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    qualification: Code | None = Field(description="null: that the teacher counts as dual-qualified")
    ends_on: date | None = Field(description="null: it does not end")
