"""The whole life of a revision as one table: what can happen in which state, and where it leads."""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Refused


class State(StrEnum):
    """Where a revision is."""

    OPENED = "opened"
    UNDRAFTED = "undrafted"
    DRAFTED = "drafted"
    VOTING = "voting"
    RETURNED = "returned"
    ESCALATED = "escalated"
    QUEUED = "queued"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What can happen to a revision."""

    DRAFT = "draft"
    FAIL = "fail"
    JOIN = "join"
    EDIT = "edit"
    VOTE = "vote"
    RETURN = "return"
    REJECT = "reject"
    QUEUE = "queue"
    PUBLISH = "publish"
    ESCALATE = "escalate"
    WITHDRAW = "withdraw"
    SEAT = "seat"
    NUDGE = "nudge"
    EXTEND = "extend"


TABLE: Mapping[State, Mapping[Act, State]] = {
    State.OPENED: {  # a worker looks for the smallest change
        Act.DRAFT: State.DRAFTED,
        Act.FAIL: State.UNDRAFTED,
        Act.JOIN: State.OPENED,
        Act.EDIT: State.DRAFTED,
        Act.ESCALATE: State.ESCALATED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.OPENED,
    },
    State.UNDRAFTED: {  # nothing in the budget answers it: a person decides what to give up
        Act.EDIT: State.DRAFTED,
        Act.JOIN: State.OPENED,
        Act.ESCALATE: State.ESCALATED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.UNDRAFTED,
    },
    State.DRAFTED: {  # there is content, and nobody has voted on it
        Act.VOTE: State.VOTING,
        Act.RETURN: State.RETURNED,
        Act.REJECT: State.REJECTED,
        Act.JOIN: State.OPENED,
        Act.EDIT: State.DRAFTED,
        Act.ESCALATE: State.ESCALATED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.DRAFTED,
        Act.NUDGE: State.DRAFTED,
    },
    State.VOTING: {  # signals that come now wait for the next revision
        Act.VOTE: State.VOTING,
        Act.RETURN: State.RETURNED,
        Act.REJECT: State.REJECTED,
        Act.QUEUE: State.QUEUED,
        Act.PUBLISH: State.PUBLISHED,
        Act.EDIT: State.DRAFTED,
        Act.ESCALATE: State.ESCALATED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.VOTING,
        Act.NUDGE: State.VOTING,
    },
    State.RETURNED: {  # votes are void; someone changes the content or takes it back
        Act.EDIT: State.DRAFTED,
        Act.JOIN: State.OPENED,
        Act.ESCALATE: State.ESCALATED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.RETURNED,
    },
    State.ESCALATED: {  # overdue: the next level sees to it, and everything that was possible still is
        Act.DRAFT: State.ESCALATED,
        Act.FAIL: State.ESCALATED,
        Act.VOTE: State.ESCALATED,
        Act.RETURN: State.RETURNED,
        Act.REJECT: State.REJECTED,
        Act.QUEUE: State.QUEUED,
        Act.PUBLISH: State.PUBLISHED,
        Act.EDIT: State.DRAFTED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.SEAT: State.ESCALATED,
        Act.NUDGE: State.ESCALATED,
        Act.EXTEND: State.ESCALATED,
    },
    State.QUEUED: {  # agreed, and waits for the yearly window
        Act.PUBLISH: State.PUBLISHED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.PUBLISHED: {},
    State.REJECTED: {},
    State.WITHDRAWN: {},
}

ENDED = frozenset(state for state, ways in TABLE.items() if not ways)
OPEN = frozenset(State) - ENDED - {State.QUEUED}
"""States in which a revision is the one open revision of its plan."""
JOINABLE = frozenset(state for state, ways in TABLE.items() if Act.JOIN in ways)


class NotPossibleNow(Refused):
    """This cannot be done with the revision in the state it is in."""

    code = "E-CUR-STATE"
    zh = "修订处于当前状态时不能执行此操作。"
    remedy = "Read it again: it has moved on meanwhile, and what is possible now stands there (`may`)."
    remedy_zh = "请重新阅读：修订在此期间已有变化，当前可执行的操作见该页（接口中为 may）。"


def follow(state: State, act: Act) -> State:
    """The state that this act leads to; refused where the table has none."""
    after = TABLE[state].get(act)
    if after is None:
        raise NotPossibleNow(act=act, state=state)
    return after
