"""The Excel door, inwards: the rows of a filled workbook become the data of events, each cell with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

from services.gateway.cells import Ids, Resolve, cell_of
from services.gateway.columns import Column, columns_of
from services.gateway.excel import ROWS, as_cell, example_row
from services.gateway.knowing import BRINGS
from services.gateway.refusals import NotAWorkbook
from services.gateway.words import Words
from shared.events.enterprise import PublicEvent
from shared.spreadsheet import NoWorkbookError, opened

MINTED = frozenset({"rating", "shutdown", "change", "incident"})


@dataclass(frozen=True)
class Problem:
    """One bad cell: where, what is wrong, what to do."""

    row: int
    column: str
    value: str
    code: str
    what: Words
    remedy: Words

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "what": self.what.as_json(),
            "remedy": self.remedy.as_json(),
        }


@dataclass
class Draft:
    """One event as the sheet says it, and the place that each of its fields came from."""

    first_row: int
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def rows(self) -> set[int]:
        """Every row that says something of this event."""
        return {row for row, _, _ in self.places.values()}

    def place(self, path: str) -> tuple[int, str, str]:
        """The cell of a field, or of the nearest field around it."""
        while path:
            if path in self.places:
                return self.places[path]
            below = [place for name, place in self.places.items() if name.startswith(path + ".")]
            if below:
                return below[0][0], path, ""
            path = path.rpartition(".")[0]
        return self.first_row, path, ""


@dataclass
class Reading:
    """What a workbook says."""

    rows: int = 0
    drafts: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(kind: type[PublicEvent], body: bytes, enterprise_id: UUID, resolve: Resolve) -> Reading:
    """All events of a workbook, and every cell that cannot be read."""
    columns = columns_of(kind)
    rows = _rows(body)
    order = _order(columns, next(rows, (0, ()))[1])
    example = [str(cell) for cell in example_row(kind)]
    reading, by_id = Reading(), dict[str, Draft]()
    for number, cells in rows:
        values = [cells[place] if place is not None and place < len(cells) else None for place in order]
        if all(_blank(value) for value in values) or [str(as_cell(value)) for value in values] == example:
            continue
        reading.rows += 1
        _take(kind, columns, values, number, reading, by_id, Ids(kind, enterprise_id, resolve))
    return reading


def _rows(body: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        return iter(enumerate(opened(body, rows=ROWS + 1, columns=100), start=1))
    except NoWorkbookError as unreadable:
        raise NotAWorkbook(detail=str(unreadable)) from None


def _order(columns: Sequence[Column], headings: Sequence[Any]) -> list[int | None]:
    named = {
        str(heading).rpartition("/")[2].strip(): place for place, heading in enumerate(headings) if heading
    }
    missing = [column.name for column in columns if column.required and column.name not in named]
    if missing:
        raise NotAWorkbook(detail=f"missing columns: {', '.join(missing)}", field=missing[0])
    return [named.get(column.name) for column in columns]


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _take(  # noqa: PLR0917
    kind: type[PublicEvent],
    columns: Sequence[Column],
    values: Sequence[Any],
    number: int,
    reading: Reading,
    by_id: dict[str, Draft],
    ids: Ids,
) -> None:
    draft = _draft(columns, values, number, reading, by_id)
    entries: dict[str, int] = {}
    for column, value in zip(columns, values, strict=True):
        if _blank(value):
            continue
        read, problem = cell_of(column, value, ids)
        text = str(value)[:100]
        if problem:
            reading.problems.append(Problem(number, column.heading, text, "E-GTW-ID", *problem))
            continue
        path: list[str | int] = list(column.path)
        if column.repeats:
            entry = entries.setdefault(column.repeats, len(draft.data.get(column.repeats, [])))
            path.insert(1, entry)
        elif (before := draft.data.get(column.path[0])) not in (None, read) and len(column.path) == 1:
            what = Words(
                f"与第 {draft.first_row} 行不同（{before}）", f"differs from row {draft.first_row} ({before})"
            )
            todo = Words("同一编号的行应一致", "Rows with the same id must agree.")
            reading.problems.append(Problem(number, column.heading, text, "E-GTW-ROWS", what, todo))
            continue
        _put(draft.data, path, read)
        draft.places[".".join(map(str, path))] = (number, column.heading, text)
    _mint(kind, draft, ids)


def _draft(
    columns: Sequence[Column],
    values: Sequence[Any],
    number: int,
    reading: Reading,
    by_id: dict[str, Draft],
) -> Draft:
    """Rows with the same id are one event, where the type has lists; else every row is one."""
    if any(column.repeats for column in columns):
        own = next(iter(columns)).name
        text = str(next(iter(values)) or "").strip()
        if text and text in by_id:
            return by_id[text]
        if not text and reading.drafts:
            return reading.drafts[-1]
        draft = by_id.setdefault(text or f"{own}:{number}", Draft(number))
    else:
        draft = Draft(number)
    reading.drafts.append(draft)
    return draft


def _mint(kind: type[PublicEvent], draft: Draft, ids: Ids) -> None:
    """An id that the sheet may leave out follows from the content, so that a second upload is a duplicate."""
    for thing in BRINGS.get(kind, frozenset()) & MINTED:
        if f"{thing}_id" not in draft.data:
            said = ";".join(
                f"{name}={value}" for name, value in sorted(draft.data.items()) if name != "level"
            )
            draft.data[f"{thing}_id"] = str(uuid5(ids.enterprise_id, f"{thing}:{said}"))


def _put(data: dict[str, Any], path: Sequence[str | int], value: Any) -> None:
    here: Any = data
    for step, after in pairwise(path):
        if isinstance(step, int):
            while len(here) <= step:
                here.append({})
            here = here[step]
        else:
            here = here.setdefault(step, [] if isinstance(after, int) else {})
    here[path[-1]] = value
