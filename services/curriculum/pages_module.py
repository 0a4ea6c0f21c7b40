"""One module of a draft, changed by hand: its texts, phase, stations and limits, a new one whole, one taken out."""

from itertools import zip_longest
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from services.curriculum import queries, voting
from services.curriculum.changing import with_changes
from services.curriculum.drafting import Draft
from services.curriculum.editing import LIMITS, Rewording
from services.curriculum.pages import checked
from services.curriculum.planning import SETTINGS
from services.curriculum.voting import Author, Edit
from shared.errors import Invalid, Refused
from shared.events.base import Text
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import Hours, PlanModule
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(prefix="/curriculum", include_in_schema=False)
WEIGHT = "weight|"


@router.get("/revisions/{revision_id}/modules")
async def module_page(
    revision_id: UUID, request: Request, person: Author, transaction: Transaction, module: str = ""
) -> Response:
    """The module as the draft has it; without a name, an empty form for a new one."""
    return await _shown(request, person, transaction, revision_id, module)


@router.post("/revisions/{revision_id}/modules")
async def change_module(
    revision_id: UUID, request: Request, person: Author, transaction: Transaction, module: str = ""
) -> Response:
    """An edit of the draft like any other: votes on the earlier content become void."""
    form = await request.form()

    async def act() -> None:
        base, modules, _ = await _draft(transaction, revision_id, person)
        await voting.edit_draft(revision_id, asked(form, base, modules, module), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, revision_id, module, form, refused)

    return await tried(transaction, act(), f"/curriculum/revisions/{revision_id}", again)


def asked(form: FormData, base: PlanPublished, modules: list[PlanModule], module: str) -> Edit:
    """The edit that the form means."""
    seen = str(form.get("seen") or "") or None
    if form.get("act") == "remove":
        return checked(Edit, removed=[module], seen=seen)
    if any(one.module == module for one in base.modules):
        return checked(Edit, modules={module: checked(Rewording, **_words(form, modules))}, seen=seen)
    return checked(Edit, added=[_new(form, modules)], seen=seen)


def _words(form: FormData, modules: list[PlanModule]) -> dict[str, Any]:
    like = next((one for one in modules if one.module == form.get("practised_like")), None)
    stations = {"practised_at": like.practised_at if like else []} if "practised_like" in form else {}
    codes = str(form.get("qualifications", "")).replace(",", " ").replace("，", " ").split()
    asks = {"qualifications": codes} if "qualifications" in form else {}
    limits = {name: form.get(name) or None for name in LIMITS if name in form}
    return (
        stations
        | asks
        | limits
        | {
            "title": checked(Text, zh=form.get("title_zh", ""), en=form.get("title_en", "")),
            "outcomes": _outcomes(form),
            "phase": form.get("phase"),
            "prerequisites": form.getlist("prerequisites"),
        }
    )


def _new(form: FormData, modules: list[PlanModule]) -> PlanModule:
    weights = {
        name.removeprefix(WEIGHT): value
        for name, value in form.items()
        if name.startswith(WEIGHT) and value not in {"", "0"}
    }
    return checked(
        PlanModule,
        **_words(form, modules),
        module=form.get("module"),
        hours=checked(Hours, **{setting: form.get(setting) or "0" for setting in SETTINGS}),
        layer=form.get("layer") or "common",
        direction=form.get("direction") or None,
        contribution=weights,
    )


def _outcomes(form: FormData) -> list[Text]:
    """One sentence a line; the lines of both languages belong together."""
    zh, en = ([line.strip() for line in str(form.get(name, "")).splitlines() if line.strip()]
              for name in ("outcomes_zh", "outcomes_en"))  # fmt: skip
    if len(zh) != len(en):
        raise Invalid(
            f"{len(zh)} lines in Chinese and {len(en)} in English: each needs its twin", field="outcomes"
        )
    return [checked(Text, zh=one, en=other) for one, other in zip_longest(zh, en)]


async def _draft(
    transaction: AsyncSession, revision_id: UUID, person: Person
) -> tuple[PlanPublished, list[PlanModule], dict[str, Any]]:
    """The version that the revision would change, its modules as drafted, and the revision as shown."""
    shown = await voting.read_revision(revision_id, person, transaction)
    revision = await queries.revision_of(transaction, revision_id)
    base = await queries.version_of(transaction, shown["plan_id"], shown["plan_version"])
    draft = Draft.model_validate(revision.draft) if revision.draft and revision.content_hash else Draft()
    return base, with_changes(base.modules, draft.changes), shown


async def _shown(  # noqa: PLR0917 - what was written and why it was refused go with the page
    request: Request,
    person: Person,
    transaction: AsyncSession,
    revision_id: UUID,
    module: str,
    form: FormData | None = None,
    refused: Refused | None = None,
) -> Response:
    base, modules, shown = await _draft(transaction, revision_id, person)
    had = next((one for one in modules if one.module == module), None)
    return render(
        request,
        "module.html",
        person=person,
        status=refused.status if refused else 200,
        revision=shown,
        base=base,
        modules=modules,
        module=had,
        is_new=all(one.module != module for one in base.modules),
        given=form or _given(had),
        chosen=form.getlist("prerequisites") if form else had.prerequisites if had else [],
        settings=SETTINGS,
        names=await queries.competency_titles(transaction),
        problem=problem_of(request, refused),
    )


def _given(module: PlanModule | None) -> dict[str, Any]:
    """The fields of the form as the draft has them."""
    if module is None:
        return {}
    weights = {f"{WEIGHT}{name}": weight for name, weight in module.contribution.items()}
    return (
        weights
        | module.hours.model_dump()
        | {
            "module": module.module,
            "title_zh": module.title.zh,
            "title_en": module.title.en,
            "outcomes_zh": "\n".join(one.zh for one in module.outcomes),
            "outcomes_en": "\n".join(one.en for one in module.outcomes),
            "phase": module.phase,
            **{name: None if (limit := getattr(module, name)) is None else f"{limit:g}" for name in LIMITS},
            "layer": module.layer,
            "direction": module.direction,
            "qualifications": " ".join(module.qualifications),
        }
    )
