"""The tables of recruitment. `apply` is the only place where a row follows from a fact."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.events.enterprise import AgreementSigned
from shared.events.recruitment import (
    ApplicantRefused,
    ApplicantSelected,
    IntakeClosed,
    IntakeRefused,
    ProgrammeOpened,
    Trainee,
)


class Table(SQLModel, registry=registry()):
    """The tables of this service alone."""


class Agreement(Table, table=True):
    """A signed contract with its promises, as the enterprise reported it."""

    agreement_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    college_id: UUID
    signed_on: date
    promises: list[dict[str, Any]] = Field(sa_type=JSONB)

    def apply(self, signed: AgreementSigned) -> None:
        """A later report replaces what was promised."""
        self.signed_on = signed.signed_on
        self.promises = signed.model_dump(mode="json")["promises"]


class Programme(Table, table=True):
    """One training scheme under an agreement, with its template resolved."""

    programme_id: UUID = Field(primary_key=True)
    agreement_id: UUID
    college_id: UUID
    enterprise_ids: list[str] = Field(sa_type=JSONB)
    title: dict[str, str] = Field(sa_type=JSONB)
    template: dict[str, Any] = Field(sa_type=JSONB)
    position_ids: list[str] = Field(sa_type=JSONB)
    opened_on: date

    @classmethod
    def from_event(cls, opened: ProgrammeOpened) -> "Programme":
        plain = opened.model_dump(include={"programme_id", "agreement_id", "college_id", "opened_on"})
        as_json = opened.model_dump(mode="json", exclude=set(plain))
        return cls(**plain, **as_json)


class IntakeState(StrEnum):
    """Where an intake is."""

    OPEN = "open"
    DECIDING = "deciding"
    SELECTED = "selected"
    REFUSED = "refused"
    MERGED = "merged"
    ENROLLED = "enrolled"


class Intake(Table, table=True):
    """One recruitment round. The seed of its lottery is kept here and shown only after the run."""

    intake_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    enterprise_id: UUID | None = None
    year: int
    seats: int
    opens_on: date
    closes_on: date
    selection: dict[str, Any] = Field(sa_type=JSONB)
    source_groups: list[dict[str, Any]] = Field(sa_type=JSONB)
    seed: str
    seed_hash: str
    state: str = IntakeState.OPEN
    run_id: UUID | None = None
    merged_into: UUID | None = None
    applicants: int = 0
    eligible: int = 0
    selected: int = 0
    waiting: int = 0

    def apply(self, closed: IntakeClosed | IntakeRefused, run_id: UUID, joins: UUID | None = None) -> None:
        """How the selection ended: decided, decided and joined to another intake's class, or refused."""
        self.run_id, self.merged_into = run_id, joins
        if isinstance(closed, IntakeRefused):
            self.state = IntakeState.REFUSED
            return
        self.state = IntakeState.MERGED if joins else IntakeState.SELECTED
        self.applicants = closed.applicants
        self.eligible = closed.eligible
        self.selected = closed.selected
        self.waiting = closed.waiting


class Applicant(Table, table=True):
    """A person. The only place in the system where a name or number of a person is kept."""

    __table_args__ = (UniqueConstraint("college_id", "person_number"),)

    applicant_id: UUID = Field(primary_key=True)
    college_id: UUID
    name: str = ""
    person_number: str | None = None
    employee_id: UUID | None = Field(default=None, unique=True)
    born_on: date | None = None


class Code(Table, table=True):
    """What opens the page of an application to its applicant: the hash of a code on a letter, until a day."""

    application_id: UUID = Field(primary_key=True)
    code_hash: str = Field(unique=True)
    expires_on: date


class ApplicationState(StrEnum):
    """Where an application is."""

    SUBMITTED = "submitted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ENROLLED = "enrolled"


STATE_OF_REASON = {
    "placed-elsewhere": ApplicationState.ELSEWHERE,
    "below-cutoff": ApplicationState.WAITING,
    "declined": ApplicationState.DECLINED,
    "expired": ApplicationState.EXPIRED,
    "withdrawn": ApplicationState.WITHDRAWN,
}


class Application(Table, table=True):
    """A person's application to an intake and the offer that came of it. A person holds one offer at most."""

    __table_args__ = (
        UniqueConstraint("intake_id", "applicant_id"),
        Index(
            "one_offer_per_person",
            "applicant_id",
            unique=True,
            postgresql_where=text("state IN ('offered', 'accepted')"),
        ),
    )

    application_id: UUID = Field(primary_key=True)
    intake_id: UUID = Field(index=True)
    applicant_id: UUID
    enterprise_id: UUID
    enterprise_number: str | None = None
    preference: int = 1
    status: str
    hired_on: date | None = None
    direction: str | None = None
    facts: dict[str, Any] = Field(sa_type=JSONB)
    state: str = ApplicationState.SUBMITTED
    score: float | None = None
    pool: str | None = None
    cutoff: float | None = None
    waiting_place: int | None = None
    reason: str | None = None
    failed: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    offered_on: date | None = None
    expires_on: date | None = None
    withdrawn_by: str | None = None

    def apply(self, verdict: ApplicantSelected | ApplicantRefused, on: date) -> None:
        """What the applicant was told on a day."""
        if isinstance(verdict, ApplicantSelected):
            self.state, self.reason = ApplicationState.OFFERED, None
            self.pool, self.offered_on, self.expires_on = verdict.pool, on, verdict.expires_on
            self.score, self.cutoff, self.waiting_place = verdict.score, verdict.cutoff, None
            return
        self.state = STATE_OF_REASON.get(verdict.reason, ApplicationState.REFUSED)
        self.reason, self.pool, self.expires_on = verdict.reason, None, None
        self.waiting_place = verdict.waiting_place
        if verdict.score is not None:
            self.score, self.cutoff = verdict.score, verdict.cutoff


class Run(Table, table=True):
    """The stored input of a selection: `tailored match` on it gives the same result."""

    run_id: UUID = Field(primary_key=True)
    ran_on: date
    seed: str
    market: dict[str, Any] = Field(sa_type=JSONB)
    closed: list[str] = Field(default_factory=list, sa_type=JSONB)
    cutoffs: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class Cohort(Table, table=True):
    """All trainees of one intake, or a class formed from running cohorts."""

    cohort_id: UUID = Field(primary_key=True)
    programme_id: UUID
    intake_id: UUID | None = Field(default=None, unique=True)
    college_id: UUID
    year: int
    title: dict[str, str] = Field(sa_type=JSONB)
    first_monday: date
    ends_on: date
    formed_from: list[str] = Field(default_factory=list, sa_type=JSONB)


class Enrolled(Table, table=True):
    """One trainee of a cohort, and the person behind the number."""

    __table_args__ = (UniqueConstraint("college_id", "college_number"),)

    trainee_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(index=True)
    applicant_id: UUID = Field(index=True)
    application_id: UUID
    college_id: UUID
    college_number: str
    trainee: dict[str, Any] = Field(sa_type=JSONB)
    withdrew_on: date | None = None

    def as_trainee(self) -> Trainee:
        return Trainee.model_validate(self.trainee)
