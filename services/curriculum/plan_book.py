"""A plan as a workbook: one row a module, and a column for each competency with what an hour of the module gives it. Pure.

`written` and `read` are each other's inverse, so that any version can be taken along, changed and published elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import zip_longest
from typing import Any

from pydantic import ValidationError

from services.curriculum.refusals import PlanBookBroken
from shared.events.base import Text
from shared.events.plan_parts import PlanModule, PlanPhase
from shared.spreadsheet import NoWorkbookError, as_text, opened, plain

FIRST_ROW = 3
ROWS, COLUMNS = 400, 400
MOST_FAULTS = 50
SHEET, PHASES = "模块 modules", "阶段 phases"


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and how its cell and its place in a module become one another."""

    name: str
    means: Text
    cell: Callable[[PlanModule], object]
    value: Callable[[str], Any] = str


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace("；", ";").replace("\n", ";").split(";") if part.strip()]


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _joined(values: Iterable[object]) -> str:
    return "; ".join(map(str, values))


def _hours(setting: str, zh: str, en: str) -> Column:
    return Column(
        f"hours.{setting}",
        Text(zh=f"{zh}学时", en=f"hours of {en}"),
        lambda one: getattr(one.hours, setting) or None,
    )


PLAIN = (
    Column("module", Text(zh="模块代码", en="code"), lambda one: one.module),
    Column("title.zh", Text(zh="中文名称", en="name in Chinese"), lambda one: one.title.zh),
    Column("title.en", Text(zh="英文名称", en="name in English"), lambda one: one.title.en),
    Column("phase", Text(zh="阶段，见另一页", en="phase, see the other sheet"), lambda one: one.phase),
    Column("layer", Text(zh="common 公共，direction 方向，position 岗位", en="common, direction or position"), lambda one: one.layer),
    Column("direction", Text(zh="方向", en="direction"), lambda one: one.direction),
    _hours("theory", "理论", "theory"),
    _hours("simulation", "仿真", "simulation"),
    _hours("workshop", "车间", "the workshop"),
    _hours("line", "产线", "the line"),
    Column("prerequisites", Text(zh="先修模块代码，以 ; 分隔", en="codes of modules before it, by ;"), lambda one: _joined(one.prerequisites), _list),
    Column("practised_at", Text(zh="实践工位编号，以 ; 分隔", en="ids of stations, by ;"), lambda one: _joined(one.practised_at), _list),
    Column("kinds", Text(zh="规则类别：public 公共，ideological 思政，elective 选修", en="kinds for rules: public, ideological, elective"), lambda one: _joined(one.kinds), _list),
    Column("qualifications", Text(zh="教师须持资质代码", en="codes that its teacher must hold"), lambda one: _joined(one.qualifications), _list),
    Column("locked", Text(zh="学时不可变：yes", en="its hours never change: yes"), lambda one: "yes" if one.locked else None, lambda cell: cell.lower() in {"yes", "是", "1", "true"}),
    Column("first_week", Text(zh="理论开始教学周（可空）", en="teaching week in which theory starts (may be empty)"), lambda one: one.first_week),
    Column("last_week", Text(zh="理论结束教学周（可空）", en="teaching week in which it ends (may be empty)"), lambda one: one.last_week),
    Column("full_effect_until", Text(zh="超出部分按半效计的学时（可空）", en="hours beyond which one counts half (may be empty)"), lambda one: one.full_effect_until),
    Column("least_hours", Text(zh="最少学时（可空）", en="least hours (may be empty)"), lambda one: one.least_hours),
    Column("most_hours", Text(zh="最多学时（可空）", en="most hours (may be empty)"), lambda one: one.most_hours),
    Column("outcomes.zh", Text(zh="学习成果，每行一条", en="outcomes in Chinese, one a line"), lambda one: "\n".join(each.zh for each in one.outcomes), _lines),
    Column("outcomes.en", Text(zh="学习成果（英文），每行一条", en="outcomes in English, one a line"), lambda one: "\n".join(each.en for each in one.outcomes), _lines),
)  # fmt: skip
BY_NAME = {column.name: column for column in PLAIN}
GROUPS = {name.partition(".")[0] for name in BY_NAME if "." in name}
REQUIRED = ("module", "title.zh", "phase")


