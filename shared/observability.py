"""Figures and log lines of a process: bounded labels, an action name on every line, never a secret or a payload."""

import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
requests = Histogram("tailored_request_seconds", "HTTP requests", ["service", "route", "method", "status"], buckets=SECONDS)
handled = Counter("tailored_handled", "Messages by handler and outcome", ["handler", "outcome"])
batches = Histogram("tailored_batch_seconds", "Transactions of a handler", ["handler"], buckets=SECONDS)
published = Counter("tailored_published", "Messages confirmed by the transport", ["service", "outcome"])
paused = Gauge("tailored_paused", "1 while a handler waits for its database", ["handler"])
unrouted = Gauge("tailored_unrouted", "Messages that nobody's queue took", ["service"])


def install(app: FastAPI, service: str) -> None:
    """Time every request under the route's own pattern, never its ids."""

    @app.middleware("http")
    async def timed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "none")
        spent = time.perf_counter() - started
        requests.labels(service, route, request.method, f"{response.status_code // 100}xx").observe(spent)
        return response


def metrics() -> Response:
    """What Prometheus reads."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def configure_logging(level: int = logging.INFO) -> None:
    """One line an entry: moment, level, logger, action and its figures."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("aio_pika", "aiormq", "faststream"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
