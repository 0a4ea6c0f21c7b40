"""Runs the migrations of one service against its own database. Each service's env.py is one call to `run`."""

import asyncio
import logging
import os
from pathlib import Path
from threading import Lock

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.messaging.tables import metadata as messaging

SERVICES = Path(__file__).parents[1] / "services"
log = logging.getLogger("tailored.migrations")
LOCK = "SELECT pg_advisory_xact_lock(hashtext('tailored migrations'))"
"""Of containers that start together one migrates, and the others find it done."""
_one_at_a_time = Lock()  # alembic's `context` is one for the process


def run(*metadata: MetaData) -> None:
    """Upgrade or compare the database (the one handed to `upgrade`, else DATABASE_URL) with these tables."""
    url = context.config.attributes.get("url") or os.environ["DATABASE_URL"]
    asyncio.run(_run(str(url), (*metadata, messaging)))


def upgrade(service: str, url: str, revision: str = "head") -> None:
    """Bring the database of a service to its newest schema. Blocks: inside a loop call it with `asyncio.to_thread`."""
    folder = SERVICES / service
    config = Config(toml_file=str(folder / "pyproject.toml"))
    config.attributes["url"] = url
    with _one_at_a_time:
        command.upgrade(config, revision)


async def _run(url: str, metadata: tuple[MetaData, ...]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, metadata)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: tuple[MetaData, ...]) -> None:
    connection.execute(text(LOCK))
    if newer := _of_a_later_release(connection):
        log.warning("schema_is_newer %s: left as it is, this release runs on it", newer)
        return
    context.configure(connection=connection, target_metadata=list(metadata), compare_type=True)
    context.run_migrations()


def _of_a_later_release(connection: Connection) -> str | None:
    """What the database stands at, if this release does not know it: whoever goes back starts on the newer schema."""
    known = {script.revision for script in ScriptDirectory.from_config(context.config).walk_revisions()}
    stands = MigrationContext.configure(connection).get_current_revision()
    return stands if stands not in known | {None} else None
