"""Whose fault it was. `Refused` is the caller's: said clearly, never retried. Anything else is a fault: retried, then kept."""

from collections.abc import Callable, Iterable, Sequence
from inspect import cleandoc
from typing import ClassVar, TypeVar

Heard = TypeVar("Heard")
Found = TypeVar("Found")


class Refused(Exception):  # noqa: N818 - it is the word of the field for "no, and here is why"
    """This cannot be done."""

    code: ClassVar[str] = "E-TLD-409"
    status: ClassVar[int] = 409
    zh: ClassVar[str] = ""
    remedy: ClassVar[str] = ""
    remedy_zh: ClassVar[str] = ""

    def __init__(
        self, detail: str = "", detail_zh: str = "", *, field: str | None = None, **details: object
    ) -> None:
        """The docstring of the class is the message; `detail` says which one, `field` where."""
        self.detail = detail
        self.detail_zh = detail_zh
        self.field = field
        self.details = details
        super().__init__(f"{self.title()} {detail}".strip())

    @classmethod
    def title(cls, language: str = "en") -> str:
        """The message, in the language of the reader."""
        english = cleandoc(cls.__doc__ or "").partition("\n")[0]
        return cls.zh if language.startswith("zh") and cls.zh else english

    def which(self, language: str = "en") -> str:
        """The detail, in the language of the reader where it has been said in it."""
        return self.detail_zh if language.startswith("zh") and self.detail_zh else self.detail

    @classmethod
    def what_to_do(cls, language: str = "en") -> str:
        """The way out, where there is one to name."""
        return cls.remedy_zh if language.startswith("zh") and cls.remedy_zh else cls.remedy


class Unavailable(Refused):
    """A server that this needs does not answer at the moment."""

    code = "E-TLD-503"
    status = 503
    zh = "所需的服务器暂时没有响应。"
    remedy = "Try again in a few seconds. An event may be sent again as it is; of anything else look first whether it was done."
    remedy_zh = "请几秒后重试。事件可原样重发；其他操作请先查看是否已完成。"


class Invalid(Refused):
    """What was sent does not have the form asked for."""

    code = "E-TLD-422"
    status = 422
    zh = "提交的内容不符合要求的格式。"
    remedy = "Correct the named field and send it again."
    remedy_zh = "请更正所列字段后重新提交。"


class NotFound(Refused):
    """There is no such thing, or it is not yours to see."""

    code = "E-TLD-404"
    status = 404
    zh = "不存在，或您无权查看。"
    remedy = "Check the id, and whom you are signed in as."
    remedy_zh = "请核对编号，以及您登录的身份。"


class NotSignedIn(Refused):
    """Sign in first."""

    code = "E-TLD-401"
    status = 401
    zh = "请先登录。"
    remedy = "Sign in on the page /sign-in, or send `Authorization: Bearer` with a token or key in force."
    remedy_zh = "请在 /sign-in 页面登录，或发送带有效令牌或密钥的 `Authorization: Bearer`。"


class Forbidden(Refused):
    """Your role does not allow this."""

    code = "E-TLD-403"
    status = 403
    zh = "您的角色不允许此操作。"
    remedy = "Sign in as somebody whose role allows it, or ask that person to do it."
    remedy_zh = "请以有权限的身份登录，或请有权限的人操作。"


class NotYetKnown(Exception):  # noqa: N818 - early is not wrong
    """A fact came before what it refers to. It waits for that, and is not a failure."""

    def __init__(self, kind: str, missing: object) -> None:
        """`kind` and `missing` name what `known(session, kind, missing)` will announce."""
        self.kind = kind
        self.missing = str(missing)
        super().__init__(f"{kind} {missing} is not known here yet")


class Declined(Exception):  # noqa: N818 - the handler goes on without them
    """Some events of a batch are declined, each for a reason of its own; the handler runs again with the others."""

    def __init__(self, reasons: Sequence[tuple[object, Refused | NotYetKnown]]) -> None:
        """The very events that the handler was given, and why; raise it before anything is written."""
        self.reasons = reasons
        super().__init__("; ".join(str(reason) for _, reason in reasons[:3]))


def for_each(events: Iterable[Heard], rule: Callable[[Heard], Found]) -> list[Found]:
    """What the rule finds for each event of a batch; raises Declined with all that it declines."""
    found: list[Found] = []
    reasons: list[tuple[object, Refused | NotYetKnown]] = []
    for event in events:
        try:
            found.append(rule(event))
        except (Refused, NotYetKnown) as reason:
            reasons.append((event, reason))
    if reasons:
        raise Declined(reasons)
    return found
