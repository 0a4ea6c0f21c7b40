"""The words of the pages: gettext catalogues, read from their text form at the first use."""

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shared.web.language import Language, spoken

FOLDER = Path(__file__).parent / "translations"
LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en"}


@cache
def translations(language: Language) -> GNUTranslations:
    """The catalogue of one language."""
    compiled = BytesIO()
    with (FOLDER / f"{LOCALES[language]}.po").open("rb") as text:
        write_mo(compiled, read_po(text, locale=LOCALES[language]))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str) -> str:
    """In the language that is spoken now."""
    return translations(spoken.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """One or many, in the language that is spoken now."""
    return translations(spoken.get()).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """A word that means different things in different places."""
    return translations(spoken.get()).pgettext(context, message)
