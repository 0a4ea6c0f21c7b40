"""What people and programs can ask of placement over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.placement import queries, view
from services.placement.access import (
    Coordinator,
    NoSuchCohort,
    NoSuchMentor,
    NotAMonday,
    Viewer,
    only_enterprise,
)
from services.placement.groups import end_of, missing_proofs
from services.placement.model import Cohort, Member, Mentor, Programme, Timetable
from services.placement.papers import Holiday, Proof
from services.placement.reconsidering import ask
from services.placement.rule_packs import PACKS, PROOFS
from shared.messaging import today
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.identity import Role, SignedIn

router = APIRouter(prefix="/placement/v1", tags=["placement"])


class Body(BaseModel):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class MentorName(Body):
    """A name for people to read; no event carries it."""

    name: str = Field(min_length=1, max_length=100)


class NewProof(Body):
    """A paper that a trainee has shown."""

    trainee_id: UUID
    proof: str = Field(min_length=1, max_length=64)
    valid_from: date
    valid_until: date | None = None


class NewProofs(Body):
    """Many at once."""

    proofs: list[NewProof] = Field(min_length=1, max_length=5000)


class HolidayWeeks(Body):
    """All weeks without teaching of a college, by their Mondays."""

    college_id: UUID
    mondays: list[date] = Field(max_length=200)


@router.get("/cohorts")
async def list_cohorts(transaction: Transaction, _: Viewer) -> list[dict[str, Any]]:
    found = []
    for cohort in (
        await transaction.scalars(select(Cohort).order_by(col(Cohort.first_monday), col(Cohort.cohort_id)))
    ).all():
        last = await transaction.get(Timetable, (cohort.cohort_id, cohort.timetable_version))
        found.append(view.cohort(cohort, last))
    return found


@router.post("/cohorts/{cohort_id}/reconsider", status_code=202)
async def reconsider(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> dict[str, str]:
    if await queries.cohort_of(transaction, cohort_id) is None:
        raise NoSuchCohort(str(cohort_id))
    await ask(transaction, col(Cohort.cohort_id) == cohort_id)
    return {"status": "computing"}


@router.get("/stations")
async def list_stations(transaction: Transaction, person: Viewer) -> list[dict[str, Any]]:
    floor, day, only = await queries.floor(transaction), await today(transaction), only_enterprise(person)
    found = []
    for station_id in floor.stations():
        known = floor.offered(station_id, day) or floor.known(station_id)
        if known and (only is None or known.enterprise_id == only):
            found.append(
                {
                    "station_id": station_id,
                    "title": known.station.title,
                    "workshop_id": known.workshop_id,
                    "workshop": known.workshop,
                    "enterprise_id": known.enterprise_id,
                    "seats": known.station.seats,
                    "mentors": len(floor.mentors(station_id, day)),
                    "capacity": floor.seats(station_id, day),
                    "competencies": known.station.competencies,
                }
            )
    return found


@router.get("/mentors")
async def list_mentors(transaction: Transaction, person: Viewer) -> list[Mentor]:
    wanted, only = (
        select(Mentor).order_by(col(Mentor.workshop_id), col(Mentor.mentor_id)),
        only_enterprise(person),
    )
    if only:
        wanted = wanted.where(col(Mentor.enterprise_id) == only)
    if person.has(Role.MENTOR):
        wanted = wanted.where(col(Mentor.mentor_id) == person.person_id)
    return list((await transaction.scalars(wanted)).all())


@router.put("/mentors/{mentor_id}/name", status_code=204)
async def name_mentor(mentor_id: UUID, body: MentorName, transaction: Transaction, person: Viewer) -> None:
    mentor = await transaction.get(Mentor, mentor_id, with_for_update=True)
    own = (
        mentor is not None
        and person.has(Role.PANEL_ENTERPRISE, Role.INTEGRATOR)
        and person.enterprise_id == mentor.enterprise_id
    )
    if mentor is None or not (person.has(Role.COORDINATOR) or own):
        raise NoSuchMentor(str(mentor_id))
    mentor.name = body.name


@router.post("/proofs", status_code=201)
async def keep_proofs(body: NewProofs, transaction: Transaction, _: Coordinator) -> dict[str, int]:
    rows = {(new.trainee_id, new.proof, new.valid_from): _row(new) for new in body.proofs}
    keep = insert(Proof).values(
        [rows[key] for key in sorted(rows)]
    )  # sorted: two who send the same at once wait, in order
    newer = {"valid_until": keep.excluded.valid_until}
    await transaction.execute(keep.on_conflict_do_update(constraint="proof_pkey", set_=newer))
    trainees = {new.trainee_id for new in body.proofs}
    touched = select(col(Member.cohort_id)).where(col(Member.trainee_id).in_(trainees))
    await ask(transaction, col(Cohort.cohort_id).in_(touched))
    return {"kept": len(body.proofs)}


def _row(new: NewProof) -> dict[str, Any]:
    rule = PROOFS.get(new.proof)
    end = new.valid_until or end_of(new.valid_from, rule.valid_for if rule else None)
    return {
        "trainee_id": new.trainee_id,
        "proof": new.proof,
        "valid_from": new.valid_from,
        "valid_until": end,
    }


@router.get("/cohorts/{cohort_id}/proofs")
async def missing(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> list[dict[str, Any]]:
    cohort = await queries.cohort_of(transaction, cohort_id)
    if cohort is None:
        raise NoSuchCohort(str(cohort_id))
    programme = await transaction.get(Programme, cohort.programme_id)
    proofs = await queries.proofs_of(transaction, cohort_id)
    if programme is None:
        return []
    template, day = Template.model_validate(programme.content["template"]), await today(transaction)
    members = (await transaction.scalars(select(Member).where(col(Member.cohort_id) == cohort_id))).all()
    found = []
    for member in members:
        papers = [proof for proof in proofs if proof.trainee_id == member.trainee_id]
        lacking = missing_proofs(template, member.status, papers, max(day, cohort.first_monday))
        if lacking and member.withdrew_on is None:
            found.append({"trainee_id": member.trainee_id, "missing": lacking})
    return found


@router.put("/holidays", status_code=204)
async def keep_holidays(body: HolidayWeeks, transaction: Transaction, _: Coordinator) -> None:
    for at, monday in enumerate(body.mondays):
        if monday.weekday():
            raise NotAMonday(str(monday), field=f"mondays[{at}]")
    await transaction.execute(delete(Holiday).where(col(Holiday.college_id) == body.college_id))
    transaction.add_all(
        Holiday(college_id=body.college_id, monday=monday) for monday in sorted(set(body.mondays))
    )
    await ask(transaction, col(Cohort.college_id) == body.college_id)


@router.get("/rule-packs")
async def list_rule_packs(_: SignedIn) -> list[dict[str, Any]]:
    return [
        {
            "pack": pack.pack,
            "title": pack.title,
            "of": pack.of,
            "rules": list(pack.rules),
            "proofs": list(pack.proofs.values()),
        }
        for pack in PACKS.values()
    ]
