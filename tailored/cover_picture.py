"""Coverage as a picture: a bar for each competency, as part of its target."""

from collections.abc import Mapping
from html import escape

from services.curriculum import coverage
from services.curriculum.coverage import Problem

ROW, LEFT, WIDTH = 24, 220, 420


def picture(problem: Problem, hours: Mapping[str, float]) -> str:
    """An SVG: covered part of each target, before (line) and after (bar). A word says what is missing."""
    before, after = coverage.coverage(problem, problem.hours()), coverage.coverage(problem, hours)
    rows = []
    for number, goal in enumerate(problem.competencies):
        top = 40 + number * ROW
        had, has = (min(1.25, covered[goal.id] / goal.target) for covered in (before, after))
        missing = max(0.0, goal.target - after[goal.id])
        said = f"{missing:.0f} missing 缺" if missing > 1e-6 else "covered 达标"
        colour = "#c2500c" if missing > 1e-6 else "#1a5fa8"
        rows.append(
            f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(goal.id)}</text>'
            f'<rect x="{LEFT}" y="{top}" width="{WIDTH * has / 1.25:.1f}" height="16" fill="{colour}"/>'
            f'<line x1="{LEFT + WIDTH * had / 1.25:.1f}" x2="{LEFT + WIDTH * had / 1.25:.1f}" y1="{top - 2}"'
            f' y2="{top + 18}" stroke="#14202e" stroke-width="2"/>'
            f'<text x="{LEFT + WIDTH + 8}" y="{top + 13}">{has:.0%} {said}</text>'
        )
    height = 60 + ROW * len(problem.competencies)
    mark = LEFT + WIDTH / 1.25
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{height}" viewBox="0 0 860 {height}"'
        ' font-family="sans-serif" font-size="12" fill="#14202e">'
        '<text x="8" y="18" font-size="14">Coverage of each competency 各项能力的覆盖（bar: after 之后; line: before 之前）</text>'
        + "".join(rows)
        + f'<line x1="{mark}" x2="{mark}" y1="30" y2="{height - 12}" stroke="#5a6c7d" stroke-dasharray="4 3"/>'
        f'<text x="{mark + 4}" y="{height - 6}">target 目标</text></svg>\n'
    )
