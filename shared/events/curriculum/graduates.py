"""What learners take away: projects that credit them, and credentials."""

from datetime import date
from uuid import UUID

from shared.events.base import Code, Event, Text


class ProjectOpened(Event):
    """A joint research platform takes on a problem, with its team and the competencies it builds."""

    key = "project_id"
    project_id: UUID
    programme_id: UUID
    enterprise_id: UUID
    problem: Text
    learner_ids: list[UUID]
    teacher_id: UUID
    mentor_id: UUID
    competencies: list[Code]


class ProjectFinished(Event):
    """A project has ended, and its learners are credited with competencies."""

    key = "project_id"
    project_id: UUID
    credited: dict[UUID, list[Code]]


class CredentialAwarded(Event):
    """A graduate takes this away: who has finished under which plan version, and what that version builds."""

    key = "trainee_id"
    credential_id: UUID
    trainee_id: UUID
    cohort_id: UUID
    title: Text
    degree: bool
    plan_id: UUID
    plan_version: int
    competencies: list[Code]
    awarded_on: date
