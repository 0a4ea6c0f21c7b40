"""What `tailored rotate` shows of a plan: its figures, why some have no place, and what would help."""

from typing import Any

from rich.console import Console
from rich.table import Table

from services.placement.problem_file import Rotation
from services.placement.wording import NOT_PROVEN
from tailored.language import chinese
from tailored.rotate_enough import enough_words

RULES = {
    "seats": ("席位不足", "too few seats"),
    "precedence": ("先后顺序", "order of the stations"),
    "min-gap": ("最小间隔", "gap between visits"),
    "release": ("理论课结束时间", "theory ends too late"),
    "one-visit-a-block": ("每个周期一次", "one visit a block"),
    "whole-learners": ("席位无法恰好分配", "the last seats cannot be shared out"),
    "crew-release": ("班组离岗限额", "a crew lets too few go"),
    "not-found-in-time": ("时间不够，未能判断", "the time was too short to know"),
}


def show(rotation: Rotation, found: dict[str, Any], seconds: float, names: list[str]) -> None:
    """To standard output, in the reader's language; `names` of stations, where they have any."""
    zh = chinese()
    console = Console(highlight=False, markup=False, emoji=False)
    visits = sum(len(entry[1]) for entry in found["plan"])
    table = Table(title="轮岗计划" if zh else "Rotation", show_header=False)
    table.add_row("学员" if zh else "trainees", str(len(found["plan"])))
    table.add_row("已安排岗位实践" if zh else "visits placed", str(visits))
    table.add_row(
        "未能安排" if zh else "visits without a place",
        _with_bound(found, "uncovered_lower_bound", len(found["uncovered"])),
    )
    table.add_row("理论到实践的滞后（加权周）" if zh else "lag, weighted weeks", f"{found['cost']:g}")
    table.add_row("已证明的下界" if zh else "proven lower bound", f"{found['lower_bound']:g}")
    table.add_row("差距" if zh else "gap", f"{100 * found['gap']:.3f} %")
    if "changed_lower_bound" in found:
        changed = _with_bound(found, "changed_lower_bound", found["changed"])
        table.add_row("改动的岗位实践" if zh else "visits changed", changed)
    table.add_row("用时" if zh else "time", f"{seconds:.1f} s")
    console.print(table)
    for conflict in found.get("conflicts", []):
        console.print(_words(conflict, names, zh=zh), markup=False)
    if not found.get("smallest", True):
        console.print(NOT_PROVEN.zh if zh else NOT_PROVEN.en, markup=False)
    for line in enough_words(found.get("enough"), names, zh=zh):
        console.print(line, markup=False)
    for at, week, saves in found.get("prices", [])[:3]:
        station = names[at] if names else at
        console.print(
            f"据估算，第 {week} 周在工位 {station} 多一个席位最多可减少 {saves:g} 周滞后"
            if zh
            else f"by estimate, one more seat at station {station} in week {week} saves at most {saves:g} weeks of lag",
            markup=False,
        )
    if len(rotation.class_size) == 0:
        console.print("没有班级" if zh else "there are no classes")


def _with_bound(found: dict[str, Any], bound: str, number: int) -> str:
    return f"{number} (>= {found[bound]})" if bound in found else str(number)


def _words(conflict: dict[str, Any], names: list[str], *, zh: bool) -> str:
    rule = RULES.get(conflict["rule"], (conflict["rule"],) * 2)[0 if zh else 1]
    parts = [f"冲突：{rule}" if zh else f"in conflict: {rule}"]
    if conflict["station"] is not None:
        station = names[conflict["station"]] if names else conflict["station"]
        parts.append(f"工位 {station}" if zh else f"station {station}")
    if "crew" in conflict:
        parts.append(f"班组 {conflict['crew']}" if zh else f"crew {conflict['crew']}")
    if conflict["weeks"]:
        weeks = ", ".join(map(str, conflict["weeks"]))
        parts.append(f"第 {weeks} 周" if zh else f"weeks {weeks}")
    if conflict["missing"]:
        parts.append(f"缺 {conflict['missing']} 个" if zh else f"{conflict['missing']} missing")
    return ("，" if zh else ", ").join(parts)
