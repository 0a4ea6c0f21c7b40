"""Whether an examination is passed, by the weights and rules of its template. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events.base import Text
from shared.programmes.graduating import Examination, ExamPart


@dataclass(frozen=True)
class Result:
    """The weighted total in points of 100, and every rule that was not met; passed where there is none."""

    total: float
    unmet: list[Text]

    @property
    def passed(self) -> bool:
        """No rule stands against it."""
        return not self.unmet


def examine(examination: Examination, points: Mapping[str, float]) -> Result:
    """`points` are of 100, one for each part; a part that is missing or unknown raises ValueError."""
    parts = {part.exam_part: part for part in examination.parts}
    if points.keys() != parts.keys():
        raise ValueError(f"points are needed for exactly {', '.join(parts)}")
    last = [parts[name] for name in examination.last_round or parts]
    total = _mean(examination.parts, points)
    unmet = []
    if total < examination.pass_mark:
        unmet.append(_needs("总成绩", "the whole examination", examination.pass_mark, total))
    if examination.last_round and (mean := _mean(last, points)) < examination.pass_mark:
        unmet.append(_needs("最后一轮成绩", "the last round", examination.pass_mark, mean))
    unmet += [
        _needs(part.title.zh, part.title.en, part.pass_mark, points[part.exam_part])
        for part in examination.parts
        if part.must_pass and points[part.exam_part] < part.pass_mark
    ]
    failed = [part for part in last if not part.must_pass and points[part.exam_part] < part.pass_mark]
    if len(failed) > examination.at_most_failed:
        names = ", ".join(part.exam_part for part in failed)
        most = examination.at_most_failed
        unmet.append(
            Text(
                zh=f"最多 {most} 个部分可低于及格线：{names}",
                en=f"at most {most} parts may be failed: {names}",
            )
        )
    unmet += [
        _needs(part.title.zh, part.title.en, examination.never_below, points[part.exam_part])
        for part in last
        if points[part.exam_part] < examination.never_below
    ]
    return Result(total, unmet)


def _mean(parts: list[ExamPart], points: Mapping[str, float]) -> float:
    weight = sum(part.weight for part in parts)
    return round(sum(part.weight * points[part.exam_part] for part in parts) / weight, 6)


def _needs(zh: str, en: str, needed: float, had: float) -> Text:
    return Text(
        zh=f"{zh}：需 {needed:g} 分，得 {had:g} 分", en=f"{en}: {needed:g} points needed, {had:g} reached"
    )
