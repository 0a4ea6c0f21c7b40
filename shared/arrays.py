"""PostgreSQL's own array types, which asyncpg would ask each server for.

Its question reads so much of the catalogue that the server process of every connection keeps megabytes of it. Numbers
and names of these types are the same in every PostgreSQL.
"""

from collections.abc import Iterable
from typing import Any, Final

from asyncpg import Connection  # type: ignore[import-untyped]

NAMES: Final = {
    1000: ("_bool", 16),
    1001: ("_bytea", 17),
    1005: ("_int2", 21),
    1007: ("_int4", 23),
    1016: ("_int8", 20),
    1022: ("_float8", 701),
    1182: ("_date", 1082),
    1185: ("_timestamptz", 1184),
    2951: ("_uuid", 2950),
}
"""The array's number: its name, and the number of what it holds."""
NOT_OF_ARRAYS: Final = dict.fromkeys(
    ("basetype", "range_subtype", "attrtypoids", "attrnames", "basetype_name", "elemtype_name", "range_subtype_name")
)  # fmt: skip


class NotAsked:
    """Stands for the statement that was not needed."""

    name = "not asked"


class Knowing(Connection):  # type: ignore[misc]
    """A connection of asyncpg that asks for no type that it knows."""

    __slots__ = ()

    async def _introspect_types(self, typeoids: Any, *patience: Any) -> Any:
        types = known(typeoids)
        return (types, NotAsked) if types else await super()._introspect_types(typeoids, *patience)


def known(types: Iterable[int]) -> list[dict[str, Any]] | None:
    """As the server would answer; none where one of them is no such array."""
    if not all(one in NAMES for one in types):
        return None
    return [_row(one, *NAMES[one]) for one in types]


def _row(number: int, name: str, holds: int) -> dict[str, Any]:
    array = {
        "oid": number,
        "ns": "pg_catalog",
        "name": name,
        "kind": b"b",
        "elemtype": holds,
        "elemdelim": ",",
    }
    return NOT_OF_ARRAYS | array | {"depth": 0}
