"""Comments written by us, as mentors write them; none was taken from a plant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback import wording

TEXTS = [
    (frozenset({code}), text)
    for code, *texts in (
        ("tapping", "出钢与挡渣操作", "Tapping and slag retention", "按顺序加入合金", "Adds alloys in order"),
        ("casting", "连铸操作", "Continuous casting", "控制结晶器液面和拉速", "Controls mould level and casting speed"),
        ("safety", "安全操作与个人防护", "Working safely and protective equipment", "煤气区域规定", "Rules of gas areas"),
        ("handover", "交接班与记录", "Shift handover and records", "填写交接班记录", "Completes the handover log"),
    )
    for text in texts
]  # fmt: skip
KNOWN = wording.known(TEXTS)


@pytest.mark.parametrize(
    ("comment", "competency", "fragment"),
    [
        ("小李干得不错，出钢时下渣太多。", "tapping", "出钢时下渣太多"),
        ("液面波动大的时候手忙脚乱。", "casting", "液面波动大的时候手忙脚乱"),
        ("进煤气区不带报警仪！说了两次。", "safety", "进煤气区不带报警仪"),
        ("Careful lad; too much slag came over at tapping.", "tapping", "too much slag came over at tapping"),
        (
            "Raised the casting speed too fast, was told twice.",
            "casting",
            "Raised the casting speed too fast",
        ),
        ("连铸 ok, but the handover log is empty", "handover", "but the handover log is empty"),
    ],
)
def test_the_nearest_competency_comes_first_with_the_clause_that_says_so(comment, competency, fragment):
    found = wording.suggest(KNOWN, comment)

    assert (found.best[0].competency, found.best[0].fragment) == (competency, fragment)
    assert len(found.best) <= 3


@pytest.mark.parametrize("comment", ["今天迟到了十分钟。", "Nice lad, keep going.", "。。。", "12 34", ""])
def test_what_shares_nothing_is_unsure(comment):
    assert not wording.suggest(KNOWN, comment).sure


def test_a_comment_about_two_things_alike_suggests_both_and_is_unsure():
    found = wording.suggest(KNOWN, "合金加入得对，拉速控制得也好")

    assert {one.competency for one in found.best[:2]} == {"tapping", "casting"}
    assert not found.sure


def test_a_word_of_the_plant_is_known_once_a_comment_with_it_was_read():
    comment = "大包回转台转得太快"
    before = wording.suggest(KNOWN, comment)
    after = wording.suggest(wording.known(TEXTS, [(frozenset({"casting"}), "大包回转台没停稳")]), comment)

    assert not before.sure
    assert (after.best[0].competency, after.sure) == ("casting", True)


def test_a_comment_read_as_about_two_speaks_of_both():
    both = frozenset({"safety", "tapping"})
    found = wording.suggest(wording.known(TEXTS, [(both, "没放下面罩")]), "面罩没放下")

    assert {one.competency for one in found.best[:2]} == both


@given(st.text(max_size=80), st.permutations(TEXTS))
def test_fragments_are_parts_of_the_comment_and_the_order_of_texts_does_not_matter(comment, texts):
    found = wording.suggest(wording.known(texts), comment)

    assert all(one.fragment in comment for one in found.best)
    assert all(0 < one.nearness <= 1 + 1e-9 for one in found.best)
    assert found.sure == wording.suggest(KNOWN, comment).sure
