"""The deciding model with one competency left open: what any division of it into parts gives, without solving again.

Everything but the competency is integrated out once, with a level of its own for each pair of the competency. Pairs of one
part share a level, so a division only adds up rows and columns of that small system: a part for each of fifty mentors in
turn costs one look and a little together, where solving each anew would cost fifty.
"""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from services.feedback.beliefs import Absorbed, absorb, settle
from services.feedback.columns import Pair
from services.feedback.mixed_evalue import Model
from services.feedback.tally import Floats


class Candidate(NamedTuple):
    """Under one assumption: information on the open levels, that times the levels, the programme, how it follows, likelihood."""

    information: Floats
    left: Floats
    programme: Floats
    follows: Floats
    likelihood: Floats


@dataclass(frozen=True, slots=True)
class Opened:
    """The pair that each open level stands for, what is known of them by candidate (stacked), and their prior variance."""

    pairs: tuple[Pair, ...]
    known: Candidate
    variance: float


class Divided(NamedTuple):
    """By candidate: means and covariance of the parts' levels beside the programme's, the programme, log likelihood."""

    means: Floats
    covariance: Floats
    programme: Floats
    likelihood: Floats


def opened(
    model: Model, names: Collection[str], alike: Callable[[Pair], Hashable] = lambda pair: pair
) -> Opened:
    """Leaves open what bears these names (those of one competency); pairs that no division tells apart may be `alike`."""
    open_keys = [at for at, key in enumerate(model.keys) if key[0] in names]
    whole, severe = (np.delete(one, np.add(open_keys, 1), axis=1) for one in model.coded.design())
    mine = np.flatnonzero(np.isin(model.coded.competency, open_keys))
    stands: dict[Hashable, Pair] = {}
    for at in mine:
        stands.setdefault(alike(model.pairs[at]), model.pairs[at])
    levels = np.zeros((len(model.pairs), len(stands)))
    levels[mine, [list(stands).index(alike(model.pairs[at])) for at in mine]] = 1.0
    whole, severe = np.c_[whole, levels], np.c_[severe, np.zeros_like(levels)]
    known = absorb(model.ratings, model.vignettes, whole, severe, model.assumed)
    fixed = len(model.keys) - len(open_keys)
    roots = [model.assumed.root(one, fixed, model.coded.station) for one in model.assumed.mentors]
    found = [_without(known[one.own], root) for one, root in zip(model.assumed.mentors, roots, strict=True)]
    return Opened(
        tuple(stands.values()), Candidate(*map(np.array, zip(*found, strict=True))), model.assumed.competency
    )


def _without(known: Absorbed, root: Floats) -> Candidate:
    """All effects whose prior has this root integrated out."""
    size = len(root)
    across = known.information[:size, size:]
    rest = known._replace(information=known.information[:size, :size], left=known.left[:size])
    covariance, effects, likelihood = settle(rest, root)
    return Candidate(
        known.information[size:, size:] - across.T @ covariance @ across, known.left[size:] - across.T @ effects,
        effects[0], covariance[0] @ across, np.array(likelihood),
    )  # fmt: skip


def divide(found: Opened, part: Callable[[Pair], int], parts: int) -> Divided:
    """Each pair in its part, counted from 0; a part's level varies as that of a competency does."""
    belongs = np.eye(parts)[[part(pair) for pair in found.pairs]]
    left = found.known.left @ belongs
    whole = np.eye(parts) + found.variance * (belongs.T @ found.known.information @ belongs)
    covariance: Floats = np.asarray(found.variance * np.linalg.inv(whole), np.float64)
    means = np.einsum("cij,cj->ci", covariance, left)
    programme = found.known.programme - np.einsum("ci,ci->c", found.known.follows @ belongs, means)
    gained = 0.5 * (np.einsum("ci,ci->c", left, means) - np.linalg.slogdet(whole)[1])
    return Divided(means, covariance, programme, np.add(found.known.likelihood, gained))
