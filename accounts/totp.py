"""Which half minute a code of an authenticator app belongs to (RFC 6238: SHA-1, six digits)."""

import base64
import hmac

PERIOD = 30


def step_at(moment: float) -> int:
    return int(moment) // PERIOD


def code_at(secret: str, step: int) -> int:
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return number % 1_000_000


def matching_step(secret: str, code: str, *, step: int, tolerance: int) -> int | None:
    """Return the step whose code this is, of those within `tolerance` of `step`. Spaces and dashes don't count."""
    typed = "".join(letter for letter in code if letter in "0123456789")
    for candidate in range(step - tolerance, step + tolerance + 1):
        if hmac.compare_digest(f"{code_at(secret, candidate):06}", typed):
            return candidate
    return None
