"""Why an application ended as it did, in sentences of both languages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.recruitment.eligibility import HIGHEST
from services.recruitment.explaining import Cutoff, Need
from services.recruitment.model import Application, ApplicationState
from shared.events.base import Text

REASONS = {
    "below-cutoff": Text(
        zh="分数低于录取线，已列入候补名单。",
        en="The score is below the cut-off; you are on the waiting list.",
    ),
    "placed-elsewhere": Text(
        zh="已在您更靠前的志愿中获得名额。", en="You have a seat in an intake that you ranked higher."
    ),
    "declined": Text(zh="您已放弃该名额。", en="You declined the seat."),
    "expired": Text(
        zh="录取通知在期限内未被接受，已失效。", en="The offer was not accepted in time and has lapsed."
    ),
    "withdrawn": Text(zh="该申请已撤回。", en="The application was withdrawn."),
    "intake-too-small": Text(
        zh="报名人数低于开班最低人数，本批次不开班。",
        en="Too few applicants for a class: this intake does not run.",
    ),
}
WITHDRAWN = {
    "college": Text(zh="学院已撤回该申请。", en="The college withdrew the application."),
    "enterprise": Text(zh="企业已撤回该申请。", en="The enterprise withdrew the application."),
}
OPEN = Text(zh="公开名额", en="open seats")
STATES = {
    ApplicationState.SUBMITTED: Text(
        zh="申请已收到，尚未录取。", en="The application is there; nothing has been decided yet."
    ),
    ApplicationState.ACCEPTED: Text(zh="您已接受录取。", en="You have accepted the offer."),
    ApplicationState.ENROLLED: Text(zh="您已入学。", en="You are enrolled."),
}


@dataclass(frozen=True, slots=True)
class Named:
    """What an intake and its pools are called in both languages."""

    intake: Text
    pools: Mapping[str, Text]

    def pool(self, code: str | None) -> Text:
        return self.pools.get(code or "", OPEN)


def explain(
    application: Application,
    names: Named,
    cuts: Sequence[Cutoff],
    needs: Sequence[Need] = (),
    *,
    needs_asked: bool = False,
) -> list[Text]:
    """The decision and what it rests on: condition, cut-off of each pool, waiting place, what would have changed it."""
    said: list[Text] = []
    if application.state == ApplicationState.OFFERED:
        said.append(_offered(application, names))
    elif application.reason == "not-eligible":
        said += [_failed(each) for each in application.failed]
    elif application.reason == "withdrawn" and application.withdrawn_by in WITHDRAWN:
        said.append(WITHDRAWN[application.withdrawn_by])
    elif application.reason in REASONS:
        said.append(REASONS[application.reason])
    elif application.state in STATES:
        said.append(STATES[ApplicationState(application.state)])
    if application.score is not None and application.state != ApplicationState.SUBMITTED:
        said += [_cut(application.score, cut, names) for cut in cuts]
    if application.waiting_place:
        place = application.waiting_place
        said.append(
            Text(zh=f"您在候补名单第 {place} 位。", en=f"You are number {place} on the waiting list.")
        )
    if needs_asked:
        said += [_need(need, names) if reachable(need) else ONLY_A_TIE for need in needs] or [NOTHING]
    return said


NOTHING = Text(
    zh="经重新计算：仅提高分数，任何分数都不能使您在此获得名额。",
    en="Checked by deciding again: no score would have given you a seat here.",
)


ONLY_A_TIE = Text(
    zh="经重新计算：录取者已达最高分；即使您也得最高分，也只是同分，由同分规则和抽签决定。",
    en=(
        "Checked by deciding again: who was admitted has the highest score there is; with it you would only have "
        "tied, and the tie-breakers and the lottery decide then."
    ),
)


def reachable(need: Need) -> bool:
    """Whether there is such a score."""
    return need.score is None or need.score <= HIGHEST


def _offered(application: Application, names: Named) -> Text:
    pool = names.pool(application.pool)
    return Text(
        zh=f"您获得录取（名额类别：{pool.zh}），请在 {application.expires_on} 前接受。",
        en=f"You are offered a seat (pool: {pool.en}); accept it by {application.expires_on}.",
    )


def _failed(failed: dict[str, object]) -> Text:
    reason = Text.model_validate(failed["reason"])
    needed, had, predicate = failed["needed"], failed["had"], failed["predicate"]
    return Text(
        zh=f"{reason.zh}（条件 {predicate}：需要 {needed}，实际 {had}）"[:500],
        en=f"{reason.en} (condition {predicate}: needed {needed}, was {had})"[:500],
    )


def _cut(score: float, cut: Cutoff, names: Named) -> Text:
    pool = names.pool(cut.pool)
    if cut.score is None:
        return Text(
            zh=f"名额类别“{pool.zh}”：名额未满，没有录取线。",
            en=f"Pool {pool.en}: seats were left, so there is no cut-off.",
        )
    return Text(
        zh=f"您的分数 {score:g}，“{pool.zh}”录取线 {cut.score:g}。",
        en=f"Your score {score:g}, cut-off {cut.score:g} ({pool.en}).",
    )


def _need(need: Need, names: Named) -> Text:
    pool, intake = names.pool(need.pool), names.intake
    return Text(
        zh=f"经重新计算验证：再高 {need.more:g} 分（达到 {need.score:g} 分）即可被“{intake.zh}”录取（{pool.zh}）。",
        en=(
            f"Checked by deciding again: {need.more:g} points more ({need.score:g}) "
            f"would have admitted you to {intake.en} ({pool.en})."
        ),
    )