def written(
    modules: Sequence[PlanModule],
    phases: Sequence[PlanPhase],
    competencies: Sequence[str],
    names: Mapping[str, Mapping[str, str]],
) -> bytes:
    """The workbook; without modules it is the empty form. A weight lies between 0 and 3."""
    from openpyxl import Workbook  # noqa: PLC0415 - large, and only a sheet needs it
    from openpyxl.styles import Font  # noqa: PLC0415

    codes = list(dict.fromkeys([*competencies, *(code for one in modules for code in one.contribution)]))
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet.append([*BY_NAME, *codes])
    unknown = {"zh": "每学时对该能力的贡献 0–3", "en": "what an hour gives this competency, 0 to 3"}
    means = [*(column.means.model_dump() for column in PLAIN), *(names.get(code, unknown) for code in codes)]
    sheet.append([f"{each['zh']} / {each['en']}" for each in means])
    for one in modules:
        cells = [column.cell(one) for column in PLAIN] + [one.contribution.get(code) for code in codes]
        sheet.append([as_text(cell) for cell in cells])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B3"
    second = book.create_sheet(PHASES)
    second.append(["phase", "阶段", "name", "first_week", "last_week", "budget 学时"])
    for phase in phases:
        second.append(
            [phase.phase, phase.title.zh, phase.title.en, phase.first_week, phase.last_week, phase.budget]
        )
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(body: bytes) -> list[PlanModule]:
    """The modules of a filled workbook; raises PlanBookBroken with every bad cell, at most 50."""
    try:
        rows = opened(body, rows=ROWS + FIRST_ROW, columns=COLUMNS + 1)
    except NoWorkbookError as unreadable:
        raise PlanBookBroken(str(unreadable), field="file") from None
    header = _headings(rows[0] if rows else ())
    modules, faults = [], list[str]()
    for number, row in enumerate(rows[FIRST_ROW - 1 :], start=FIRST_ROW):
        cells = {
            name: text for name, cell in zip(header, row, strict=False) if name and (text := plain(cell))
        }
        if not cells:
            continue
        try:
            modules.append(PlanModule.model_validate(_module(cells)))
        except ValidationError as broken:
            faults += [f"row {number}, {_column(fault['loc'])}: {fault['msg']}" for fault in broken.errors()]
    if faults:
        raise PlanBookBroken("\n".join(faults[:MOST_FAULTS]), field="file")
    if not modules:
        raise PlanBookBroken(f"no module from row {FIRST_ROW} on / 第 {FIRST_ROW} 行起没有模块", field="file")
    return modules


def _headings(row: Sequence[object]) -> list[str]:
    """The names of the columns; refused where one is missing, unknown or twice, or where there are too many."""
    header = [plain(cell) for cell in row]
    if len(header) > COLUMNS and header[COLUMNS]:
        raise PlanBookBroken(f"more than {COLUMNS} columns / 超过 {COLUMNS} 列", field="file")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise PlanBookBroken(f"columns are there twice / 列重复: {', '.join(twice)}", field=twice[0])
    if unknown := [name for name in header if name not in BY_NAME and name.partition(".")[0] in GROUPS]:
        raise PlanBookBroken(f"no such column / 没有该列: {', '.join(unknown)}", field=unknown[0])
    if missing := [name for name in REQUIRED if name not in header]:
        raise PlanBookBroken(f"columns are missing / 缺少列: {', '.join(missing)}", field=missing[0])
    return header


def _module(cells: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"hours": {}, "title": {}, "contribution": {}}
    for name, text in cells.items():
        column = BY_NAME.get(name)
        outer, _, inner = name.partition(".")
        if column is None:
            said["contribution"][name] = text
        elif inner:
            said.setdefault(outer, {})[inner] = column.value(text)
        else:
            said[name] = column.value(text)
    said["title"].setdefault("en", said["title"].get("zh", ""))
    outcomes = said.pop("outcomes", {})
    zh, en = outcomes.get("zh", []), outcomes.get("en", [])
    pairs = zip_longest(zh, en)
    return said | {"outcomes": [{"zh": one or other, "en": other or one} for one, other in pairs]}


def _column(place: tuple[int | str, ...]) -> str:
    return str(place[1]) if place[0] == "contribution" else ".".join(map(str, place))
