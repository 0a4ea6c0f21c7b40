"""What every process that shows pages needs: headers, static files, refusals that people can read."""

import mimetypes
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import NotSignedIn, Refused
from shared.web import personas
from shared.web.assets import STATIC, KeptFiles
from shared.web.identity import person_of
from shared.web.language import language_of
from shared.web.page import render

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
Handler = Callable[[Request, Any], Awaitable[Response] | Response]


class StrictHeaders:
    """Says on every answer what a page may load, and remembers a language chosen by `?lang=`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; only the start of an answer is changed, so streams stay streams."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen = b"lang=" in scope["query_string"] and language_of(Request(scope))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if chosen:
                    headers.append("Set-Cookie", f"lang={chosen}; Path=/; Max-Age=31536000; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, sending)


def install(app: FastAPI) -> None:
    """The frame of the pages of one process."""
    personas.check(app.state.settings)
    mimetypes.add_type("text/javascript", ".js")
    app.add_middleware(StrictHeaders)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    for kind in (Refused, HTTPException, RequestValidationError, Exception):
        handler = app.exception_handlers.get(kind)
        if handler:
            app.add_exception_handler(kind, readable(handler))


def readable(told: Handler) -> Handler:
    """The same refusal: as a page for whoever looks at pages, as a problem for programs."""

    async def shown(request: Request, error: Exception) -> Response:
        answer = told(request, error)
        answer = await answer if isinstance(answer, Awaitable) else answer
        if not wants_page(request):
            return answer
        person = await person_of(request)
        if isinstance(error, NotSignedIn) and "hx-request" not in request.headers:
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={back}" if request.method == "GET" else "/sign-in", 303)
        fragment = "fragment_refused.html" if "hx-request" in request.headers else "refused.html"
        return render(request, fragment, person=person, status=answer.status_code, problem=_said(answer))

    return shown


def wants_page(request: Request) -> bool:
    """Whether a browser asked, for a page or a part of one."""
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def _said(answer: Response) -> dict[str, Any]:
    from json import loads  # noqa: PLC0415 - only for a refusal that a person reads

    said: dict[str, Any] = loads(bytes(answer.body) or b"{}")
    return {name: said.get(name) for name in ("status", "code", "title", "detail", "field", "remedy")}
