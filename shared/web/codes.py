"""Codes that people read from paper: drawn at random, shown once, kept as hashes."""

import secrets
from hashlib import sha256

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 13
"""Of 32 signs each, none of which looks like another on paper: 65 bits."""


def draw() -> str:
    """A code as it is written on a letter."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


def hashed(typed: str) -> str:
    """What is kept of a code, however it was typed: case, blanks and dashes do not count."""
    return sha256("".join(sign for sign in typed.upper() if sign.isalnum()).encode()).hexdigest()
