"""Secrets of the study's server: made at random, kept as digests, and names that tell nothing.

What is stored of a secret is its digest: who reads the database cannot continue anybody's session. A person's identity
is stored as a digest under a key of the database, which finds the person again and names nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

TOKEN_BYTES = 24  # 192 bits: not to be guessed over a network
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none of 0 O 1 I L U, which people confuse
CODE_LENGTH = 8  # 30**8: two of a thousand participants share a code once in a million studies


def new_token() -> str:
    """A secret that may stand in a URL: 32 letters, digits, `-` and `_`.

    Example:
        >>> len(new_token()), new_token() == new_token()
        (32, False)
    """
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_key() -> bytes:
    """A key for `keyed_digest`: 32 random bytes."""
    return secrets.token_bytes(32)


def new_completion_code() -> str:
    """What a participant hands in to be paid: two groups of four letters and digits.

    Example:
        >>> code = new_completion_code()
        >>> len(code), code[4]
        (9, '-')
    """
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def digest(secret: str) -> str:
    """SHA-256 of a secret that was made at random, as 64 hexadecimal digits; it needs no salt.

    Example:
        >>> digest("abc")[:16]  # FIPS 180-2, appendix B.1
        'ba7816bf8f01cfea'
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 over parts of text, as 64 hexadecimal digits; where one part ends and the next begins counts.

    Example:
        >>> keyed_digest(b"key", "a", "bc") == keyed_digest(b"key", "ab", "c")
        False
    """
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(key, framed.encode(), hashlib.sha256).hexdigest()


def picture_name(key: bytes, participant: int, trial: int, slot: int) -> str:
    """The name under which one picture of one trial is asked for: opaque, and another one in each session.

    Args:
        key: of the database.
        participant: number of arrival.
        trial: its number.
        slot: 0 or 1.
    Returns: 32 hexadecimal digits, of which nothing can be learned without the key.
    """
    return keyed_digest(key, "picture", str(participant), str(trial), str(slot))[:32]


def same_secret(given: str, expected: str) -> bool:
    """Whether two secrets are equal, compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
