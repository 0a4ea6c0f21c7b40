"""What services need, imported once in the process that all are forked from; frozen, so that the pages stay shared."""

import gc

import asyncpg  # type: ignore[import-untyped]  # noqa: F401
import httpx  # noqa: F401
import numpy.random  # noqa: F401
import pydantic.v1  # noqa: F401
import uvicorn  # noqa: F401

import shared.events.curriculum
import shared.events.enterprise
import shared.events.feedback
import shared.events.placement
import shared.events.recruitment
import shared.messaging.rabbit
import shared.messaging.repairing
import shared.messaging.runtime
import shared.messaging.unsent
import shared.operating
import shared.programmes
import shared.service
import shared.web.posting  # noqa: F401

gc.collect()
gc.freeze()
