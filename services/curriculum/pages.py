"""The screens of curriculum: plans with their coverage, and revisions with evidence, difference and votes."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from services.curriculum import api, parties, publishing, queries, voters, voting
from services.curriculum.changing import with_changes
from services.curriculum.drafting import Draft
from services.curriculum.planning import SETTINGS
from services.curriculum.refusals import ContentChanged
from services.curriculum.voting import PANELS, Author, Coordinator
from shared.errors import Invalid, Refused
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import Hours
from shared.messaging import today
from shared.service import Transaction
from shared.web import posting
from shared.web.identity import Person, SignedIn
from shared.web.page import render
from shared.web.people import NAMES

router = APIRouter(prefix="/curriculum", include_in_schema=False)
PLANS = "/curriculum/plans"
Given = TypeVar("Given")
Comment = Annotated[str, Form(max_length=2000)]


@router.get("/plans")
async def plans_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Every plan, and every revision of one."""
    return await plans_shown(request, person, transaction)


async def plans_shown(
    request: Request, person: Person, transaction: Transaction, refused: Refused | None = None
) -> Response:
    """The same, with what was wrong about a plan that was to be published."""
    plans = await api.list_plans(person, transaction)
    revisions = await voting.list_revisions(person, transaction)
    values: dict[str, Any] = {
        "plans": plans,
        "revisions": revisions,
        "titles": {one.plan_id: one.title for one in plans},
        "bare": await parties.programmes_without_plan(transaction, person),
        "names": await queries.competency_titles(transaction),
        "day": await today(transaction),
        "problem": posting.problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "plans.html", person=person, status=status, **values)


@router.get("/plans/{plan_id}")
async def plan_page(
    plan_id: UUID, request: Request, person: SignedIn, transaction: Transaction, version: int | None = None
) -> Response:
    """One version: phases, modules with hours by setting, and the coverage matrix."""
    await parties.visible_plan(transaction, plan_id, person)
    plan = await queries.version_of(transaction, plan_id, version)
    return render(
        request,
        "plan.html",
        person=person,
        plan=plan,
        versions=await api.list_versions(plan_id, person, transaction),
        matrix=await api.read_coverage(plan_id, person, transaction, plan.plan_version),
        stale=await api.read_stale(plan_id, person, transaction),
        total=_totals(plan),
        settings=SETTINGS,
        names=await queries.competency_titles(transaction),
        taught=await publishing.taught_by(transaction, plan_id, plan.plan_version),
    )


def _totals(plan: PlanPublished) -> dict[str, float]:
    return {setting: sum(getattr(module.hours, setting) for module in plan.modules) for setting in SETTINGS}


@router.get("/revisions/{revision_id}")
async def revision_page(
    revision_id: UUID, request: Request, person: SignedIn, transaction: Transaction, show: str = "changes"
) -> Response:
    """Evidence, difference, impact, votes of both sides, history."""
    return await _revision(request, person, transaction, revision_id, show=show)


@router.post("/revisions/{revision_id}/votes")
async def vote(  # noqa: PLR0917 - the fields of the form
    revision_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    choice: Annotated[str, Form()],
    content_hash: Annotated[str, Form()],
    comment: Comment = "",
) -> Response:
    """A vote on the content that the page showed."""

    async def cast() -> None:
        ballot = checked(
            voting.Ballot, choice=choice, content_hash=content_hash, comment=comment.strip() or None
        )
        await voting.vote(revision_id, ballot, person, transaction)

    return await tried(request, person, transaction, revision_id, cast, comment)


@router.post("/revisions/{revision_id}/draft")
async def edit(revision_id: UUID, request: Request, person: Author, transaction: Transaction) -> Response:
    """Hours by hand. Votes on the earlier content become void."""
    form = await request.form()

    async def change() -> None:
        hours: dict[str, dict[str, Any]] = {}
        for name, value in form.items():
            module, _, setting = name.rpartition("|")
            if module and setting in SETTINGS:
                hours.setdefault(module, {})[setting] = value or "0"
        seen = str(form.get("seen") or "") or None
        given = {module: checked(Hours, **each) for module, each in hours.items()}
        await voting.edit_draft(
            revision_id, checked(voting.Edit, hours=given, seen=seen), person, transaction
        )

    typed = {name: str(value) for name, value in form.items() if "|" in name}
    return await tried(request, person, transaction, revision_id, change, typed=typed)


@router.post("/revisions/{revision_id}/withdraw")
async def withdraw(
    revision_id: UUID, request: Request, person: Coordinator, transaction: Transaction, comment: Comment = ""
) -> Response:
    """Take the proposal back, with a reason."""

    async def take_back() -> None:
        await voting.withdraw(revision_id, checked(voting.Reason, comment=comment), person, transaction)

    return await tried(request, person, transaction, revision_id, take_back, comment)


def checked(form: Callable[..., Given], **fields: Any) -> Given:
    """What the form says, or a refusal that names the field."""
    try:
        return form(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(str(first["msg"]), field=".".join(str(part) for part in first["loc"])) from error


async def tried(
    request: Request,
    person: Person,
    transaction: Transaction,
    revision_id: UUID,
    act: Callable[[], Awaitable[None]],
    comment: str = "",
    *,
    typed: dict[str, str] | None = None,
) -> Response:
    """Done, and back to the page; or the page again with what was wrong and what was written."""

    async def again(refused: Refused) -> Response:
        kept = {} if isinstance(refused, ContentChanged) else typed or {}  # another content: typed anew
        return await _revision(
            request, person, transaction, revision_id, refused=refused, comment=comment, typed=kept
        )

    return await posting.tried(transaction, act(), f"/curriculum/revisions/{revision_id}", again)


async def _revision(
    request: Request,
    person: Person,
    transaction: Transaction,
    revision_id: UUID,
    *,
    show: str = "changes",
    refused: Refused | None = None,
    comment: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    shown = await voting.read_revision(revision_id, person, transaction)
    base = await queries.version_of(transaction, shown["plan_id"], shown["plan_version"])
    revision = await queries.revision_of(transaction, revision_id)
    programme = await queries.programme_of(transaction, shown["programme_id"])
    voter = parties.votes_in(programme, person) and voters.may_vote(
        person.person_id,
        parties.side_of(person),
        panel=person.has(*PANELS),
        seats=await queries.seats_of(transaction, revision_id),
        signals=await queries.signals_of(transaction, revision_id),
    )
    return render(
        request,
        "revision.html",
        person=person,
        status=refused.status if refused else 200,
        revision=shown,
        base=base,
        changed={change["module"]: change for change in (shown["draft"] or {}).get("changes", [])},
        modules=with_changes(base.modules, Draft.model_validate(revision.draft or {}).changes),
        total=_sums_over_phases(shown["draft"]),
        mine=[vote for vote in shown["votes"] if vote["voter_id"] == person.person_id and vote["counts"]],
        my_side=parties.side_of(person) if voter else None,
        settings=SETTINGS,
        names=await queries.competency_titles(transaction),
        day=await today(transaction),
        show=show,
        problem=posting.problem_of(request, refused),
        people=sorted(NAMES.items(), key=lambda one: one[1]) if request.app.state.settings.demo else [],
        comment=comment,
        typed=typed or {},
    )


def _sums_over_phases(draft: dict[str, Any] | None) -> dict[str, dict[str, float]]:
    """Setting -> hours before and after, over all phases."""
    phases = (draft or {}).get("sums", {}).values()
    return {
        setting: {when: sum(phase[setting][when] for phase in phases) for when in ("before", "after")}
        for setting in SETTINGS
    }
