"""Rate limits: buckets with Discord's headers.

Discord does not publish its per-route limits and asks clients to read the headers; the numbers here are those
seen in its answers (five messages in five seconds in a channel), and 50 requests a second otherwise, the
published global limit. Source: https://discord.com/developers/docs/topics/rate-limits
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says of one request: headers, and the seconds to wait if it was one too many."""

    headers: dict[str, str]
    retry_after: float | None


_DEFAULT: Final = Limit(50, 1.0)
_LIMITS: Final = {
    "POST /channels/{channel_id}/messages": Limit(5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": Limit(5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": Limit(5, 1.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": Limit(1, 0.25),
    "POST /webhooks/{webhook_id}/{webhook_token}": Limit(5, 2.0),
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": Limit(5, 2.0),
}
_MAJOR: Final = ("channel_id", "guild_id", "webhook_token", "interaction_token")
_MOST_BUCKETS: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    resets_at: float
    used: int = 0


class RateLimits:
    """All buckets: one a route and major parameter, its window starting at its first request."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._hashes: dict[str, str] = {}

    def take(self, route: str, params: dict[str, str], *, enforce: bool) -> Verdict:
        """Count one request of a route, such as `GET /channels/{channel_id}`, with its path parameters."""
        limit = _LIMITS.get(route, _DEFAULT)
        major = next((params[name] for name in _MAJOR if name in params), "")
        now = self._clock()
        bucket = self._buckets.get((route, major))
        if bucket is None or bucket.resets_at <= now:
            self._forget(now)
            bucket = self._buckets[route, major] = _Bucket(now + limit.seconds)
        over = bucket.used >= limit.requests
        if not over:
            bucket.used += 1
        elif not enforce:
            over = False
        remaining = limit.requests - bucket.used if enforce else limit.requests - 1
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{bucket.resets_at:.3f}",
            "X-RateLimit-Reset-After": f"{bucket.resets_at - now:.3f}",
            "X-RateLimit-Bucket": self._hash(route),
        }
        return Verdict(headers, bucket.resets_at - now if over else None)

    def _hash(self, route: str) -> str:
        if route not in self._hashes:
            self._hashes[route] = hashlib.blake2s(route.encode(), digest_size=16).hexdigest()
        return self._hashes[route]

    def _forget(self, now: float) -> None:
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets = {key: one for key, one in self._buckets.items() if one.resets_at > now}
