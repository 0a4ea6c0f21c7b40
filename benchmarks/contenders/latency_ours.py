"""Ours in the latency figure, `door PORT` and `actor`: with plain statements, or with `_session` behind either the same
with SQLModel's session, as most of our handlers have it; with `_apart` the door's relay is a process of its own, `relay`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
import uvloop
from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.contenders import latency_straight, ours, work
from benchmarks.contenders.bench import Rated
from shared.messaging import Listener, Plain, emit, plain
from shared.messaging.runtime import Runtime


async def act_on_rating(event: Rated, statements: Plain) -> None:
    row = (event.rating_id, event.trainee_id, event.mentor_id, event.competency, event.level)
    await statements.fetch(latency_straight.ONE, *row, event.observed_on)
    await statements.fetch(latency_straight.ACTED, str(event.rating_id))


async def act_in_session(event: Rated, session: AsyncSession) -> None:
    session.add(work.State(**event.model_dump(exclude={"enterprise_id", "remark"})))
    await session.execute(latency_straight.ACTED_IN_SESSION, {"rating": str(event.rating_id)})


def actor(role: str = "actor") -> Listener:
    on = Listener("actor")
    on(Rated, order="commutes")(act_in_session if role.endswith("_session") else act_on_rating)
    return on


async def take(event: Rated, request: Request) -> dict[str, str]:
    async with plain(request.app.state.sessions) as statements:
        await statements.fetch(latency_straight.RECEIVED, event.rating_id)
        emit(statements, event)
    return {"rating_id": str(event.rating_id)}


async def take_in_session(event: Rated, request: Request) -> dict[str, str]:
    async with request.app.state.sessions.begin() as session:
        await session.execute(latency_straight.RECEIVED_IN_SESSION, {"rating": event.rating_id})
        emit(session, event)
    return {"rating_id": str(event.rating_id)}


def door(role: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _, postgres, _ = work.arguments()
        app.state.sessions = ours.sessions_on(postgres)
        plays = ours.settings("http" if role.endswith("_apart") else "http,relay")
        await Runtime(Listener("bench"), app.state.sessions, plays).start()
        yield

    app = FastAPI(lifespan=lifespan)
    app.post("/ratings", status_code=202)(take_in_session if role.endswith("_session") else take)
    return app


async def act(role: str) -> None:
    _, postgres, _ = work.arguments()
    sessions = ours.sessions_on(postgres)
    if role == "relay":
        await Runtime(Listener("bench"), sessions, ours.settings("relay")).start()
    else:
        await Runtime(actor(role), sessions, ours.settings("consumer")).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    which = sys.argv[1]
    if which.startswith("door"):
        uvicorn.run(door(which), port=int(sys.argv[2]), log_level="error", access_log=False)
    else:
        uvloop.run(act(which))
