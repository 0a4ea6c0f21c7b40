"""What stands in each column of a tally: a mentor on a competency, with the codes by which a model takes them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import numpy as np

from services.feedback.tally import Ints

Name = TypeVar("Name")


class Pair(NamedTuple):
    """A mentor on a competency. Evidence begins anew `since` the day on which an earlier gap of it was answered."""

    mentor: UUID
    competency: str
    since: date | None = None


Key = tuple[str, date | None]
"""A competency, as it stands in a model: one that began anew is another."""


def by_name(pair: Pair) -> tuple[str, str, str]:
    """An order that depends on nothing but names."""
    return str(pair.mentor), pair.competency, str(pair.since or "")


class Columns(tuple[Pair, ...]):  # noqa: SLOT001 - what was found lies in its dict
    """The pairs in the order in which they were met. What follows from their names is found once, as many ask."""

    @cached_property
    def _by_key(self) -> tuple[list[Key], Ints]:
        return _coded([(code, since) for _, code, since in self], lambda key: (key[0], key[1] or date.min))

    @cached_property
    def _by_mentor(self) -> tuple[list[UUID], Ints]:
        return _coded([mentor for mentor, _, _ in self], lambda mentor: mentor.int)

    @property
    def keys(self) -> list[Key]:
        """The competencies, in the order of a model."""
        return self._by_key[0]

    @property
    def competency(self) -> Ints:
        """By column, its place among the keys."""
        return self._by_key[1]

    @property
    def mentors(self) -> list[UUID]:
        """In the order of a model."""
        return self._by_mentor[0]

    @property
    def mentor(self) -> Ints:
        """By column, its place among the mentors."""
        return self._by_mentor[1]

    @cached_property
    def _table(self) -> dict[UUID, dict[Key, int]]:
        at: list[dict[Key, int]] = [{} for _ in self.mentors]
        keys = self.keys
        for column, (mentor, key) in enumerate(
            zip(self.mentor.tolist(), self.competency.tolist(), strict=True)
        ):
            at[mentor][keys[key]] = column
        return dict(zip(self.mentors, at, strict=True))

    def at(self, pair: Pair) -> int:
        """Where the pair stands."""
        return self._table[pair.mentor][pair.competency, pair.since]

    def joined(self, pairs: Iterable[Pair]) -> "Columns":
        """Those of these pairs that were not met before stand at the end."""
        new = {pair for pair in pairs if pair[1:] not in self._table.get(pair.mentor, ())}
        return Columns((*self, *sorted(new, key=by_name))) if new else self


def _coded(names: Sequence[Name], order: Callable[[Name], Any]) -> tuple[list[Name], Ints]:
    """The different names in order, and of each its place; each is hashed once."""
    met: dict[Name, int] = {}
    codes = np.array([met.setdefault(name, len(met)) for name in names], dtype=np.int64)
    different = sorted(met, key=order)
    place = np.empty(len(met), np.int64)
    place[[met[name] for name in different]] = np.arange(len(met))
    return different, place[codes]
