"""Limits of what costs much or can be guessed: `hit` counts one try and returns a refusal when it was one too many.

The counts lie in Redis, shared by all processes. While Redis does not answer, each process counts by itself in a fixed
amount of memory (`accounts/counters.py`): up to as many times more tries pass as there are processes, and nobody waits.
`settings.LIMITS` holds the rates. A key never holds what a request may vary at will: build it with `address_of`, with
`account_key`, or from a primary key.
"""

import ipaddress
import logging
import math
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import redis
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext
from limits import RateLimitItem, parse_many
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.counters import BoundedStorage

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# How long a Redis that does not answer may hold up one request, and how long each process then leaves it alone.
TIMEOUT, PAUSE = 0.2, 5.0


@dataclass(frozen=True)
class Refusal:
    """One try too many. The same try passes after `seconds`."""

    name: str
    seconds: int

    @property
    def wait(self) -> str:
        minutes = math.ceil(self.seconds / 60)
        if minutes > 120:
            hours = math.ceil(minutes / 60)
            return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
        minutes = max(minutes, 1)
        return ngettext("a minute", "%(count)d minutes", minutes) % {"count": minutes}


def hit(name: str, key: object) -> Refusal | None:
    """Count one try of this kind for this key. What is refused is not counted, so a refusal ends at a known moment."""
    return _first_refusal(name, key, lambda limiter, item, digest: limiter.hit(item, name, digest))


def test(name: str, key: object) -> Refusal | None:
    """Tell what `hit` would, and count nothing."""
    return _first_refusal(name, key, lambda limiter, item, digest: limiter.test(item, name, digest))


def clear(name: str, key: object) -> None:
    """Forget the tries of this key."""
    digest = _digest(key)
    for item in _items(settings.LIMITS[name]):
        _counters.ask(lambda limiter, item=item: limiter.clear(item, name, digest))  # type: ignore[misc]


def address_of(request: HttpRequest) -> str:
    """Return the client's address as far as a client cannot choose it: of IPv6 the /64 that one customer gets."""
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (PermissionDenied, ValueError):  # a proxy that names none: all who come through it share one limit
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or f"{int(address) >> 64:x}::/64")
    return str(address)


def account_key(email: str) -> str:
    """Return an address for e-mail as one key, however its letters are written."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold()).strip()


def reset() -> None:
    """Forget all tries. For tests."""
    _counters.reset()


# --- Where they are counted ---------------------------------------------------------------------------------------


def _first_refusal(
    name: str, key: object, passes: Callable[[MovingWindowRateLimiter, RateLimitItem, str], bool]
) -> Refusal | None:
    digest = _digest(key)
    for item in _items(settings.LIMITS[name]):
        if not _counters.ask(lambda limiter, item=item: passes(limiter, item, digest)):  # type: ignore[misc]
            ends_at = _counters.ask(
                lambda limiter, item=item: limiter.get_window_stats(item, name, digest).reset_time  # type: ignore[misc]
            )
            return Refusal(name, max(1, math.ceil(ends_at - time.time())))
    return None


def _digest(key: object) -> str:
    """Keys have one length, and nobody who reads Redis learns an address."""
    return salted_hmac("accounts.limits", str(key), algorithm="sha256").hexdigest()[:32]


@lru_cache
def _items(rates: str) -> list[RateLimitItem]:
    return parse_many(rates) if rates else []


@lru_cache(maxsize=2)
def _shared(url: str) -> MovingWindowRateLimiter:
    pool = redis.ConnectionPool.from_url(
        url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
    )
    return MovingWindowRateLimiter(RedisStorage(url, connection_pool=pool))


class _Counters:
    def __init__(self) -> None:
        self.own = MovingWindowRateLimiter(BoundedStorage())
        self.try_again_at = 0.0
        self.is_used = False

    def ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        self.is_used = True
        if settings.REDIS_URL and time.monotonic() >= self.try_again_at:
            try:
                return question(_shared(settings.REDIS_URL))
            except (redis.RedisError, OSError) as error:
                self.try_again_at = time.monotonic() + PAUSE
                logger.warning("Limits are counted in this process: Redis does not answer (%s)", type(error).__name__)
        return question(self.own)

    def reset(self) -> None:
        if self.is_used:
            self.try_again_at = 0.0
            self.own.storage.reset()
            self.ask(lambda limiter: limiter.storage.reset())
            self.is_used = False


_counters = _Counters()
