"""Runs the migrations of one service against its own database. Each service's env.py is one call to `run`."""

import asyncio
import os
from pathlib import Path
from threading import Lock

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.messaging.tables import metadata as messaging

SERVICES = Path(__file__).parents[1] / "services"
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
    context.configure(connection=connection, target_metadata=list(metadata), compare_type=True)
    context.run_migrations()
