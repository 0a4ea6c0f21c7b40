"""Says in words, in both languages, which frozen variance the ratings of a cohort contradict."""

from collections.abc import Mapping
from typing import Any

from shared.events.base import Text

TITLES = {
    "rater": Text(zh="师傅之间的严格程度差异", en="how much mentors differ in severity"),
    "rater_competency": Text(
        zh="师傅在单项能力上的严格程度差异", en="how much mentors differ on single competencies"
    ),
    "trainee": Text(zh="学员之间的水平差异", en="how much trainees differ"),
    "trainee_competency": Text(
        zh="学员在单项能力上的水平差异", en="how much trainees differ on single competencies"
    ),
    "residual": Text(zh="单次评价的偶然差异", en="how much single ratings vary by chance"),
}


def doubt(one: Mapping[str, Any]) -> Text:
    """Standard deviations, with the interval and what was assumed."""
    estimate, low, high = (one[name] ** 0.5 for name in ("estimate", "low", "high"))
    least, most = (value**0.5 for value in one["frozen"])
    assumed = f"{least:.2f}" if least == most else f"{least:.2f}–{most:.2f}"
    title = TITLES[one["name"]]
    return Text(
        zh=f"假定存疑：{title.zh}，评价显示标准差 {estimate:.2f}（95% 区间 {low:.2f}–{high:.2f}），事先假定 {assumed}。",
        en=f"Assumption doubtful: {title.en} has a standard deviation of {estimate:.2f} in the ratings (95 % interval {low:.2f} to {high:.2f}); assumed was {assumed}.",
    )
