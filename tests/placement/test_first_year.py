"""Who learns under the pack of student interns does not work on the line in the first year; the pack binds students alone."""

import pytest

from services.placement.papers import Proof
from shared.programmes.part import Length, Unit
from shared.programmes.phases import Cycle, Phase, Prerequisite, Setting
from tests.placement.plant import MONDAY, an, cohort, open_programme, programme, text


def on_the_line(setting=Setting.LINE):
    return [
        Phase(phase="foundation", title=text("f"), length=Length(amount=4, unit=Unit.WEEK), settings=[Setting.THEORY]),
        Phase(
            phase="alternation", title=text("a"), length=Length(amount=24, unit=Unit.WEEK),
            settings=[Setting.THEORY, setting], cycle=Cycle(theory_weeks=3, workshop_weeks=1),
        ),
    ]  # fmt: skip


def of_status(status):
    enrolled = cohort(30, 2)
    people = [one.model_copy(update={"status": status}) for one in enrolled.trainees]
    return enrolled.model_copy(update={"trainees": people})


async def test_students_are_not_sent_to_the_line_in_the_first_year(sessions, said):
    await open_programme(sessions, programme(rule_pack="cn-2021", phases=on_the_line()), cohort(30, 2))

    [impossible] = await said(sessions)

    [told] = impossible.conflicts
    assert (told.rule, told.weeks) == ("first-year", list(range(5, 29)))
    assert "none in the first year (to week 36)" in told.words.en
    assert "第一学年（至第 36 周）不安排岗位实习" in told.words.zh


@pytest.mark.parametrize(
    ("status", "pack", "setting"),
    [
        ("employee", "cn-2021", Setting.LINE),
        ("student", "none", Setting.LINE),
        ("student", "cn-2021", Setting.WORKSHOP),
    ],
)
async def test_employees_other_packs_and_workshops_are_free_of_that(sessions, said, status, pack, setting):
    opened = programme(rule_pack=pack, phases=on_the_line(setting))

    await open_programme(sessions, opened, of_status(status))

    [published] = await said(sessions)
    assert type(published).__name__ == "TimetablePublished"


async def test_a_three_party_agreement_is_asked_of_students_and_a_safety_card_of_everybody(sessions, said):
    asks = [Prerequisite(proof="safety-card"), Prerequisite(proof="three-party-agreement")]
    enrolled = cohort(30, 2)
    employee = enrolled.trainees[0].model_copy(update={"status": "employee"})
    enrolled = enrolled.model_copy(update={"trainees": [employee, *enrolled.trainees[1:]]})
    async with sessions.begin() as session:
        for number in range(2):
            trainee = an(f"cohort-trainee-{number}")
            session.add(Proof(trainee_id=trainee, proof="safety-card", valid_from=MONDAY))

    await open_programme(sessions, programme(rule_pack="cn-2021", prerequisites=asks), enrolled)

    [published] = await said(sessions)
    present = {trainee for group in published.groups for trainee in group.trainee_ids}
    assert present == {employee.trainee_id}
