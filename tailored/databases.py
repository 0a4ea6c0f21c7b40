"""A database per service on one server, each at the newest schema, and the pair of keys of a home."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

from tailored.postgres import DATABASES, Given, Postgres

SERVICES = Path(__file__).parents[1] / "services"


def databases(server: Postgres | Given) -> dict[str, str]:
    """A database per service, migrated to the newest schema; their addresses."""
    urls = addresses(server)
    migrate(server.plain_url(), urls, server.data)
    return urls


def addresses(server: Postgres | Given) -> dict[str, str]:
    """Where the database of each service is, or will be."""
    return {name: server.url(name) for name in DATABASES}


def migrate(server: str, urls: Mapping[str, str], marks: Path) -> None:
    """Make the databases that are not there and bring all to the newest schema; `marks` remember what has been done."""
    missing = asyncio.run(_create(server))
    behind = [name for name in DATABASES if name in missing or not _marked(marks, name)]
    if not behind:
        return
    from shared import migrations  # noqa: PLC0415 - alembic is woken only where a schema is older

    for name in behind:
        migrations.upgrade(name, urls[name])
        _mark(marks, name).write_text(_newest(name))


async def _create(server: str) -> set[str]:
    import asyncpg  # type: ignore[import-untyped]  # noqa: PLC0415 - only where the server is ours

    connection = await asyncpg.connect(server)
    try:
        there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        missing = set(DATABASES) - there
        for name in sorted(missing):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return missing


def _marked(marks: Path, name: str) -> bool:
    mark = _mark(marks, name)
    return mark.exists() and mark.read_text() == _newest(name)


def _mark(marks: Path, name: str) -> Path:
    return marks / f"migrated-{name}"


def _newest(name: str) -> str:
    return ",".join(sorted(path.stem for path in (SERVICES / name / "migrations" / "versions").glob("*.py")))


def keys(home: Path) -> tuple[str, str]:
    """The pair that signs and verifies identities, made once for this home; the private half is ours alone to read."""
    file = home / "keys.json"
    if not file.exists():
        from shared.web import keypair  # noqa: PLC0415 - once in the life of a home

        private, public = keypair.make()
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as opened:
            json.dump({"private": private, "public": public}, opened)
    pair = json.loads(file.read_text())
    return pair["private"], pair["public"]
