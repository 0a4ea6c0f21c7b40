"""How the fields of an event lie in the columns of a sheet: one column a leaf, lists in several rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from shared.events.base import Text
from shared.events.enterprise import PublicEvent

LABELS = {
    "position_id": "岗位编号",
    "agreement_id": "协议编号",
    "college_id": "院校编号",
    "crew_id": "班组编号",
    "promise_id": "承诺编号",
    "workshop_id": "车间编号",
    "station_id": "工位编号",
    "mentor_id": "师傅编号",
    "trainee_id": "学员工号或编号",
    "employee_id": "员工编号",
    "intake_id": "招生编号",
    "rating_id": "评价编号（可空）",
    "shutdown_id": "停产编号（可空）",
    "change_id": "变更编号（可空）",
    "incident_id": "事件编号（可空）",
    "zh": "中文",
    "en": "英文",
    "title": "名称",
    "profile": "能力要求",
    "requirements": "能力要求",
    "tasks": "任务",
    "qualities": "职业素养",
    "promises": "承诺",
    "stations": "工位",
    "competency": "能力代码",
    "competencies": "能力代码（分号分隔）",
    "level": "等级 1-5",
    "importance": "重要性 0-5",
    "kind": "类别",
    "amount": "数量",
    "due_on": "期限",
    "signed_on": "签订日",
    "counted_on": "统计日",
    "staff": "在岗人数（不含实习生）",
    "posts": "岗位",
    "release_limit": "每周可离岗人数",
    "learners": "学员",
    "seats": "座位数",
    "ratio": "每位师傅带学员数",
    "effective_from": "生效日",
    "effective_until": "截止日",
    "first_day": "首日",
    "last_day": "末日",
    "observed_on": "观察日",
    "occurred_on": "发生日",
    "attended_on": "出勤日",
    "hours": "小时",
    "hired_on": "入职日",
    "born_on": "出生日",
    "performance": "绩效 1-5",
    "marks": "成绩（代码=分数；分号分隔）",
    "direction": "方向",
    "monthly_salary": "月薪（元）",
    "reason": "原因",
    "severity": "严重程度",
    "comment": "评语（可空）",
    "set_by": "要求由谁制定",
    "set_on": "制定日",
    "method": "制定方法",
}


@dataclass(frozen=True)
class Column:
    """One leaf of an event: its path, the list it repeats in, and what a cell of it holds."""

    path: tuple[str, ...]
    holds: Any
    repeats: str | None
    required: bool
    description: str = ""

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def heading(self) -> str:
        """Zh for the eye, the path for the machine."""
        return f"{' '.join(LABELS.get(step, step) for step in self.path)} / {self.name}"

    @property
    def kind(self) -> str | None:
        """What an id column names: `trainee` for `trainee_id`."""
        leaf = self.path[-1]
        return leaf[:-3] if self.holds is UUID and leaf.endswith("_id") else None

    @property
    def choices(self) -> list[str]:
        """The values of a column with few of them."""
        return (
            [str(each) for each in self.holds]
            if isinstance(self.holds, type) and issubclass(self.holds, StrEnum)
            else []
        )


def columns_of(kind: type[PublicEvent]) -> list[Column]:
    """All columns of a type, in the order of its fields; the enterprise is fixed by who sends."""
    return [column for column in _walk(kind, (), None, required=True) if column.path != ("enterprise_id",)]


def bare(annotation: Any) -> Any:
    """The type inside Annotated and Optional."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return bare(next(each for each in get_args(annotation) if each is not NoneType))
    return annotation


def _walk(
    model: type[BaseModel], path: tuple[str, ...], repeats: str | None, *, required: bool
) -> Iterator[Column]:
    for name, field in model.model_fields.items():
        holds, here = bare(field.annotation), (*path, name)
        needed = required and field.is_required()
        if isinstance(holds, type) and issubclass(holds, BaseModel):
            yield from _walk(holds, here, repeats, required=needed)
        elif get_origin(holds) is list and _is_model(item := bare(get_args(holds)[0])):
            yield from _walk(item, here, name, required=needed or item is not Text)
        else:
            yield Column(here, holds, repeats, needed, field.description or "")


def _is_model(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, BaseModel)


def is_number(holds: Any) -> bool:
    return holds in (int, float, Decimal)


def is_day(holds: Any) -> bool:
    return holds is date
