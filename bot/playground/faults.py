"""Trouble on request: failing and slow answers, cut sockets, closed DMs. For tests and rehearsals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.playground.models import Json


class SocketFault(StrEnum):
    """What can be done to the bot's websocket."""

    CUT = "cut"
    """Drop it without a closing handshake; the bot can RESUME."""
    RECONNECT = "reconnect"
    """Ask the bot to reconnect (op 7); it can RESUME."""
    INVALIDATE = "invalidate"
    """Declare the session invalid (op 9); the bot must IDENTIFY again."""


@dataclass(slots=True)
class Failure:
    """The next `times` requests of a route are answered with `status`."""

    status: int
    times: int
    retry_after: float = 1.0


@dataclass(slots=True)
class Faults:
    """All trouble there is at the moment."""

    rate_limits: bool = True
    """Whether buckets are enforced. Off, for benches; the headers are still sent."""
    latency_ms: float = 0.0
    """How long every answer to the bot is held back."""
    failures: dict[str, Failure] = field(default_factory=dict[str, Failure])
    """By route, as `POST /channels/{channel_id}/messages`; `*` means any."""
    on_socket: Callable[[SocketFault], None] = lambda _: None
    """Set by the gateway."""

    def fail(self, route: str, status: int, times: int = 1, *, retry_after: float = 1.0) -> None:
        """Have the next `times` requests of a route answered with a status (429, 500, 502, 503 …)."""
        self.failures[route] = Failure(status, times, retry_after)

    def take(self, route: str) -> Failure | None:
        """The failure that this request of a route is to meet, if any; counts it off."""
        for key in (route, "*"):
            failure = self.failures.get(key)
            if failure is not None and failure.times > 0:
                failure.times -= 1
                if not failure.times:
                    del self.failures[key]
                return failure
        return None

    def socket(self, fault: SocketFault) -> None:
        """Do something to the bot's websocket."""
        self.on_socket(fault)

    def raw(self) -> Json:
        """What is set, for the page."""
        return {
            "rate_limits": self.rate_limits,
            "latency_ms": self.latency_ms,
            "failures": [
                {"route": route, "status": one.status, "times": one.times, "retry_after": one.retry_after}
                for route, one in self.failures.items()
            ],
        }
