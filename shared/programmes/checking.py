"""Reads a template and says what is wrong with it, at which line."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from pydantic import ValidationError

from shared.programmes.grammar import Step, Template

NEEDS = {
    Step.EXAMINATION: ("examination", "exam parts with weights and pass rules"),
    Step.CREDENTIAL: ("credential", "what a graduate takes away"),
    Step.PROMISES: ("promises", "what the agreement must promise"),
    Step.SECONDMENT_STINT: ("secondment", "length of the stint and its goals"),
    Step.PROJECT_TEAM: ("project", "who is in the team"),
    Step.FORM_FROM_COHORTS: ("formation", "which years of study the class is formed from"),
    Step.TIMETABLE: ("phases", "what happens in which weeks"),
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a template: where, and why."""

    line: int
    place: str
    what: str

    def __str__(self) -> str:
        return (
            f"line {self.line}: {self.place}: {self.what}" if self.place else f"line {self.line}: {self.what}"
        )


class BrokenTemplate(ValueError):  # noqa: N818 - it reads as what it is
    """A template that breaks the grammar, with every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        """All problems, first line first."""
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def read(text: str) -> Template:
    """The template of a YAML text; `BrokenTemplate` with lines and reasons where it breaks the grammar."""
    root = _node(text)
    problems = list(_repeated(root))
    if problems:
        raise BrokenTemplate(problems)
    try:
        template = Template.model_validate(yaml.safe_load(text))
    except ValidationError as broken:
        found = [
            Problem(
                _line(root, error["loc"]),
                ".".join(map(str, error["loc"])),
                _words(error["msg"], error["loc"]),
            )
            for error in broken.errors()
        ]
        raise BrokenTemplate(sorted(found, key=lambda problem: problem.line)) from None
    problems = list(_unfinished(template, root))
    if problems:
        raise BrokenTemplate(problems)
    return template


def check(text: str) -> list[Problem]:
    """What is wrong with a YAML text; nothing where it is a template."""
    try:
        read(text)
    except BrokenTemplate as broken:
        return broken.problems
    return []


def _node(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 1
        raise BrokenTemplate([Problem(line, "", f"not YAML: {broken.problem}")]) from None
    except yaml.YAMLError as broken:
        raise BrokenTemplate([Problem(1, "", f"not YAML: {broken}".splitlines()[0])]) from None
    if not isinstance(root, yaml.MappingNode):
        raise BrokenTemplate([Problem(1, "", "a template is a list of `field: value` lines")])
    return root


def _repeated(node: yaml.Node, place: str = "") -> Iterator[Problem]:
    """Fields given twice, which YAML itself lets pass."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, f"{place}.{index}".strip("."))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = f"{place}.{key.value}".strip(".")
            if key.value in seen:
                yield Problem(key.start_mark.line + 1, name, "given twice")
            seen.add(key.value)
            yield from _repeated(value, name)


def _line(root: yaml.Node, where: tuple[int | str, ...]) -> int:
    """The line of a place in the text, as near as the text goes."""
    node, line = root, root.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _words(message: str, where: tuple[int | str, ...]) -> str:
    if message == "Extra inputs are not permitted":
        return f"there is no field `{where[-1]}` here"
    return message.removeprefix("Value error, ").replace("Field required", "is missing")


def _unfinished(template: Template, root: yaml.Node) -> Iterator[Problem]:
    """Steps without the part that they need, and names that lead nowhere."""
    for step, (part, meaning) in NEEDS.items():
        if step in template.steps and not getattr(template, part):
            yield Problem(_line(root, ("steps",)), "steps", f"step `{step}` needs `{part}`: {meaning}")
    phases = {phase.phase for phase in template.phases}
    options = {option for branch in template.branches for option in branch.options}
    for index, outline in enumerate(template.modules):
        line = _line(root, ("modules", index))
        if outline.phase not in phases:
            yield Problem(line, f"modules.{index}.phase", f"there is no phase `{outline.phase}`")
        if outline.direction and outline.direction not in options:
            yield Problem(line, f"modules.{index}.direction", f"no branch leads to `{outline.direction}`")
    if template.examination:
        parts = {part.exam_part for part in template.examination.parts}
        for missing in sorted(set(template.examination.last_round) - parts):
            yield Problem(
                _line(root, ("examination", "last_round")), "examination.last_round", f"no part `{missing}`"
            )
