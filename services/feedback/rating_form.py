"""What the rating page sends without a script: for each competency a level, "no chance to see it", or a yes or no for each step."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from pydantic import ValidationError

from services.feedback.api import NewRating
from services.feedback.refusals import CommentAlone, FormBroken, StepsIncomplete

MOST_STEPS = 20
Fields = Mapping[str, str]


def given(form: Fields, trainee_id: UUID) -> Iterator[NewRating]:
    """One for each competency that was answered; "no chance" goes before steps, steps before a level."""
    for name in form:
        kind, _, competency = name.partition("|")
        if kind == "id" and (answer := _answer(form, competency)) is not None:
            comment = form.get(f"comment|{competency}", "").strip() or None
            new = {
                "rating_id": form[name],
                "trainee_id": trainee_id,
                "competency": competency,
                "comment": comment,
                **answer,
            }
            try:
                yield NewRating.model_validate(new)
            except ValidationError as wrong:
                raise FormBroken(competency) from wrong


def _answer(form: Fields, competency: str) -> dict[str, object] | None:
    if f"unseen|{competency}" in form:
        return {"level": None}
    steps = [form.get(f"step|{competency}|{at}") for at in range(_count(form, competency))]
    if any(one is not None for one in steps):
        if None in steps:
            raise StepsIncomplete(competency)
        return {"steps": [one == "1" for one in steps]}
    level = form.get(f"level|{competency}")
    if level is None and form.get(f"comment|{competency}", "").strip():
        raise CommentAlone(competency)
    return None if level is None else {"level": level}


def _count(form: Fields, competency: str) -> int:
    """The page says how many steps it showed; at most as many as can be agreed."""
    said = form.get(f"steps|{competency}", "0")
    if not said.isdecimal() or int(said) > MOST_STEPS:
        raise FormBroken(competency)
    return int(said)
