"""PostgreSQL's own array types are known, so that no server process reads its catalogue for them."""

from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest

from shared.arrays import NAMES, known

SAMPLES = {
    "bool": [True, False, None],
    "bytea": [b"", b"\x00\xff"],
    "int2": [-(2**15), 2**15 - 1],
    "int4": [[1, 2], [3, 4]],
    "int8": [-(2**63), 2**63 - 1],
    "float8": [0.1, float("inf")],
    "date": [date(2021, 9, 6)],
    "timestamptz": [datetime(2021, 9, 6, 8, tzinfo=UTC)],
    "uuid": [UUID(int=7)],
}


@pytest.mark.parametrize("name", SAMPLES)
async def test_each_array_goes_there_and_back(sessions, name):
    async with sessions.kw["bind"].connect() as pooled:
        raw = (await pooled.get_raw_connection()).driver_connection

        assert await raw.fetchval(f"SELECT $1::{name}[]", SAMPLES[name]) == SAMPLES[name]


async def test_numbers_and_names_are_those_of_the_server(sessions, rows):
    numbers = ", ".join(map(str, NAMES))
    said = await rows(
        sessions, f"SELECT oid::int, typname, typelem::int FROM pg_type WHERE oid IN ({numbers})"
    )

    assert {number: (name, holds) for number, name, holds in said} == NAMES


async def test_other_types_are_asked_for(sessions):
    async with sessions.kw["bind"].connect() as pooled:
        raw = (await pooled.get_raw_connection()).driver_connection
        await raw.execute("CREATE TYPE pg_temp.colour AS ENUM ('red')")

        assert await raw.fetchval("SELECT $1::pg_temp.colour[]", ["red"]) == ["red"]
        assert known([min(NAMES), 1]) is None
        with pytest.raises(asyncpg.DataError):
            await raw.fetchval("SELECT $1::int[]", ["no number"])
