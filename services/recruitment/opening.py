"""How programmes and intakes come to be: template, seats and rules checked against one another. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.recruitment.model import Agreement, Programme
from services.recruitment.refusals import (
    EnterpriseNotInProgramme,
    IntakeDates,
    ReservesTooLarge,
    SeatsMissing,
    TemplateUnusable,
    TooManySeats,
)
from shared import programmes
from shared.events.base import Text
from shared.events.recruitment import IntakeOpened, ProgrammeOpened
from shared.programmes.grammar import Selection, SourceGroup, Template


def resolve(template: str | dict[str, Any]) -> Template:
    """A template by its code, or one that is written out."""
    try:
        return programmes.load(template) if isinstance(template, str) else Template.model_validate(template)
    except ValidationError as broken:
        first = broken.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "template"
        raise TemplateUnusable(f"{where}: {first['msg']}", field=f"template.{where}") from broken
    except (LookupError, OSError, ValueError) as unknown:
        raise TemplateUnusable(str(unknown), field="template") from unknown


def open_programme(
    agreement: Agreement,
    template: Template,
    programme_id: UUID,
    *,
    title: Text | None,
    enterprise_ids: Sequence[UUID],
    position_ids: Sequence[UUID],
    on: date,
) -> ProgrammeOpened:
    """A programme under an agreement; the enterprise of the agreement always takes part."""
    others = [each for each in enterprise_ids if each != agreement.enterprise_id]
    return ProgrammeOpened(
        programme_id=programme_id,
        agreement_id=agreement.agreement_id,
        college_id=agreement.college_id,
        enterprise_ids=[agreement.enterprise_id, *others],
        title=title or template.title,
        template=template,
        position_ids=list(position_ids),
        opened_on=on,
    )


def open_intake(  # noqa: PLR0913 - the parts of the fact
    programme: Programme,
    intake_id: UUID,
    *,
    year: int,
    opens_on: date,
    closes_on: date,
    seats: int | None,
    selection: Selection | None,
    groups: Sequence[SourceGroup] | None,
    enterprise_id: UUID | None,
    taken: int,
) -> tuple[IntakeOpened, Selection, Sequence[SourceGroup]]:
    """A round with the rules that hold for it: those of the template, where the round has none of its own."""
    template = Template.model_validate(programme.template)
    selection = selection or template.selection
    groups = template.source_groups if groups is None else groups
    seats = seats or selection.seats or selection.maximum
    if seats is None:
        raise SeatsMissing(field="seats")
    if closes_on < opens_on:
        raise IntakeDates(f"{opens_on} to {closes_on}", field="closes_on")
    if enterprise_id is not None and str(enterprise_id) not in programme.enterprise_ids:
        raise EnterpriseNotInProgramme(str(enterprise_id), field="enterprise_id")
    enterprises = len(programme.enterprise_ids) if enterprise_id is None else 1
    if selection.maximum is not None and taken + seats > selection.maximum * enterprises:
        left = selection.maximum * enterprises - taken
        raise TooManySeats(f"{seats} asked, {left} left in {year}", field="seats", left=left)
    if sum(group.reserved_share for group in groups) > 1 + 1e-9:
        raise ReservesTooLarge(field="source_groups")
    opened = IntakeOpened(
        intake_id=intake_id,
        programme_id=programme.programme_id,
        year=year,
        seats=seats,
        opens_on=opens_on,
        closes_on=closes_on,
    )
    return opened, selection, groups
