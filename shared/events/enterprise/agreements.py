"""What an enterprise has promised, and what it has delivered."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.events.base import Value
from shared.events.enterprise.public import Amount, PublicEvent


class PromiseKind(StrEnum):
    """What an agreement can promise."""

    SEATS = "seats"
    TUITION = "tuition"
    STATIONS_PER_WEEK = "stations_per_week"
    MENTOR_RATIO = "mentor_ratio"
    JOBS = "jobs"
    SALARY_BAND = "salary_band"


class Promise(Value):
    """One promise that can be checked: so much of something by a date."""

    promise_id: UUID
    kind: PromiseKind
    amount: Amount = Field(description="seats, CNY, stations, trainees per mentor, jobs, or CNY a month")
    due_on: date


class AgreementSigned(PublicEvent):
    """College and enterprise have signed a contract whose promises can be checked."""

    key = "agreement_id"
    agreement_id: UUID
    college_id: UUID
    signed_on: date
    promises: list[Promise] = Field(default_factory=list, max_length=50)


class PromiseKept(PublicEvent):
    """The enterprise states that it has delivered part or all of a promise of an agreement."""

    key = "agreement_id"
    agreement_id: UUID
    promise_id: UUID
    amount: Amount
    occurred_on: date
