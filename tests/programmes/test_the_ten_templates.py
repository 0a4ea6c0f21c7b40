"""Each template that ships says what its source says."""

import re

import pytest

from shared.programmes import FOLDER, check, codes, load
from shared.programmes.grammar import Step
from shared.programmes.part import Unit
from shared.programmes.phases import Setting

ALL = [
    "jingye-concentrated",
    "jiyuan-on-the-job",
    "commissioned",
    "taishan-undergraduate",
    "puyang-order-class",
    "early-employment",
    "frontline-workshop",
    "teacher-secondment",
    "research-platform",
    "mvtausbv",
]


def test_there_are_ten_in_the_order_of_the_paper():
    assert list(codes()) == ALL


@pytest.mark.parametrize("code", ALL)
def test_a_template_that_ships_has_no_problem_and_carries_its_own_code(code):
    assert load(code).template == code
    assert load(code).facts


def test_every_text_of_every_template_is_there_in_both_languages():
    for entry in FOLDER.iterdir():
        if entry.name.endswith(".yaml"):
            assert check(entry.read_text(encoding="utf-8")) == []
            for zh in re.findall(r"zh: ([^,}]+)", entry.read_text(encoding="utf-8")):
                assert re.search(r"[一-鿿]", zh), f"{entry.name}: {zh} is not Chinese"


@pytest.mark.parametrize("code", [code for code in ALL if load(code).rule_pack == "cn-2021"])
def test_whoever_learns_as_an_intern_shows_safety_card_insurance_and_three_party_agreement(code):
    asked = {need.proof for need in load(code).prerequisites}

    assert asked >= {"safety-card", "insurance", "three-party-agreement"}


def test_jingye_is_three_months_of_foundation_then_three_weeks_of_theory_to_one_in_the_workshop():
    jingye = load("jingye-concentrated")
    foundation, alternation = jingye.phases

    assert jingye.weeks(foundation.length) == 12
    assert foundation.settings == [Setting.THEORY]
    assert (alternation.cycle.theory_weeks, alternation.cycle.workshop_weeks) == (3, 1)
    assert alternation.cycle.weeks() == jingye.weeks_per_month == 4


def test_jingye_admits_local_graduates_or_employees_to_180_seats_in_two_programmes():
    jingye = load("jingye-concentrated")

    assert {group.group for group in jingye.source_groups} == {"local-graduate", "employee"}
    assert jingye.selection.seats == 180
    assert [title.en for title in jingye.titles] == [
        "Metallurgical Engineering",
        "Metal Materials Engineering",
    ]
    assert any("130" in fact.en for fact in jingye.facts)


def test_jingye_puts_the_workshop_at_most_one_cycle_behind_its_theory_with_technicians_as_mentors():
    jingye = load("jingye-concentrated")

    assert jingye.precedence.module_then_workshop_within_weeks <= jingye.phases[1].cycle.weeks()
    assert jingye.staffing.mentor_is.en == "technicians of the enterprise"


def test_jiyuan_asks_three_years_exactly_three_included_and_good_performance_both():
    (group,) = load("jiyuan-on-the-job").source_groups

    assert [(p.fact, p.operator, p.value) for p in group.predicates] == [
        ("years_of_service", ">=", 3),
        ("performance", ">=", 3),
    ]


def test_jiyuan_takes_84_and_goes_from_common_to_direction_to_position_semester_by_semester():
    jiyuan = load("jiyuan-on-the-job")

    assert jiyuan.selection.seats == 84
    assert [phase.layer for phase in jiyuan.phases] == ["common", "direction", "position"]
    assert all(phase.length.unit is Unit.SEMESTER for phase in jiyuan.phases)
    assert jiyuan.branches[0].options == ["steelmaking", "rolling"]
    assert Setting.SIMULATION in jiyuan.phases[1].settings
    assert jiyuan.staffing.teachers_sent_to_plant
    assert Step.SECONDMENT_REPORT in jiyuan.steps


def test_commissioned_training_takes_25_to_30_new_employees_of_each_enterprise_a_year():
    commissioned = load("commissioned")

    assert (commissioned.selection.minimum, commissioned.selection.maximum) == (25, 30)
    assert commissioned.learner_status == "new-employee"
    assert {enterprise.en for enterprise in commissioned.enterprises} == {"Jinding", "Yongyang"}


def test_commissioned_training_is_two_years_of_theory_and_simulation_and_a_third_on_the_line():
    commissioned = load("commissioned")
    school, job = commissioned.phases

    assert commissioned.weeks(school.length) == 2 * commissioned.weeks(job.length)
    assert set(school.settings) == {Setting.THEORY, Setting.SIMULATION}
    assert job.settings == [Setting.LINE]


