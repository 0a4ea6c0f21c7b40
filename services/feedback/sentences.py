"""Says in words, in both languages, why a verdict is what it is."""

from typing import Any

from services.feedback import effect_staggered
from services.feedback.model import Verdict
from shared.events.base import Text

TOO_FEW_PEOPLE = Text(
    zh="人数太少，为保护个人不显示数值。",
    en="Too few people: figures are not shown, to protect each of them.",
)
TOO_FEW_TO_COMPARE = Text(
    zh="前后至少一方评价到的学员太少：为保护个人不给出数值，也不作结论。",
    en="Too few trainees were rated before or after: to protect each of them no figure is told, and nothing is concluded.",
)
ANSWERS = {
    "below-requirement": (
        (
            "校正师傅严格程度后估计为 {estimate:.2f}（95% 区间 {low:.2f}–{high:.2f}），低于要求的 {required:g}；"
            "去掉任何一位师傅结论仍成立。"
        ),
        (
            "Corrected for severity it is {estimate:.2f} (95 % interval {low:.2f} to {high:.2f}), below the required "
            "{required:g}; and it still is with any one mentor left out."
        ),
    ),
    "evidence-carries": (
        (
            "校正师傅严格程度后估计为 {estimate:.2f}（95% 区间 {low:.2f}–{high:.2f}），低于要求的 {required:g}；"
            "证据值 e = {e_value:.3g}，与其他能力一并检验后仍成立。"
        ),
        (
            "Corrected for severity it is {estimate:.2f} (95 % interval {low:.2f} to {high:.2f}), below the required "
            "{required:g}; its e-value {e_value:.3g} carries that among all competencies, however often one has looked."
        ),
    ),
    "low-beside-others": (
        "没有证据表明低于要求的 {required:g}，但明显低于其他能力；请留意，不触发任何修订。",
        "Nothing shows that it lies below the required {required:g}, but it is low beside the others: watch it; nothing is triggered.",
    ),
    "required-at-scale-end": (
        "要求为量表最高级；评价只可能偏低，无法判断。要求请设为不超过 4 级。",
        "The required level is the end of the scale, where ratings can only err downwards: require at most level 4.",
    ),
    "not-below": (
        "校正后没有证据表明低于要求的 {required:g}。",
        "Corrected for severity, nothing shows that it lies below the required {required:g}.",
    ),
    "too-few-ratings": (
        "可能低于要求，但证据还不足以定论；需要更多评价。",
        "It may lie below what is required, but the evidence does not carry a verdict yet; more ratings would.",
    ),
    "no-ratings": ("已到评价期，但还没有评价。", "It is due, but nobody has rated it yet."),
    "too-few-mentors": (
        "只有 {mentors} 位师傅评价过，师傅的严格与学员的不足无法区分。",
        "Only {mentors} mentors have rated it: a severe mentor and a shortfall cannot be told apart.",
    ),
    "too-few-stations": (
        "评价只来自 {stations} 个工位，可能是该工位的原因。",
        "The ratings come from {stations} station only: the station may be the reason.",
    ),
    "one-mentor-decides": (
        "结论取决于某一位师傅；去掉该师傅便不成立。",
        "One mentor decides it: without that mentor it would not stand.",
    ),
    "mentors-not-linked": (
        "评价此项的师傅与其他师傅没有共同评价的能力，严格与不足无法区分。",
        "Its mentors rate nothing that the others rate too, so severity and shortfall cannot be told apart.",
    ),
    "no-link-practised": (
        "评价此项的师傅与其他师傅没有共同评价的能力，严格与不足无法区分；请所有师傅评价共同案例，即可比较。",
        (
            "Its mentors rate nothing that the others rate too, so severity and shortfall cannot be told apart; "
            "common cases that all of them rate would tell."
        ),
    ),
    "not-due": (
        "第 {due_week} 教学周起才计入；此前的评价只反映成长。",
        "Ratings count from teaching week {due_week} on; earlier ones show growth only.",
    ),
    "taught-under-two-versions": (
        "该班级中途更换了方案版本，此项不作定论，由后一届判断。",
        "This cohort changed the plan version on the way, so it decides nothing here; the next cohort does.",
    ),
}
EFFECTS = {
    "improved": (
        "同一教学周，新版本比旧版本高 {difference:.2f} 级（{low:.2f} 至 {high:.2f}），已扣除未修订能力的变化。",
        (
            "In the same teaching weeks the new version is {difference:.2f} levels higher ({low:.2f} to {high:.2f}), "
            "beyond what competencies changed that were not revised."
        ),
    ),
    "higher-cause-open": (
        "新版本高 {difference:.2f} 级（{low:.2f} 至 {high:.2f}），但没有同期对照（未修订的能力太少），原因未定。",
        (
            "Higher than before by {difference:.2f} levels ({low:.2f} to {high:.2f}), cause not established: too few "
            "competencies were left unrevised to compare with."
        ),
    ),
    "lower-cause-open": (
        (
            "新版本低 {size:.2f} 级（{low:.2f} 至 {high:.2f}），但没有同期对照（未修订的能力太少），原因未定；"
            "不会自动重启修订，如认为是方案所致，专业负责人可附理由重新提出。"
        ),
        (
            "Lower than before by {size:.2f} levels ({low:.2f} to {high:.2f}), cause not established: too few "
            "competencies were left unrevised to compare with. Nothing is reopened by this; a coordinator who holds the "
            "plan responsible can take the revision up again, with a reason."
        ),
    ),
    "worse": (
        "新版本低 {difference:.2f} 级（{low:.2f} 至 {high:.2f}）；差距重新打开。",
        "The new version is lower: {difference:.2f} levels ({low:.2f} to {high:.2f}).",
    ),
    "no-effect": (
        "差异 {difference:.2f}（{low:.2f} 至 {high:.2f}），区间包含零且足够窄。",
        "The difference is {difference:.2f} ({low:.2f} to {high:.2f}): the interval is narrow and holds zero.",
    ),
    "not-enough-data": (
        "评价过两届学员的师傅太少，或区间太宽，或未修订的能力太少、无从对照，无法定论。",
        (
            "Too few mentors have rated both cohorts, the interval is too wide to tell, or too few competencies were left "
            "unrevised to compare with."
        ),
    ),
}
BY_GROUPS = {
    "improved": (
        "同一班级、同一时期，先用新版本的小组比后用的多提高 {difference:.2f} 级（{low:.2f} 至 {high:.2f}）。",
        (
            "In the same weeks, the groups that had the new version first rose {difference:.2f} levels more "
            "({low:.2f} to {high:.2f}) than the groups that followed."
        ),
    ),
    "higher-cause-open": (
        "先用新版本的小组多提高 {difference:.2f} 级（{low:.2f} 至 {high:.2f}），但两部分小组此前已有差别，原因未定。",
        (
            "The groups that had the new version first rose {difference:.2f} levels more ({low:.2f} to {high:.2f}), "
            "cause not established: they differed from the others before it, too."
        ),
    ),
    "lower-cause-open": (
        (
            "先用新版本的小组比后用的少提高 {size:.2f} 级（{low:.2f} 至 {high:.2f}），但两部分小组此前已有差别，原因未定；"
            "不会自动重启修订，如认为是方案所致，专业负责人可附理由重新提出。"
        ),
        (
            "The groups that had the new version first rose {size:.2f} levels less ({low:.2f} to {high:.2f}), "
            "cause not established: they differed from the others before it, too. Nothing is reopened by this; a "
            "coordinator who holds the plan responsible can take the revision up again, with a reason."
        ),
    ),
    "worse": (
        "先用新版本的小组比后用的低 {difference:.2f} 级（{low:.2f} 至 {high:.2f}）；差距重新打开。",
        "The groups that had the new version first fell behind the others: {difference:.2f} levels ({low:.2f} to {high:.2f}).",
    ),
    "not-enough-data": (
        "前后都评价过两部分小组的师傅太少，或区间太宽，无法定论。",
        "Too few mentors rated both parts of the cohort before and meanwhile, or the interval is too wide to tell.",
    ),
}
REPORTS = {
    "unvaried": (
        "您的评价全部相同，因此不计算严格程度；请用几个共同案例核对一下评价尺度。",
        "All your ratings are alike, so no severity is computed; please check your scale on a few common cases.",
    ),
    "unknown": (
        "还没有足够的、其他师傅也评价过的项目，无法比较严格程度。",
        "There is not enough yet that other mentors rate too, so severity cannot be compared.",
    ),
    "like-others": (
        "您的评价与其他师傅相近（差异 {severity:+.2f}，误差 {se:.2f}）。",
        "You rate much as the other mentors do (difference {severity:+.2f}, error {se:.2f}).",
    ),
    "severe": (
        "对同样的能力，您的评价比其他师傅低约 {severity:.2f} 级（误差 {se:.2f}）；判断时已校正，无需改变您的做法。若不认同，可在此提出异议。",
        (
            "On the same competencies you rate about {severity:.2f} levels lower than the others (error {se:.2f}). Verdicts "
            "correct for it; nothing is held against you. If you disagree, contest it."
        ),
    ),
    "lenient": (
        "对同样的能力，您的评价比其他师傅高约 {size:.2f} 级（误差 {se:.2f}）；判断时已校正，无需改变您的做法。若不认同，可在此提出异议。",
        (
            "On the same competencies you rate about {size:.2f} levels higher than the others (error {se:.2f}). Verdicts "
            "correct for it; nothing is held against you. If you disagree, contest it."
        ),
    ),
}


