"""In which language a command speaks to whoever runs it."""

import locale
import os


def chinese() -> bool:
    """Whether the reader's environment is Chinese."""
    said = os.environ.get("TAILORED_LANGUAGE") or os.environ.get("LANG") or (locale.getlocale()[0] or "")
    return said.lower().startswith("zh")
