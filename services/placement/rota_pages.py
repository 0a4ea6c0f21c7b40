"""The rota of the crews as a sheet: take it, fill it in, send it; every bad cell is named and nothing of it kept."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response, UploadFile

from services.placement import rota_api
from services.placement.crew_api import list_crews
from services.placement.pages import words_of
from services.placement.rota_api import BadRota, Hours, Planner
from shared.errors import Refused
from shared.service import Transaction
from shared.web.language import language_of
from shared.web.page import render

router = APIRouter(prefix="/placement", include_in_schema=False)


@router.get("/rotas")
async def rotas_page(request: Request, person: Planner, transaction: Transaction) -> Response:
    """What the sheet looks like, where to send it, and how many of each crew may be away."""
    crews = await list_crews(transaction, person)
    return render(request, "rotas.html", person=person, refused=None, cells=[], kept=None, crews=crews)


@router.post("/rotas")
async def send_rota(
    request: Request,
    person: Planner,
    transaction: Transaction,
    file: UploadFile,
    hours: Annotated[Hours | None, Form()] = None,
) -> Response:
    """Kept whole, or refused with every bad cell."""
    values: dict[str, Any] = {"refused": None, "cells": [], "kept": None}
    values["crews"] = await list_crews(transaction, person)
    try:
        async with transaction.begin_nested():
            values["kept"] = await rota_api.keep_sheet(file, transaction, person, hours)
    except Refused as refused:
        values["refused"] = words_of(refused, language_of(request))
        values["cells"] = refused.details.get("cells", []) if isinstance(refused, BadRota) else []
    status = 422 if values["refused"] else 200
    return render(request, "rotas.html", person=person, status=status, **values)
