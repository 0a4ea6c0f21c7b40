"""The German training ordinance on a screen: its blocks and examination, and how surely it covers steel positions."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.curriculum import ordinance
from shared import programmes
from shared.web.identity import SignedIn
from shared.web.page import render

router = APIRouter(prefix="/curriculum/ordinance", include_in_schema=False)
Branch = Annotated[str, Query(pattern=f"^({'|'.join(ordinance.BRANCHES)})$")]


@router.get("")
async def ordinance_page(request: Request, person: SignedIn, branch: Branch = "iron-and-steel") -> Response:
    """One branch: what `tailored mvtausbv` tells, with the blocks and their weeks."""
    section = ordinance.BRANCHES[branch]
    skills = [one["block"] for one in ordinance.rows("skills")]
    return render(
        request,
        "ordinance.html",
        person=person,
        branch=branch,
        branches=ordinance.AREAS,
        blocks=[one for one in ordinance.rows("modules") if one["section"] in {"A", "F", section}],
        all_blocks=len(ordinance.rows("modules")),
        skills={block: skills.count(block) for block in skills},
        all_skills=len(skills),
        sums=ordinance.check_sums(branch),
        exam=ordinance.examination(programmes.load("mvtausbv"), branch),
        covered=ordinance.coverage(branch),
        important=ordinance.IMPORTANT,
        enough=ordinance.ENOUGH_WEEKS,
    )