def of_report(severity: float | None, se: float | None, *, varies: bool) -> Text:
    """What a mentor is told; within two errors of the others it is said to be like theirs."""
    if severity is None or se is None:
        zh, en = REPORTS["unknown" if varies else "unvaried"]
        return Text(zh=zh, en=en)
    zh, en = REPORTS["like-others" if abs(severity) <= 2 * se else "severe" if severity > 0 else "lenient"]
    figures = {"severity": severity, "se": se, "size": abs(severity)}
    return Text(zh=zh.format(**figures), en=en.format(**figures))


def of_verdict(verdict: Verdict) -> Text:
    """Why a competency is short, asked about, fine or not decided."""
    return of_reason(verdict.reason, verdict.model_dump())


def of_reason(reason: str, figures: dict[str, Any]) -> Text:
    """The same of a finding that is not kept. Where a rating would link mentors that rating is named beside it."""
    if reason == "mentors-not-linked" and not (figures.get("link") or figures.get("link_competency")):
        reason = "no-link-practised"
    zh, en = ANSWERS[reason]
    return Text(zh=zh.format(**figures), en=en.format(**figures))


def of_effect(effect: dict[str, Any], rule: str = "") -> Text:
    """What an effect says, in the words of the rule that measured it."""
    verdict = effect["verdict"]
    groups = BY_GROUPS if rule.partition("/")[0] == effect_staggered.RULE.partition("/")[0] else {}
    zh, en = groups.get(verdict) or EFFECTS[verdict]
    figures = {**effect, "size": abs(effect["difference"] or 0.0)}
    return Text(zh=zh.format(**figures), en=en.format(**figures))
