"""How a refusal looks over HTTP: application/problem+json (RFC 9457), in the language of the reader."""

import errno
import logging
import socket

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException

from shared.errors import Invalid, NotYetKnown, Refused, Unavailable
from shared.messaging.faults import is_away
from shared.web.language import language_of

log = logging.getLogger("tailored.http")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"


def problem(refused: Refused, language: str) -> JSONResponse:
    """What, where, and what to do."""
    body = {
        "type": f"/problems/{refused.code}",
        "status": refused.status,
        "code": refused.code,
        "title": refused.title(language),
        "detail": refused.which(language) or None,
        "field": refused.field,
        "remedy": refused.what_to_do(language) or None,
        **jsonable_encoder(refused.details),
    }
    kept = {name: value for name, value in body.items() if value is not None}
    return JSONResponse(kept, status_code=refused.status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Every refusal of this app becomes a problem; no traceback ever leaves."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        return problem(error, language_of(request))

    @app.exception_handler(NotYetKnown)
    async def not_yet_known(request: Request, error: NotYetKnown) -> JSONResponse:
        early = Refused(str(error))
        early.detail = str(error)
        return problem(early, language_of(request))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"field": ".".join(str(part) for part in one["loc"][1:]), "what": one["msg"]}
            for one in error.errors()
        ]
        first = found[0] if found else {"field": "", "what": ""}
        return problem(Invalid(first["what"], field=first["field"], errors=found), language_of(request))

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        body = {"type": "about:blank", "status": error.status_code, "title": str(error.detail)}
        headers = dict(error.headers or {})
        return JSONResponse(body, status_code=error.status_code, media_type=MEDIA_TYPE, headers=headers)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolExhausted)
    @app.exception_handler(OSError)
    async def away(request: Request, error: Exception) -> JSONResponse:
        if not (_is_unreachable(error) if isinstance(error, OSError) else is_away(error)):
            raise error
        log.warning("request_unavailable %s %s %r", request.method, request.url.path, error)
        answer = problem(Unavailable(), language_of(request))
        answer.headers["Retry-After"] = RETRY_AFTER
        return answer

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> JSONResponse:
        log.error("request_failed %s %s", request.method, request.url.path, exc_info=error)
        zh = language_of(request) == "zh"
        title = (
            "系统内部错误，已记录；请稍后重试。"
            if zh
            else "Something broke on our side; it is recorded. Try again later."
        )
        body = {"type": "about:blank", "status": 500, "code": "E-TLD-500", "title": title}
        return JSONResponse(body, status_code=500, media_type=MEDIA_TYPE)


def _is_unreachable(error: OSError) -> bool:
    """A server, not a file or anything else of this machine."""
    no_way = error.errno in {errno.EHOSTUNREACH, errno.ENETUNREACH}
    return no_way or isinstance(error, ConnectionError | TimeoutError | socket.gaierror)
