"""Which competencies a comment speaks of, by the characters that it shares with what is known of each. It only suggests.

What is known are short texts in either language: a competency's name, outcomes of the modules that teach it, task steps, common
cases, and comments that people have confirmed. Chinese is cut into single characters and pairs, other words into two to four
letters; each text is a unit vector of 1 + log n times inverse document frequency, and a competency is as near as the nearest
of its texts (averaging the few that there are is worse). Where nothing is near, or two are alike, the suggestion is unsure.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import NamedTuple

HAN = re.compile(r"[㐀-鿿]+")
WORD = re.compile(r"[^\W_㐀-鿿]+")
CLAUSE = re.compile(r"[^,.;:!?\n，。；：！？、]+")
EMPTY = frozenset(
    WORD.findall(
        "a an and are as at be been but by can do does for from had has have he her him his how in is it its me my no not of on or our "
        "she so than that the their them then there they this to too us was we were what when which while who will with you your"
    )
)
HOLLOW = frozenset("的了是在不有和就也都很会得着过还没这那他她我们你个把被让能要去来到说给跟对又但而且吗呢吧")
FLOOR = 0.1
"""Below this a comment shares too little with what is known to be sure; below half of it nothing is suggested."""
MEMORY = 0.6
"""What a share in a confirmed comment weighs beside one in a text of the plan."""
MARGIN = 1.3
"""The nearest must be so many times as near as the next."""


Labelled = tuple[frozenset[str], str]
"""The competencies that a text speaks of, and the text."""


class Gram(NamedTuple):
    """A few characters and where they stand."""

    text: str
    start: int
    end: int


class Suggestion(NamedTuple):
    """A competency, how near it is (0 to 1), and the part of the comment that says so."""

    competency: str
    nearness: float
    fragment: str


class Suggested(NamedTuple):
    """The nearest first, and whether the first stands out."""

    best: list[Suggestion]
    sure: bool


class Text(NamedTuple):
    """What it speaks of, its unit vector, what a share in it weighs, and its words."""

    about: frozenset[str]
    vector: Mapping[str, float]
    trust: float
    words: str


@dataclass(frozen=True, slots=True)
class Known:
    """The texts, how rare a gram is and one never met, and in which texts each gram stands."""

    rarity: Mapping[str, float]
    unmet: float
    texts: Sequence[Text]
    standing: Mapping[str, Sequence[int]]


def grams(text: str) -> Iterator[Gram]:
    """In lower case; function words, and characters that carry no meaning alone, are left out."""
    lower = text.lower()
    for run in HAN.finditer(lower):
        for at in range(run.start(), run.end()):
            for end in range(at + 1, min(at + 2, run.end()) + 1):
                if not HOLLOW.issuperset(lower[at:end]):
                    yield Gram(lower[at:end], at, end)
    for word in WORD.finditer(lower):
        if word.group() not in EMPTY:
            padded = f" {word.group()} "
            for size in (2, 3, 4):
                for at in range(len(padded) - size + 1):
                    start = word.start() + at - 1
                    yield Gram(
                        padded[at : at + size], max(start, word.start()), min(start + size, word.end())
                    )


def known(texts: Sequence[Labelled], confirmed: Sequence[Labelled] = ()) -> Known:
    """`texts` are what the plan says, `confirmed` comments that people have read: these weigh less, since few words recur."""
    counted = [(about, _counted(text), 1.0, text) for about, text in texts]
    counted += [(about, _counted(text), MEMORY, text) for about, text in confirmed]
    standing: dict[str, list[int]] = {}
    for at, (_, counts, _, _) in enumerate(counted):
        for gram in counts:
            standing.setdefault(gram, []).append(at)
    unmet = log(1 + len(counted))
    rarity = {gram: log((1 + len(counted)) / len(where)) for gram, where in standing.items()}
    found = [
        Text(about, _vector(counts, rarity, unmet), trust, text) for about, counts, trust, text in counted
    ]
    return Known(rarity, unmet, found, standing)


def suggest(found: Known, comment: str, most: int = 3) -> Suggested:
    """At most so many competencies for a comment, each with the clause that shares most with it."""
    near = nearest(found, comment)
    order = sorted((-share, competency) for competency, (share, _) in near.items() if share > FLOOR / 2)
    best = [
        Suggestion(competency, -share, fragment(found, comment, near[competency][1]))
        for share, competency in order[:most]
    ]
    second = best[1].nearness if len(best) > 1 else 0.0
    return Suggested(best, sure=bool(best) and best[0].nearness >= max(FLOOR, MARGIN * second))


def nearest(found: Known, comment: str) -> dict[str, tuple[float, int]]:
    """Each competency that shares anything: how much, and with which of its texts."""
    near: dict[int, float] = {}
    for gram, weight in vector_of(found, comment).items():
        for at in found.standing.get(gram, ()):
            near[at] = near.get(at, 0.0) + weight * found.texts[at].vector[gram]
    best: dict[str, tuple[float, int]] = {}
    for at, shared in near.items():
        text = found.texts[at]
        for competency in text.about:
            best[competency] = max(best.get(competency, (0.0, -1)), (text.trust * shared, at))
    return best


def vector_of(found: Known, comment: str) -> dict[str, float]:
    """The comment as a unit vector."""
    return _vector(_counted(comment), found.rarity, found.unmet)


def _counted(text: str) -> Counter[str]:
    return Counter(one.text for one in grams(text))


def _vector(counts: Mapping[str, int], rarity: Mapping[str, float], unmet: float) -> dict[str, float]:
    """What was never met makes a comment longer and so less near to anything."""
    weights = {gram: (1 + log(n)) * rarity.get(gram, unmet) for gram, n in counts.items()}
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {gram: weight / length for gram, weight in weights.items()}


def fragment(found: Known, comment: str, at: int) -> str:
    """The clause that shares most with a text."""
    mine, theirs = vector_of(found, comment), found.texts[at].vector
    shared = [(one, mine.get(one.text, 0.0) * theirs.get(one.text, 0.0)) for one in grams(comment)]

    def carried(clause: re.Match[str]) -> float:
        return sum(
            weight for one, weight in shared if clause.start() <= one.start and one.end <= clause.end()
        )

    return max(CLAUSE.finditer(comment), key=carried).group().strip()