def test_taishan_admits_below_the_entrance_line_only_and_promises_the_top_salary_of_a_designated_position():
    taishan = load("taishan-undergraduate")
    (predicate,) = taishan.source_groups[0].predicates

    assert (predicate.fact, predicate.operator, predicate.value) == ("points_to_entrance_line", "<", 0)
    assert taishan.entry_level == "individual"
    assert taishan.degree
    assert taishan.credential.degree
    assert "salary_band" in {promise.kind for promise in taishan.promises}


def test_puyang_rests_on_an_agreement_that_funds_tuition_and_leads_into_the_job():
    puyang = load("puyang-order-class")

    assert {"tuition", "jobs"} <= {promise.kind for promise in puyang.promises}
    assert puyang.approval.votes_college == puyang.approval.votes_enterprise


def test_the_early_employment_class_is_formed_from_running_second_and_third_years_under_their_version():
    early = load("early-employment")

    assert early.formed_from == "running_cohorts"
    assert early.formation.years_of_study == [2, 3]
    assert early.formation.keeps_version
    assert early.steps.index(Step.FORM_FROM_COHORTS) < early.steps.index(Step.ATTACH_PLAN)
    assert early.plan_around.en == "core product processes"


def test_the_frontline_workshop_teaches_the_five_topics_without_a_degree_in_days():
    frontline = load("frontline-workshop")

    assert not frontline.degree
    assert frontline.phases[0].length.unit is Unit.DAY
    assert {module.module for module in frontline.modules} == {
        "management",
        "technical-skills",
        "team-building",
        "communication",
        "time-management",
    }
    assert sum(module.weeks for module in frontline.modules) == frontline.total_weeks()


def test_a_secondment_has_goals_a_stint_a_report_that_opens_a_revision_and_counts_for_dual_qualification():
    secondment = load("teacher-secondment")

    assert secondment.steps == [
        Step.SECONDMENT_GOALS,
        Step.SECONDMENT_STINT,
        Step.SECONDMENT_REPORT,
        Step.REVISION,
    ]
    assert secondment.secondment.report_opens_revision
    days = secondment.weeks(secondment.secondment.stint) * 5
    assert days >= secondment.secondment.days_for_dual


def test_the_research_platform_links_a_problem_a_team_and_competencies():
    platform = load("research-platform")

    assert platform.steps == [Step.PROBLEM_LIST, Step.PROJECT_TEAM, Step.COMPETENCIES_CREDITED]
    assert (platform.project.teachers, platform.project.mentors) == (1, 1)
    assert platform.project.least_competencies >= 1


def weeks(phase, sections, direction=None):
    return sum(
        module.weeks
        for module in load("mvtausbv").modules
        if module.phase == phase and module.module[0] in sections and module.direction == direction
    )


def test_mvtausbv_months_1_to_18_are_78_weeks():
    mvtausbv = load("mvtausbv")

    assert mvtausbv.weeks(mvtausbv.phases[0].length) == 78
    assert (weeks("common", "a"), weeks("common", "f")) == (64, 14)


@pytest.mark.parametrize(
    ("direction", "section"),
    [
        ("iron-and-steel", "b"),
        ("steel-forming", "c"),
        ("non-ferrous-metallurgy", "d"),
        ("non-ferrous-forming", "e"),
    ],
)
def test_mvtausbv_months_19_to_42_are_104_weeks_in_every_branch(direction, section):
    mvtausbv = load("mvtausbv")

    assert mvtausbv.weeks(mvtausbv.phases[1].length) == 104
    parts = (weeks("branch", "a"), weeks("branch", "f"), weeks("branch", section, direction))
    assert parts == (30, 14, 60)


def test_mvtausbv_has_all_32_blocks_with_their_german_titles():
    modules = load("mvtausbv").modules

    assert len(modules) == 32
    assert all(module.original_title for module in modules)


def test_mvtausbv_weighs_the_exam_as_section_15_does_and_the_work_task_must_be_passed():
    examination = load("mvtausbv").examination

    assert {part.exam_part: part.weight for part in examination.parts} == {
        "metal-technology": 0.3,
        "work-task": 0.4,
        "order-planning": 0.1,
        "steel-processes": 0.1,
        "economics": 0.1,
    }
    assert [part.exam_part for part in examination.parts if part.must_pass] == ["work-task"]
    assert examination.at_most_failed == 1
