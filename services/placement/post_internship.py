"""Work on the line (岗位实习) in a student's first year, which a rule pack may refuse. Pure; weeks count from 1."""

from services.placement.known import Known
from services.placement.rule_packs import binds, pack_of
from shared.events.base import Text
from shared.events.placement import Conflict
from shared.programmes.part import Length, Unit
from shared.programmes.phases import Setting

RULE = "post_internship_from_year"


def too_early(known: Known) -> list[Conflict]:
    """Each phase of the plan that puts students on the line sooner than their pack allows."""
    template = known.plan_template or known.template
    pack = pack_of(known.template.rule_pack if known.template else "none")
    rule, bound = pack.rule(RULE), any(binds(pack.of, member.status) for member in known.members)
    if template is None or known.plan is None or rule is None or rule.breach == "warn" or not bound:
        return []
    on_line = {phase.phase for phase in template.phases if Setting.LINE in phase.settings}
    free = (int(rule.value or 1) - 1) * template.weeks(Length(amount=1, unit=Unit.YEAR))
    return [
        Conflict(
            rule="first-year", weeks=list(range(phase.first_week, min(phase.last_week, free) + 1)), missing=0,
            words=Text(
                zh=f"“{phase.title.zh}”自第 {phase.first_week} 周起上岗：第一学年（至第 {free} 周）不安排岗位实习",
                en=f"“{phase.title.en}” is work on the line from week {phase.first_week}: none in the first year (to week {free})",
            ),
        )
        for phase in known.plan.phases
        if phase.phase in on_line and phase.first_week <= free
    ]  # fmt: skip
