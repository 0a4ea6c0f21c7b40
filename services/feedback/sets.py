"""Statements about many rows whose text does not depend on how many: they are written once, and prepared once by the database."""

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, func, literal, select
from sqlmodel import col

from services.feedback.copies import Table


def among(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    """`IN`, as one parameter."""
    return col(column) == any_(literal(sorted(ids, key=attrgetter("int")), ARRAY(Uuid())))


def laid_out(table: type[Table], rows: Sequence[Mapping[str, Any]]) -> Select[*tuple[Any, ...]]:
    """The rows as something to select from: a parameter for each column."""
    types = {name: table.__table__.c[name].type for name in rows[0]}  # type: ignore[attr-defined]
    columns = (
        func.unnest(literal([row[name] for row in rows], ARRAY(kind, dimensions=1))).label(name)
        for name, kind in types.items()
    )
    return select(*columns)
