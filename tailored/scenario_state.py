"""The few things that a story cannot ask the system again: a small file beside the data."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class State:
    """Names and values, written to disk with every change."""

    file: Path
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.values = json.loads(self.file.read_text(encoding="utf-8"))

    def get(self, name: str) -> Any:
        """The value, or None."""
        return self.values.get(name)

    def put(self, **values: Any) -> None:
        """Keep these; a crash in the middle leaves the file as it was."""
        self.values |= values
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(json.dumps(self.values, ensure_ascii=False), encoding="utf-8")
        unfinished.chmod(0o600)
        unfinished.replace(self.file)
