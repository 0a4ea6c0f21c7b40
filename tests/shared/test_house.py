"""The rules of the house that no linter knows. Each one stands in CONTRIBUTING.md with its reason."""

import ast
from pathlib import Path

import pytest

SERVICES = ("gateway", "recruitment", "curriculum", "placement", "feedback")
ROOT = Path(__file__).parents[2]
CHANCE_AND_CLOCK = {
    "now",
    "utcnow",
    "today",
    "uuid1",
    "uuid4",
    "uuid7",
    "random",
    "randint",
    "choice",
    "shuffle",
    "time",
}
PURE = (
    "rules",
    "matching",
    "coverage",
    "rotation",
    "evidence",
    "mixed",
    "tally",
    "beliefs",
    "dividing",
    "wording",
    "running",
    "effect",
    "evalues",
)
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "processor", "data", "info", "misc"}


def pure_files() -> list[Path]:
    return [
        path
        for service in SERVICES
        for name in PURE
        for path in (ROOT / "services" / service).glob(f"{name}*.py")
    ]


def calls(tree: ast.AST) -> set[str]:
    """Names of everything that is called with a module or class before the dot, or bare."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                found.add(f"{called.value.id}.{called.attr}")
            elif isinstance(called, ast.Name):
                found.add(called.id)
    return found


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_rule_or_a_heart_asks_neither_clock_nor_chance(path):
    forbidden = {
        f"{module}.{name}"
        for module in ("datetime", "date", "time", "uuid", "random", "secrets", "dt")
        for name in CHANCE_AND_CLOCK
    } | {"uuid4", "uuid7"}

    assert calls(ast.parse(path.read_text())) & forbidden == set()


def test_no_module_has_a_name_that_says_nothing():
    named = {path.stem for top in ("services", "shared", "tailored") for path in (ROOT / top).rglob("*.py")}

    assert named & DRAWERS == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_is_one_idea(service):
    long = {
        path.name: lines
        for path in (ROOT / "services" / service).glob("*.py")
        if (lines := len(path.read_text().splitlines())) > 250
    }

    assert long == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_module_has_one_plain_sentence(service):
    silent = [
        path.name
        for path in (ROOT / "services" / service).glob("*.py")
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_handler_fits_in_fifteen_lines(service):
    tree = ast.parse((ROOT / "services" / service / "handlers.py").read_text())
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > 20
    }

    assert long == {}
