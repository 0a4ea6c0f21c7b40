"""What may be done with an offer or an application, by whom, and until when. Pure."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.recruitment.model import Application, ApplicationState
from services.recruitment.refusals import ApplicationUnknown, NoOpenOffer


def answer(application: Application, on: date) -> None:
    """Only an open offer can be answered, and only until its day."""
    if application.state != ApplicationState.OFFERED:
        raise NoOpenOffer(f"state {application.state}", field="application_id", state=application.state)
    if application.expires_on and on > application.expires_on:
        raise NoOpenOffer(f"it lapsed on {application.expires_on}", field="application_id")


def offers_named(rows: Sequence[Application], named: Sequence[UUID] | None) -> list[Application]:
    """All open offers, or those named, each of which must be there."""
    if named is None:
        return [row for row in rows if row.state == ApplicationState.OFFERED]
    there = {row.application_id: row for row in rows}
    missing = [each for each in named if each not in there]
    if missing:
        raise ApplicationUnknown(", ".join(map(str, missing)), field="application_ids")
    return [there[each] for each in dict.fromkeys(named)]


def withdrawable(application: Application) -> None:
    """What is over cannot be withdrawn; who is enrolled leaves the cohort instead."""
    over = (
        ApplicationState.REFUSED,
        ApplicationState.DECLINED,
        ApplicationState.EXPIRED,
        ApplicationState.ENROLLED,
    )
    if application.state in (*over, ApplicationState.WITHDRAWN):
        raise NoOpenOffer(f"state {application.state}", field="application_id", state=application.state)


def withdrawn_by(person_id: UUID, side: str | None, application: Application) -> str:
    """Which side takes an application back: the applicant, the enterprise or the college."""
    if person_id == application.applicant_id:
        return "applicant"
    return "enterprise" if side == "enterprise" else "college"
