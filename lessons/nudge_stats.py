"""Whether nudges help: two groups that chance made, compared."""

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Final

WINDOW: Final = timedelta(days=28)
"""So long after a member asked for nudges it is counted whether they passed a topic."""
_Z: Final = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members whose window is over, and how many of them passed a topic in it."""

    members: int
    passed: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 without members."""
        return self.passed / self.members if self.members else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Nudged minus not nudged, as shares, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no difference at all."""
        return self.low > 0 or self.high < 0


def difference(nudged: Group, held_out: Group) -> Difference | None:
    """The difference of two shares with Newcombe's interval; `None` while one group is empty.

    It holds for small groups and for shares at 0 and 1 too (Newcombe 1998, Statistics in Medicine 17, 873-890,
    method 10).
    """
    if not nudged.members or not held_out.members:
        return None
    a, b = nudged.share, held_out.share
    a_low, a_high = wilson(nudged)
    b_low, b_high = wilson(held_out)
    value = a - b
    return Difference(
        value,
        value - sqrt((a - a_low) ** 2 + (b_high - b) ** 2),
        value + sqrt((a_high - a) ** 2 + (b - b_low) ** 2),
    )


def wilson(group: Group) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    Raises:
        ValueError: The group is empty.
    """
    if not group.members:
        raise ValueError("an empty group has no share")
    n, p = group.members, group.share
    middle = p + _Z**2 / (2 * n)
    reach = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
