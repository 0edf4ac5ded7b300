"""Snowflakes: 64-bit ids that carry the time they were made at, as Discord's do."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, from which Discord counts (milliseconds of Unix time)."""


def snowflake_time(snowflake: int) -> datetime:
    """The moment a snowflake was made at, in UTC."""
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MS) / 1000, UTC)


def snowflake_at(moment: datetime, sequence: int = 0) -> int:
    """The snowflake that `moment` (aware) and a sequence number below 2**22 make."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS << 22) + sequence


class Snowflakes:
    """Hands out snowflakes that only ever grow, also when the clock is set back."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A new snowflake, greater than every one handed out or seen before."""
        now = int(self._clock() * 1000) - EPOCH_MS << 22
        self._last = max(now, self._last + 1)
        return self._last

    def seen(self, snowflake: int) -> None:
        """Keep what comes next above a snowflake that an earlier life of the playground handed out."""
        self._last = max(self._last, snowflake)
