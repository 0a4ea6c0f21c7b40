"""What recruitment does when something happens elsewhere. Start reading here."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.recruitment import applicants, queries
from services.recruitment.later import on
from services.recruitment.model import Agreement, Intake
from services.recruitment.refusals import BadRows
from shared.errors import NotYetKnown
from shared.events.enterprise import AgreementSigned, EmployeeNominated
from shared.ids import uuid7
from shared.messaging import known, today

__all__ = ["on"]


@on(AgreementSigned, order="snapshot")
async def keep_agreement_with_its_promises(signed: AgreementSigned, session: AsyncSession) -> None:
    agreement = await session.get(Agreement, signed.agreement_id)
    if agreement is None:
        agreement = Agreement(**signed.model_dump(exclude={"promises"}), promises=[])
        session.add(agreement)
    agreement.apply(signed)
    await known(session, "agreement", signed.agreement_id)


@on(EmployeeNominated, order="commutes")
async def take_application_of_nominated_employee(nominated: EmployeeNominated, session: AsyncSession) -> None:
    intake = await session.get(Intake, nominated.intake_id)
    if intake is None:
        raise NotYetKnown("intake", nominated.intake_id)
    applicants.open_for_applications(intake, await today(session))
    programme = await queries.programme_of(session, intake.programme_id)
    new = applicants.application_of(nominated, uuid7())
    problems = await applicants.take(session, intake, programme, [(1, new)])
    if problems:
        raise BadRows(
            problems[0].what.en, field=problems[0].column, problems=[p.model_dump() for p in problems]
        )
