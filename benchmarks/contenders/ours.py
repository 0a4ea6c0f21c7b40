"""Ours: `python -m benchmarks.contenders.ours batch|ordinary ROLES [ROLES...]`: one service, a process for each ROLES."""

import asyncio
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.contenders import work
from benchmarks.contenders.bench import Counted, Rated
from shared.errors import Refused, for_each
from shared.messaging import Listener, Plain
from shared.messaging.runtime import Runtime
from shared.settings import Settings

REFUSED_REMARK = "refuse"


class RemarkRefused(Refused):
    """A rating with this remark is not taken."""


def said_of(event: Rated) -> Counted:
    return Counted(rating_id=event.rating_id, trainee_id=event.trainee_id, counted_at=datetime.now(UTC))


def accepted(event: Rated) -> Rated:
    if event.remark.startswith(REFUSED_REMARK):
        raise RemarkRefused
    return event


async def count_rating(event: Rated, session: AsyncSession) -> Counted:
    session.add(work.State(**accepted(event).model_dump(exclude={"enterprise_id", "remark"})))
    return said_of(event)


async def count_ratings(events: list[Rated], statements: Plain) -> list[Counted]:
    kept = for_each(events, accepted)
    await statements.fetch(work.KEEP, *work.columns(kept))
    return [said_of(event) for event in kept]


def listener(how: str) -> Listener:
    on = Listener("bench")
    if how == "batch":
        on.batch(Rated, order="commutes")(count_ratings)
    else:
        on(Rated, order="commutes")(count_rating)
    return on


def sessions_on(postgres: str) -> async_sessionmaker[AsyncSession]:
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+asyncpg:"), pool_size=5)
    return async_sessionmaker(engine, expire_on_commit=False, info={})


def settings(roles: str) -> Settings:
    """Of a service that knows no others: nobody but the benchmark hears it."""
    amqp, postgres, _ = work.arguments()
    nobody_else = Path(tempfile.mkdtemp(prefix="bench-map-")) / "map.json"
    nobody_else.write_text("[]")
    return Settings(
        database_url=postgres, rabbitmq_url=amqp, roles=roles, environment="demo", topology_map=nobody_else
    )


async def main() -> None:
    """The first process starts the others when it is ready: a relay is there before anybody has something to say."""
    _, postgres, _ = work.arguments()
    how, roles, *others = sys.argv[1:]
    runtime = Runtime(listener(how), sessions_on(postgres), settings(roles))
    await runtime.start()
    while set((await runtime.parts()).values()) != {"ok"}:
        await asyncio.sleep(0.02)
    for other in others:
        subprocess.Popen([sys.executable, "-m", "benchmarks.contenders.ours", how, other])
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
