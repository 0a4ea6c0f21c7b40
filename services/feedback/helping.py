"""What would help a cohort of which nothing can be promised: what the operating table says of it otherwise."""

from collections.abc import Iterator

from services.feedback import operating
from services.feedback.operating import Cell, Row
from shared.events.base import Text

FOUND = 0.8
"""In so many cohorts a shortfall must be found before anybody is told that it will be."""
AT_MOST = 3
UNPROVEN = (
    "对这样的班级不能作任何承诺：即使是 {shortfall:g} 级的不足，也有 {missed:.0%} 到结束时仍得不到证实。",
    "Nothing can be promised to such a cohort: a shortfall of {shortfall:g} levels stays unproven to its end in {missed:.0%} of them.",
)
CASES = (
    "首次评价之前，请每位师傅评过每项能力的共同案例：可发现 {power:.0%}。",
    "A common case of each competency that every mentor rates before the first rating: {power:.0%} are found.",
)
MENTORS = (
    "请 {mentors} 位师傅评价，而不是 {now} 位：可发现 {power:.0%}。",
    "{mentors} mentors who rate instead of {now}: {power:.0%} are found.",
)
BOTH = (
    "{mentors} 位师傅，并且都评过共同案例：可发现 {power:.0%}。",
    "{mentors} mentors who have rated common cases, too: {power:.0%} are found.",
)
POOLED = (
    "与同一方案版本的前几届合并判断（项目模板的 evidence.pool_below）：到 {together} 届中的最后一届可发现 {power:.0%}。",
    "Judging it together with the earlier cohorts under its plan version (evidence.pool_below in the programme's template): {power:.0%} are found by the last of {together} cohorts.",
)


def advice(row: Row, required: float, *, cases: bool) -> list[Text]:
    """That nothing can be promised, then the ways that surely help, the best first; nothing where a wide shortfall is found."""
    now = row.at(required, with_vignettes=cases)[0]
    if now.power >= FOUND:
        return []
    better = [
        (cell, words)
        for cell, words in ways(row, required, cases=cases)
        if cell.power > now.power + max(now.margin, cell.margin)
    ]
    better.sort(key=lambda one: -one[0].power)
    said = [_said(UNPROVEN, shortfall=now.shortfall, missed=1 - now.power)]
    return [*said, *(words for _, words in better[:AT_MOST])]


def ways(row: Row, required: float, *, cases: bool) -> Iterator[tuple[Cell, Text]]:
    """Each with the cell of the table that says what it would bring."""
    plain = row.at(required)[0]
    if plain.with_vignettes and not cases:
        yield plain.with_vignettes, _said(CASES, power=plain.with_vignettes.power)
    if plain.pooled and not cases:
        together = operating.table()[0]["together"]
        yield plain.pooled, _said(POOLED, power=plain.pooled.power, together=together)
    for more in operating.with_more_mentors(row):
        alone, both = (more.at(required, with_vignettes=each)[0] for each in (False, True))
        yield both, _said(BOTH, mentors=more.mentors, power=both.power)
        if not cases:
            yield alone, _said(MENTORS, mentors=more.mentors, now=row.mentors, power=alone.power)


def _said(words: tuple[str, str], **figures: float) -> Text:
    zh, en = (one.format(**figures) for one in words)
    return Text(zh=zh, en=en)
