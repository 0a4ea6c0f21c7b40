"""The screens of applications from a file: template, upload, a look at every row, saving with progress."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from services.recruitment import importing
from services.recruitment.applicants import open_for_applications
from services.recruitment.importing import Coordinator
from services.recruitment.pages_panel import frame
from shared.errors import Refused
from shared.messaging import today
from shared.service import Transaction
from shared.web.page import render
from shared.web.posting import problem_of

router = APIRouter(include_in_schema=False)


@router.get("/intakes/{intake_id}/import")
async def import_page(
    intake_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    batch: UUID | None = None,
) -> Response:
    """Template, upload, preview of every bad row, saving with progress."""
    values = await frame(transaction, intake_id, person)
    shown = await importing.import_of(transaction, batch) if batch else None
    return render(request, "import.html", person=person, batch=shown, problem=None, **values)


@router.post("/intakes/{intake_id}/import")
async def import_uploaded(
    intake_id: UUID, request: Request, person: Coordinator, transaction: Transaction, file: UploadFile
) -> Response:
    """Hand the file to a worker, which looks at every row."""
    values = await frame(transaction, intake_id, person)
    try:
        open_for_applications(values["intake"], await today(transaction))
        content = await importing.within_limit(_parts(file))
    except Refused as refused:
        problem = problem_of(request, refused)
        return render(
            request,
            "import.html",
            person=person,
            status=refused.status,
            batch=None,
            problem=problem,
            **values,
        )
    batch = await importing.in_background(transaction, intake_id, content, confirmed=False)
    return RedirectResponse(f"/recruitment/intakes/{intake_id}/import?batch={batch.import_id}", 303)


async def _parts(file: UploadFile) -> AsyncIterator[bytes]:
    while part := await file.read(1 << 20):
        yield part


@router.get("/imports/{import_id}/seen")
async def import_seen(
    import_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """How far the file is, or what its rows say."""
    batch = await importing.import_of(transaction, import_id)
    return render(request, "import_seen.html", person=person, batch=batch)


@router.post("/imports/{import_id}/{choice}")
async def import_chosen(
    import_id: UUID, choice: str, person: Coordinator, transaction: Transaction
) -> Response:
    """Save all rows, or discard the file."""
    act = importing.discard_import if choice == "discard" else importing.confirm_import
    batch = await act(import_id, person, transaction)
    return RedirectResponse(f"/recruitment/intakes/{batch.intake_id}/import?batch={import_id}", 303)
