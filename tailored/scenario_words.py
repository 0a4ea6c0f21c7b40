"""What the demo says while it runs, in Chinese and English."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rich.console import Console
from rich.status import Status

STAGES = (("report", "企业反馈", "report"), ("evidence", "证据", "evidence"), ("revision", "修订提案", "revision"),
          ("approval", "双方审批", "approval"), ("version", "新版本", "new version"), ("placement", "重新排岗", "placement"),
          ("effect", "效果", "effect"))  # fmt: skip

WORDS: dict[str, tuple[str, str, str]] = {
    "spoken": (
        "report",
        "敬业集团通过接口上报：{positions} 个岗位、合作协议、{workshops} 个车间、{mentors} 位师傅",
        "Jingye reports through the gateway: {positions} positions, the agreement, {workshops} workshops, {mentors} mentors",
    ),
    "recruited": (
        "report",
        "{year} 级招生：{applicants} 人报名（生成数据），录取 {seats} 人",
        "Intake {year}: {applicants} applicants (generated), {seats} selected",
    ),
    "planned": (
        "version",
        "培养方案第 1 版发布：{modules} 个模块，{competencies} 项岗位能力",
        "Plan version 1 published: {modules} modules, {competencies} competencies required",
    ),
    "timetabled": (
        "placement",
        "{year} 级排岗：{groups} 个小组，{stints} 个工位周，总滞后 {cost:.0f}（下界 {bound:.0f}）",
        "Timetable {year}: {groups} groups, {stints} station weeks, lag {cost:.0f} (no timetable below {bound:.0f})",
    ),
    "rated": (
        "report",
        "截至 {until}：师傅评价 {year} 级 {ratings} 条（累计 {total}，全部计入）",
        "Until {until}: mentors rated {year} {ratings} times (total {total}, all counted)",
    ),
    "gap": (
        "evidence",
        "确认差距：{title} 要求 {required}，校正后 {estimate:.2f}（{low:.2f} 至 {high:.2f}）；{ratings} 条评价，{mentors} 位师傅，{stations} 个工位；相关评语 {comments} 条",
        "Gap confirmed: {title} needs {required}, corrected {estimate:.2f} ({low:.2f} to {high:.2f}); {ratings} ratings, {mentors} mentors, {stations} stations; comments about it: {comments}",
    ),
    "drafted": (
        "revision",
        "修订草案（最小改动）：{changes}",
        "Revision drafted (the smallest change): {changes}",
    ),
    "voted": ("approval", "同意：{who}", "Approved by {who}"),
    "rejected": ("approval", "修订被否决，循环到此为止", "The revision was rejected: the loop ends here"),
    "published": (
        "version",
        "培养方案第 {version} 版发布，{year} 级自第 {week} 教学周起执行",
        "Plan version {version} published; in force for {year} from teaching week {week}",
    ),
    "moved": ("placement", "排岗已调整：移动 {visits} 人次", "Timetable changed: {visits} visits moved"),
    "effect": (
        "effect",
        "效果：{title} {difference}（{low} 至 {high}），前后评价 {ratings_before}/{ratings_after} 条：{verdict}",
        "Effect on {title}: {difference} ({low} to {high}), ratings {ratings_before}/{ratings_after}: {verdict}",
    ),
    "killed": ("report", "已强行终止：{what}", "Killed: {what}"),
    "back": ("report", "已恢复：{what}", "Back: {what}"),
    "kept": (
        "report",
        "终止后核对：已发送 {sent}，已计入 {counted}，无丢失、无重复",
        "Counts after the kill: {sent} sent, {counted} counted: nothing lost, nothing twice",
    ),
}
CLOSES = {"rated", "gap", "drafted", "voted", "published", "moved", "effect"}
"""The lines that say that a stage of the loop is reached."""
VERDICTS = {
    "improved": ("有提高", "improved"),
    "worse": ("变差", "worse"),
    "no-effect": ("无效果", "no effect"),
    "higher-cause-open": ("高于以前，原因未定", "higher than before, cause not established"),
    "lower-cause-open": ("低于以前，原因未定", "lower than before, cause not established"),
    "not-enough-data": ("数据不足", "not enough data"),
}


@dataclass
class Teller:
    """Writes the story as it happens, once."""

    console: Console
    lang: str = "zh"
    told: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    moving: Status | None = None

    def __call__(self, line_of: str, /, **values: Any) -> None:
        """A line of the story."""
        stage, zh, en = WORDS[line_of]
        line = (zh if self.lang == "zh" else en).format_map(self._readable(values))
        if line in self.told:
            return
        self.told.add(line)
        if line_of in CLOSES:
            self.reached.add(stage)
        name = next(each[1 if self.lang == "zh" else 2] for each in STAGES if each[0] == stage)
        self.console.print(f"[bold cyan]{name}[/] {line}", highlight=False, soft_wrap=True)

    def now(self, day: date) -> None:
        """On a terminal: a moving line with the month that is played and the stages of the loop that are reached."""
        if not self.console.is_terminal:
            return
        names = []
        for stage, zh, en in STAGES:
            sign, colour = ("●", "green") if stage in self.reached else ("○", "dim")
            names.append(f"[{colour}]{sign} {zh if self.lang == 'zh' else en}[/]")
        line = f"{day:%Y-%m}  {' '.join(names)}"
        if self.moving is None:
            self.moving = self.console.status(line)
            self.moving.start()
        self.moving.update(line)

    def still(self) -> None:
        """The moving line goes: something is asked, or the story ends."""
        if self.moving:
            self.moving.stop()
        self.moving = None

    def _readable(self, values: dict[str, Any]) -> dict[str, Any]:
        shown = dict(values)
        if isinstance(shown.get("title"), dict):
            shown["title"] = shown["title"][self.lang]
        if shown.get("verdict"):
            shown["verdict"] = VERDICTS[shown["verdict"]][self.lang == "en"]
        for name in ("difference", "low", "high"):
            if name in shown and shown.get("verdict"):
                shown[name] = "–" if shown[name] is None else f"{shown[name]:+.2f}"
        if "revision" in shown:
            changes = (shown["revision"].get("draft") or {}).get("changes") or []
            shown["changes"] = "；".join(self._change(change) for change in changes)
        return shown

    def _change(self, change: dict[str, Any]) -> str:
        title = change.get("title") or {}
        name = title.get(self.lang) or change["module"]
        before, after = (sum(change[side].values()) for side in ("before", "after"))
        return f"{name} {before:g} → {after:g} h"

    def say(self, zh: str, en: str, style: str = "") -> None:
        """A line outside the loop."""
        self.console.print(
            zh if self.lang == "zh" else en, style=style or None, highlight=False, soft_wrap=True
        )
