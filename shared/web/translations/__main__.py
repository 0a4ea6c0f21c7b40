"""Keeps the catalogues complete.

`python -m shared.web.translations check` fails on anything missing, empty, fuzzy or obsolete; `update` takes new texts
in and leaves out old ones.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent
LOCALES = ("zh_CN", "en")
OPTIONS = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
WIDTH = 110
PERSONAL = tuple(
    f'"{name}'.encode()
    for name in ("Project", "Report", "POT-", "PO-", "Last-", "Language-Team", "Generated")
)
Id = tuple[str | None, str | tuple[str, ...]]


def sources() -> Iterator[tuple[str, Path]]:
    """Every file that may hold a text, with how to read it."""
    for folder in (ROOT / "shared/web", *sorted((ROOT / "services").glob("*"))):
        for path in sorted((folder / "templates").rglob("*.html")):
            yield "jinja2.ext:babel_extract", path
        for path in sorted(folder.glob("pages*.py")):
            yield "python", path


def texts() -> Catalog:
    """All texts in use, with the places that use them."""
    found = Catalog(charset="utf-8")
    for method, path in sources():
        place = path.relative_to(ROOT).as_posix()
        for line, message, comments, context in extract_from_file(
            method, path, keywords=KEYWORDS, options=OPTIONS
        ):
            found.add(message, locations=[(place, line)], auto_comments=comments, context=context)
    return found


def path_of(locale: str) -> Path:
    """The catalogue of a language."""
    return FOLDER / f"{locale}.po"


def read(locale: str) -> Catalog:
    """The catalogue of a language as it lies on disk."""
    if not path_of(locale).exists():
        return Catalog(locale=locale)
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str) -> None:
    """Take in new texts and leave out old ones; English says what the text itself says."""
    known = read(locale)
    wanted = Catalog(locale=locale, header_comment=f"# The words of our pages: {locale}.", fuzzy=False)
    for message in texts():
        if not message.id:
            continue
        before = known.get(message.id, message.context)
        string = before.string if before and before.string else ("" if locale != "en" else message.id)
        if locale != "en" and isinstance(message.id, tuple) and not before:
            string = ("",)
        wanted.add(message.id, string, locations=message.locations, context=message.context)
    written = BytesIO()
    write_po(written, wanted, width=WIDTH, include_lineno=False, sort_output=True)
    kept = [line for line in written.getvalue().splitlines() if not line.startswith(PERSONAL)]
    path_of(locale).write_bytes(b"\n".join([*kept, b""]))


def faults(locale: str) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    known, used = read(locale), texts()
    yield from (
        f"{locale}: missing: {message.id}" for message in used if message.id and not _in(known, message)
    )
    for message in known:
        if not message.id:
            continue
        if message.fuzzy:
            yield f"{locale}: fuzzy: {message.id}"
        if not _said(message):
            yield f"{locale}: empty: {message.id}"
        if not _in(used, message):
            yield f"{locale}: obsolete: {message.id}"
        yield from (f"{locale}: {error}: {message.id}" for error in message.check(known))
    yield from (f"{locale}: obsolete: {message.id}" for message in known.obsolete.values())


def _in(catalog: Catalog, message: Message) -> bool:
    return catalog.get(message.id, message.context) is not None


def _said(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(strings) and all(strings)


def main(command: str) -> int:
    """`update`, then nothing; `check`, then 1 where something is wrong."""
    if command == "update":
        for locale in LOCALES:
            update(locale)
    found = [fault for locale in LOCALES for fault in faults(locale)]
    sys.stdout.write("\n".join([*found, f"{len(found)} faults in {len(LOCALES)} catalogues", ""]))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
