"""How accepted applicants become a cohort: numbers, directions, groups that move together. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.recruitment.model import (
    Applicant,
    Application,
    ApplicationState,
    Cohort,
    Enrolled,
    Intake,
    IntakeState,
    Programme,
)
from services.recruitment.refusals import (
    ClassTooSmall,
    IntakeNotSelected,
    NotMonday,
    OffersStillOpen,
    YearOfStudy,
)
from shared.events.base import Text
from shared.events.recruitment import CohortEnrolled, Trainee
from shared.programmes.grammar import Selection, Template
from shared.programmes.part import Length, Unit


def ready(state: str, everyone: Sequence[Application], selection: Selection) -> list[Application]:
    """The accepted ones, best first, if all offers are answered and the class is large enough."""
    if state != IntakeState.SELECTED:
        raise IntakeNotSelected(f"state {state}", field="intake_id", state=state)
    unanswered = sum(row.state == ApplicationState.OFFERED for row in everyone)
    if unanswered:
        raise OffersStillOpen(str(unanswered), field="intake_id", open=unanswered)
    accepted = [row for row in everyone if row.state == ApplicationState.ACCEPTED]
    if len(accepted) < max(selection.minimum or 1, 1):
        raise ClassTooSmall(
            f"{len(accepted)} of {selection.minimum or 1}", field="intake_id", accepted=len(accepted)
        )
    return sorted(accepted, key=lambda row: (-(row.score or 0), row.application_id))


def directions(wanted: Sequence[str | None], template: Template) -> list[str | None]:
    """Who chose no direction at a branch by direction gets the one with the fewest trainees so far."""
    options = next((branch.options for branch in template.branches if branch.by == "direction"), [])
    if not options:
        return list(wanted)
    taken = Counter(each for each in wanted if each)
    settled: list[str | None] = []
    for each in wanted:
        chosen = each or min(options, key=lambda option: (taken[option], options.index(option)))
        if not each:
            taken[chosen] += 1
        settled.append(chosen)
    return settled


def groups(settled: Sequence[str | None], size: int, plants: Sequence[UUID] | None = None) -> list[str]:
    """Groups of at most `size` of one direction and enterprise, equal within these, dealt in the order given.

    A group moves together, so that it can only be at the plant of all its members.
    """
    of: list[UUID | None] = list(plants) if plants else [None] * len(settled)
    alike = list(zip(settled, of, strict=True))
    total, dealt, names = Counter(alike), Counter[object](), []
    first: dict[object, int] = {}
    used: Counter[str | None] = Counter()
    for each in dict.fromkeys(alike):
        first[each] = used[each[0]]
        used[each[0]] += -(-total[each] // size)
    for each in alike:
        number = first[each] + dealt[each] % -(-total[each] // size) + 1
        names.append(f"{each[0] or 'G'}-{number:02d}")
        dealt[each] += 1
    return names


def last_day(template: Template, first_monday: date) -> date:
    """The last day of the last teaching week, holidays not counted."""
    return first_monday + timedelta(days=7 * template.total_weeks() - 1)


def enrol(  # noqa: PLR0913 - the parts of the fact
    programme: Programme,
    intake: Intake,
    accepted: Sequence[Application],
    cohort_id: UUID,
    *,
    trainee_ids: Sequence[UUID],
    first_number: int,
    first_monday: date,
    title: Text | None,
    persons: Mapping[UUID, Applicant],
) -> CohortEnrolled:
    """The cohort of an intake, with each trainee's numbers, direction and group."""
    _monday(first_monday)
    template = Template.model_validate(programme.template)
    settled = directions([row.direction for row in accepted], template)
    named = groups(settled, template.group_size, [row.enterprise_id for row in accepted])
    trainees = [
        Trainee(
            trainee_id=trainee_id,
            enterprise_id=row.enterprise_id,
            college_number=f"{intake.year}{first_number + at:05d}",
            enterprise_number=row.enterprise_number,
            employee_id=persons[row.applicant_id].employee_id,
            status=row.status,
            direction=direction,
            group=group,
            born_on=persons[row.applicant_id].born_on,
        )
        for at, (row, trainee_id, direction, group) in enumerate(
            zip(accepted, trainee_ids, settled, named, strict=True)
        )
    ]
    return CohortEnrolled(
        cohort_id=cohort_id,
        programme_id=programme.programme_id,
        intake_id=intake.intake_id,
        college_id=programme.college_id,
        year=intake.year,
        title=title or _title(programme, intake.year),
        first_monday=first_monday,
        trainees=trainees,
    )


