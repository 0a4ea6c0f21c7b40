"""Programme templates: one grammar, and ten schemes as data. Its door: `load`, `codes`, `check`."""

from functools import cache
from importlib.resources import files

from shared.programmes.checking import BrokenTemplate as BrokenTemplate
from shared.programmes.checking import Problem as Problem
from shared.programmes.checking import check as check
from shared.programmes.checking import read as read
from shared.programmes.grammar import Template as Template

FOLDER = files("shared.programmes") / "templates"


@cache
def codes() -> tuple[str, ...]:
    """The templates that ship, in the order of the paper."""
    names = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".yaml"))
    return tuple(name.split("-", 1)[1].removesuffix(".yaml") for name in names)


@cache
def load(code: str) -> Template:
    """The template of this code; KeyError where none ships under it."""
    for entry in FOLDER.iterdir():
        if entry.name.endswith(f"-{code}.yaml") and entry.name.split("-", 1)[1] == f"{code}.yaml":
            return read(entry.read_text(encoding="utf-8"))
    raise KeyError(code)
