"""`tailored rebuild feedback`: replays every rating and holds the result against the live state."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from services.feedback.rebuilding import Rebuilt
from services.feedback.rebuilding import rebuild as replay
from shared.service import Settings, sessions_of


def rebuild(
    service: Annotated[str, typer.Argument(help="only feedback derives state that can be replayed")],
    database_url: Annotated[str | None, typer.Option(envvar="DATABASE_URL")] = None,
) -> None:
    """Exit 0 where nothing differs, 1 where something was put right or a verdict differs."""
    if service != "feedback" or not database_url:
        typer.echo("usage: DATABASE_URL=postgresql+asyncpg://... tailored rebuild feedback", err=True)
        raise typer.Exit(2)
    rebuilt = asyncio.run(_replay(database_url))
    typer.echo(json.dumps(asdict(rebuilt)))
    raise typer.Exit(
        1 if rebuilt.ratings_changed or rebuilt.verdicts_different or rebuilt.statistics_different else 0
    )


async def _replay(url: str) -> Rebuilt:
    sessions = sessions_of(Settings(database_url=url))
    async with sessions.begin() as session:
        rebuilt = await replay(session)
    await sessions.kw["bind"].dispose()
    return rebuilt
