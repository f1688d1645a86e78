"""Texts encrypted with keys derived from the site's secret key: for what lies in the database and is no hash."""

import base64
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# What is not encrypted yet lacks it: neither a base32 secret nor a hexadecimal seed begins so.
MARK = "fernet:"


@lru_cache(maxsize=8)
def _cipher(secret_keys: tuple[str, ...], purpose: str) -> MultiFernet:
    keys = (HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode()) for key in secret_keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def encrypt(text: str, *, secret_keys: Sequence[str], purpose: str) -> str:
    return MARK + _cipher(tuple(secret_keys), purpose).encrypt(text.encode()).decode()


def decrypt(text: str, *, secret_keys: Sequence[str], purpose: str) -> str:
    """Return the text, whichever of the keys it was encrypted with, or as it is if it never was.

    Raises `cryptography.fernet.InvalidToken` if no key fits.
    """
    if not text.startswith(MARK):
        return text
    return _cipher(tuple(secret_keys), purpose).decrypt(text.removeprefix(MARK)).decode()
