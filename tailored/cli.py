"""The command `tailored`. Each sub-command is imported when it is called, so that one never slows or breaks another."""

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "demo": ("tailored.demo", "play the paper's Jingye programme until the loop closes"),
    "templates": ("tailored.templates", "the programme models: list, show, check a file"),
    "new": ("tailored.new", "start from nothing but a workbook"),
    "token": ("tailored.token", "sign in as a persona of the demo"),
    "keys": ("tailored.keys", "keys of enterprise systems: create, list, rotate, revoke"),
    "events": ("tailored.events", "what an enterprise can say, and saying it"),
    "trace": ("tailored.trace", "where an event went, through all services"),
    "failed": ("tailored.failed", "messages that could not be handled: list, replay"),
    "topology": ("tailored.topology", "queues and bindings of the broker: diff, apply, prune"),
    "match": ("tailored.match", "recruitment's decision on a file: who gets a seat, and why"),
    "rotate": ("tailored.rotate", "placement's decision on a file: who is at which station when"),
    "cover": ("tailored.cover", "curriculum's decision on a file: hours per module"),
    "balance": ("tailored.balance", "courses over semesters as evenly as their order allows"),
    "mvtausbv": ("tailored.mvtausbv", "the German training ordinance as a plan, and what it covers"),
    "rebuild": ("tailored.rebuild", "feedback's state anew from its ratings, held against what is kept"),
    "credential": ("tailored.credential", "whether a graduate's badge holds, verified offline"),
    "evidence": ("tailored.evidence", "feedback's decision on a file: which competencies fall short"),
    "effect": ("tailored.evidence", "the effect of a plan version, from ratings in a file"),
}
BAD_INPUT, FAILED = 2, 1


class Lazy(TyperGroup):
    """Lists all commands by their one-line help and imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command once it was called, its line of help before."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name in COMMANDS:
            return TyperCommand(name=cmd_name, help=COMMANDS[cmd_name][1])
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Imports what is called."""
        if args and args[0] in COMMANDS and args[0] not in self.commands:
            self.commands[args[0]] = _load(args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Every error is one clear line; exit 2 where what was given is at fault."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever reads our lines has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        except Exception as error:
            if not (said := _said(error)):
                raise
            line, code = said
            typer.secho(line, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
            raise typer.Exit(code) from None


def _load(name: str) -> Any:
    """The command of a module: its Typer app, or the function of the command's name."""
    try:
        module = import_module(COMMANDS[name][0])
    except ModuleNotFoundError as missing:
        if missing.name != COMMANDS[name][0]:
            raise
        raise ValueError(f"`tailored {name}` is not there yet") from None
    for attribute in (name, f"{name}_app", "app", "command", "main"):
        found = getattr(module, attribute, None)
        if isinstance(found, typer.Typer):
            command = typer.main.get_command(found)
        elif callable(found):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name)(found)
            command = typer.main.get_command(alone)
        else:
            continue
        command.name = name
        return command
    raise ValueError(f"`tailored {name}` is not there yet")


def _said(error: Exception) -> tuple[str, int] | None:  # noqa: PLR0911 - one for each kind
    """One line for a person, and the exit code; None for what Typer itself says."""
    if type(error).__module__.startswith(("typer", "click")):
        return None
    if isinstance(error, FileNotFoundError):
        return f"no such file: {error.filename}", BAD_INPUT
    if isinstance(error, UnicodeDecodeError):
        return "this is not a text file in UTF-8", BAD_INPUT
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}", BAD_INPUT
    first = type(error).__mro__
    if any(kind.__name__ in {"ConnectError", "ConnectTimeout"} for kind in first):
        return "nobody answers there: start the system with `tailored demo`, or give its address", FAILED
    if any(kind.__name__ == "HTTPStatusError" for kind in first):
        return str(error).splitlines()[0], FAILED
    if isinstance(error, (ValueError, OSError)) or any(
        kind.__name__ in {"Refused", "RuntimeError"} for kind in first
    ):
        return " ".join(str(error).split()) or type(error).__name__, BAD_INPUT
    return _kept(error), FAILED


def _kept(error: Exception) -> str:
    """What nobody expected is kept for the people who build this, and told in a line."""
    if os.environ.get("TAILORED_DEBUG"):
        traceback.print_exception(error)
    log = Path(".tailored") / "error.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return f"this should not have happened: {type(error).__name__}: {error} (kept in {log})"


app = typer.Typer(cls=Lazy, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def tailored() -> None:
    """What an enterprise reports becomes, with evidence and joint approval, a new version of the curriculum."""
