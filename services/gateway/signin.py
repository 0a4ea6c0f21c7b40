"""How people sign in: short-lived tokens signed here, verified everywhere with the public half of the key."""

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.gateway import queries
from shared.errors import NotFound, Refused
from shared.events.gateway import ClockAdvanced
from shared.messaging import emit, today
from shared.service import Transaction
from shared.web.identity import SECONDS, Person, Role, issue, require
from shared.web.personas import PERSONAS

router = APIRouter(tags=["sign-in"])


class NoPersonas(NotFound):
    """Personas exist only in the demo environment."""

    code = "E-GTW-DEMO"
    zh = "演示身份只存在于演示环境。"
    remedy = "Sign-in for people is not configured here yet."
    remedy_zh = "此处尚未配置人员登录。"


class NoSuchPersona(NotFound):
    """There is no such persona."""

    code = "E-GTW-PERSONA"
    zh = "没有这个演示身份。"
    remedy = "Choose one of GET /v1/personas."
    remedy_zh = "请从 GET /v1/personas 中选择。"


class TimeGoesForward(Refused):
    """Business time only moves forward."""

    code = "E-GTW-CLOCK"
    zh = "业务时间只能前进。"


class AskForToken(BaseModel):
    """Which persona."""

    model_config = ConfigDict(extra="forbid")
    persona: str = Field(min_length=1, max_length=100)


class Day(BaseModel):
    """The business day that it shall be."""

    model_config = ConfigDict(extra="forbid")
    today: date


def check_demo(request: Request) -> None:
    """Personas and the clock that one can set are nowhere but in the demo."""
    if not request.app.state.settings.demo or not request.app.state.settings.signing_key:
        raise NoPersonas


@router.post("/v1/token")
async def make_token(asked: AskForToken, request: Request) -> dict[str, Any]:
    """A token for a persona of the demo."""
    check_demo(request)
    person = PERSONAS.get(asked.persona)
    if person is None:
        raise NoSuchPersona(asked.persona, field="persona")
    token = issue(person, request.app.state.settings.signing_key)
    return {"token": token, "expires_in": SECONDS, "person": person.model_dump(mode="json")}


@router.get("/v1/personas")
async def list_personas(request: Request) -> dict[str, Any]:
    """The personas of the demo."""
    check_demo(request)
    return {"personas": {name: person.model_dump(mode="json") for name, person in PERSONAS.items()}}


@router.get("/.well-known/jwks.json")
async def show_keys(request: Request) -> dict[str, Any]:
    """The public key, for whoever verifies."""
    verify_key = request.app.state.settings.verify_key
    public = (
        {name: value for name, value in json.loads(verify_key).items() if name != "d"} if verify_key else None
    )
    return {"keys": [{**public, "use": "sig"}] if public else []}


@router.post("/v1/demo/clock", status_code=202)
async def move_clock(
    day: Day,
    request: Request,
    transaction: Transaction,
    _: Annotated[Person, require(Role.OPERATOR, Role.ADMIN)],
) -> dict[str, Any]:
    """The demo moves business time, and what is due happens."""
    check_demo(request)
    before = await today(transaction)
    if await queries.clock_is_set(transaction) and day.today < before:
        raise TimeGoesForward(f"{day.today} < {before}", field="today")
    event_id = emit(transaction, ClockAdvanced(today=day.today))
    return {"today": day.today, "id": event_id, "trace": f"/v1/events/{event_id}/trace"}
