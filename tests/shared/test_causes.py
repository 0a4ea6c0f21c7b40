"""A batch handler says for several messages at once; each event is told to the one that it was said for."""

import pytest

from shared.messaging.causes import Causes


class Spoken:
    """Anything with fields."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (Spoken(trainee="t1"), 0),
        (Spoken(trainee="t1", competency="casting"), 0),
        (Spoken(competency="casting"), 2),
        (Spoken(copy="twice", remark="of two"), 1),
        (Spoken(trainee="nobody"), 2),
        (Spoken(level=4, trainee=""), 2),
    ],
    ids=["its own", "the rarest value", "the newest of many", "once an event", "a stranger", "no names"],
)
def test_an_event_is_caused_by_who_shares_its_rarest_value(said, cause):
    heard = [
        Spoken(trainee="t1", competency="casting", level=4),
        Spoken(trainee="twice", copy="twice", remark="of two", competency="casting", empty=""),
        Spoken(trainee="t3", remark="of two", competency="casting"),
    ]

    assert Causes(heard, ["first", "second", "third"]).of(said) == ["first", "second", "third"][cause]
