"""What a college calls the qualifications that its modules ask for and its teachers hold, in both languages."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlmodel import col, select

from services.curriculum.people import Qualification
from services.curriculum.voting import Coordinator
from shared.errors import Invalid
from shared.events.base import Code, Text
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter(prefix="/curriculum/v1/qualifications", tags=["teachers"])


@router.put("/{code}")
async def name_qualification(
    code: Annotated[Code, Path()], title: Text, person: Coordinator, transaction: Transaction
) -> Qualification:
    """Called so from now on, wherever a person reads it; its code stays what systems say."""
    if person.college_id is None:
        raise Invalid("whose qualification is it? Sign in as a coordinator of a college", field="college_id")
    named = Qualification(college_id=person.college_id, code=code, title=title.model_dump())
    return await transaction.merge(named)


@router.get("")
async def list_qualifications(person: SignedIn, transaction: Transaction) -> list[Qualification]:
    wanted = select(Qualification).order_by(col(Qualification.code))
    wanted = wanted.where(Qualification.college_id == person.college_id) if person.college_id else wanted
    return list(await transaction.scalars(wanted))
