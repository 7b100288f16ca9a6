"""Password hashing with argon2id, bounded so that signing in cannot exhaust the machine; stores nothing.

Parameters: 46 MiB, one pass, one lane (OWASP's first choice), about 50 ms; at most two at a time.
"""
from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 128  # characters; no rule about their kinds (ASVS 6.2)

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_slots = BoundedSemaphore(2)
# What an unknown name is checked against, so that it takes as long as a known one. Made once, of nothing secret.
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """The argon2id hash to store, its parameters and salt inside."""
    with _slots:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one `stored` was made from; None (no such user) costs the same time and is never true."""
    usable = stored if stored is not None and len(password) <= LONGEST else None
    with _slots:
        try:
            _hasher.verify(usable or _NOBODY, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return usable is not None


def outdated(stored: str) -> bool:
    """Whether `stored` was made with other parameters and should be made anew at this sign-in."""
    return _hasher.check_needs_rehash(stored)
