"""Ours in the latency figure: `door PORT` says an event in the transaction of its request; `actor` has a plain handler
that adds an object, `actor_of_lists` one that writes its list in one statement.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
import uvloop
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import text

from benchmarks.contenders import ours, work
from benchmarks.contenders.bench import Rated
from shared.messaging import Listener, emit
from shared.messaging.runtime import Runtime

ACTED = text("SELECT pg_notify('acted', :rating)")
ALL_ACTED = "SELECT pg_notify('acted', rating::text) FROM unnest($1::uuid[]) AS rating"
RECEIVED = text("INSERT INTO bench_received VALUES (:rating)")


async def act_on_rating(event: Rated, session: AsyncSession) -> None:
    session.add(work.State(**event.model_dump(exclude={"enterprise_id", "remark"})))
    await session.execute(ACTED, {"rating": str(event.rating_id)})


async def act_on_ratings(events: list[Rated], session: AsyncSession) -> None:
    connection = await session.connection()
    await connection.exec_driver_sql(work.KEEP, tuple(work.columns(events)))
    await connection.exec_driver_sql(ALL_ACTED, ([event.rating_id for event in events],))


def actor(role: str = "actor") -> Listener:
    on = Listener("actor")
    if role == "actor":
        on(Rated, order="commutes")(act_on_rating)
    else:
        on.batch(Rated, order="commutes")(act_on_ratings)
    return on


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    _, postgres, _ = work.arguments()
    app.state.sessions = ours.sessions_on(postgres)
    await Runtime(Listener("bench"), app.state.sessions, ours.settings("relay")).start()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/ratings", status_code=202)
async def take(event: Rated) -> dict[str, str]:
    async with app.state.sessions.begin() as session:
        await session.execute(RECEIVED, {"rating": event.rating_id})
        emit(session, event)
    return {"rating_id": str(event.rating_id)}


async def act() -> None:
    _, postgres, _ = work.arguments()
    await Runtime(actor(sys.argv[1]), ours.sessions_on(postgres), ours.settings("consumer")).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "door":
        uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
    else:
        uvloop.run(act())
