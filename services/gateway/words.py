"""What a refusal consists of: sentences in both languages, the fields at fault, and how it looks over HTTP."""

from dataclasses import dataclass
from typing import Any, ClassVar

from shared.errors import Refused


@dataclass(frozen=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str

    def local(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en

    def as_json(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one field, and what to do about it."""

    field: str
    what: Words
    remedy: Words


class DoorRefused(Refused):
    """The event was not accepted."""

    code: ClassVar[str] = "E-GTW-REFUSED"

    def __init__(self, *faults: Fault, detail: str = "", field: str | None = None, **details: object) -> None:
        """With faults, the first one names the field."""
        self.faults = faults
        super().__init__(detail, "", field=field or (faults[0].field if faults else None), **details)

    def in_both_languages(self) -> dict[str, Any]:
        """What was wrong and what to do, as the list of refusals keeps it."""
        cls = type(self)
        return {
            "what": {"zh": cls.title("zh"), "en": cls.title()},
            "remedy": {"zh": cls.what_to_do("zh"), "en": cls.what_to_do()},
            "detail": self.detail,
            "errors": [
                {"field": fault.field, "what": fault.what.as_json(), "remedy": fault.remedy.as_json()}
                for fault in self.faults
            ],
        }

    def problem(self, language: str) -> dict[str, Any]:
        """The body of `application/problem+json` in the language of the reader."""
        cls = type(self)
        return {
            "type": f"/v1/catalogue#{cls.code}",
            "title": cls.title(language),
            "status": cls.status,
            "code": cls.code,
            "detail": self.detail or "; ".join(fault.what.local(language) for fault in self.faults[:3]),
            "field": self.field,
            "remedy": cls.what_to_do(language),
            "errors": [
                {
                    "field": fault.field,
                    "what": fault.what.local(language),
                    "remedy": fault.remedy.local(language),
                }
                for fault in self.faults
            ],
        }
