"""Figures and log lines of a process: bounded labels, an action name on every line, never a secret or a payload."""

import logging
import time

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
requests = Histogram(
    "tailored_request_seconds", "HTTP requests", ["service", "route", "method", "status"], buckets=SECONDS
)
handled = Counter("tailored_handled", "Messages by handler and outcome", ["handler", "outcome"])
batches = Histogram("tailored_batch_seconds", "Transactions of a handler", ["handler"], buckets=SECONDS)
published = Counter("tailored_published", "Messages confirmed by the transport", ["service", "outcome"])
paused = Gauge("tailored_paused", "1 while a handler waits for its database", ["handler"])
unrouted = Gauge("tailored_unrouted", "Messages that nobody's queue took", ["service"])
outbox = Gauge(
    "tailored_outbox", "Events said and not confirmed by the transport, counted to 100,000", ["service"]
)
outbox_age = Gauge("tailored_outbox_age_seconds", "Since the oldest of them was said", ["service"])
failed = Gauge(
    "tailored_failed", "Messages that are kept because they failed, by state", ["service", "state"]
)
job_age = Gauge("tailored_job_age_seconds", "Since the oldest job that no worker has was due", ["service"])


class Timed:
    """Times every request under its route's own pattern, never its ids; plain ASGI, so that streams stay streams."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        tracing.begin(_header(scope, b"traceparent"))

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            spent = time.perf_counter() - started
            requests.labels(self.service, route, scope["method"], f"{status // 100}xx").observe(spent)


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def install(app: FastAPI, service: str) -> None:
    """Time the requests of this app."""
    app.add_middleware(Timed, service=service)


def metrics() -> Response:
    """What Prometheus reads."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def configure_logging(level: int = logging.INFO) -> None:
    """One line an entry: moment, level, logger, action and its figures."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("aio_pika", "aiormq", "faststream"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