def _title(programme: Programme, year: int) -> Text:
    name = programme.title
    return Text(zh=f"{name['zh']} {year} 级", en=f"{name['en']} {year}")


def form(
    programme: Programme,
    rows: Sequence[Enrolled],
    cohort_id: UUID,
    first_monday: date,
    title: Text | None,
    intake: Intake | None = None,
) -> CohortEnrolled:
    """A class formed from running cohorts: each trainee keeps their id and numbers, and gets a new group."""
    _monday(first_monday)
    template = Template.model_validate(programme.template)
    year = intake.year if intake else first_monday.year
    trainees = [row.as_trainee() for row in rows]
    settled = directions([trainee.direction for trainee in trainees], template)
    plants = [trainee.enterprise_id for trainee in trainees]
    named = zip(trainees, settled, groups(settled, template.group_size, plants), strict=True)
    return CohortEnrolled(
        cohort_id=cohort_id,
        programme_id=programme.programme_id,
        intake_id=intake.intake_id if intake else None,
        college_id=programme.college_id,
        year=year,
        title=title or _title(programme, year),
        first_monday=first_monday,
        trainees=[
            trainee.model_copy(update={"direction": direction, "group": group})
            for trainee, direction, group in named
        ],
        formed_from=sorted({row.cohort_id for row in rows}),
    )


def of_these_years(
    template: Template, rows: Sequence[Enrolled], begun: Mapping[UUID, date], first_monday: date
) -> None:
    """Everyone is in a year of study that the template names."""
    if template.formation is None:
        return
    of = {row.college_number: year_of_study(template, begun[row.cohort_id], first_monday) for row in rows}
    wrong = [
        f"{number} is in year {at}"
        for number, at in of.items()
        if at not in template.formation.years_of_study
    ]
    if wrong:
        asked = ", ".join(map(str, template.formation.years_of_study))
        raise YearOfStudy(f"years {asked} are asked; {'; '.join(wrong[:20])}", field="trainee_ids")


def year_of_study(template: Template, begun: date, on: date) -> int:
    """1 in the first year; a year has as many teaching weeks as the grammar says."""
    return (on - begun).days // 7 // template.weeks(Length(amount=1, unit=Unit.YEAR)) + 1


def _monday(day: date) -> None:
    if day.weekday() != 0:
        raise NotMonday(f"{day}", field="first_monday")


def row_of(enrolled: CohortEnrolled, ends_on: date) -> Cohort:
    """The row of a cohort, from the fact."""
    fields = enrolled.model_dump(exclude={"trainees", "formed_from", "title"})
    formed_from = [str(each) for each in enrolled.formed_from]
    return Cohort(**fields, title=enrolled.title.model_dump(), formed_from=formed_from, ends_on=ends_on)


def member(enrolled: CohortEnrolled, trainee: Trainee, applicant_id: UUID, application_id: UUID) -> Enrolled:
    """The row of a trainee, from the fact."""
    return Enrolled(
        trainee_id=trainee.trainee_id,
        cohort_id=enrolled.cohort_id,
        applicant_id=applicant_id,
        application_id=application_id,
        college_id=enrolled.college_id,
        college_number=trainee.college_number,
        trainee=trainee.model_dump(mode="json"),
    )
