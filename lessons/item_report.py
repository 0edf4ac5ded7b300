"""Which questions are worth asking: how often they are answered right, and whether that tells who knows the rest.

Discrimination is the corrected item-total correlation: the Pearson correlation, over members, of being right on the
item (0 or 1, hence also point-biserial) with the share of all their *other* items that they got right. Only a member's
first answer to an item counts, since later ones have read its solution. Ebel and Frisbie (Essentials of Educational
Measurement, 5th ed. 1991, ch. 13) call 0.4 very good, 0.3 good, 0.2 marginal, and less poor.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

ENOUGH: Final = 20
"""Members below which a figure is chance: a correlation of 0.2 over 20 is within one standard error of 0."""
OTHERS: Final = 5
"""Other items that a member must have answered for their share to mean anything."""
TOO_EASY: Final = 0.95
TOO_HARD: Final = 0.4
"""A little above the third that guessing gives."""
POOR: Final = 0.1


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """A member's answer to an item."""

    user_id: int
    item_id: str
    right: bool
    mistake: str | None = None
    """The misconception of the option that was chosen; None for a right answer and for who did not know."""
    unknown: bool = False
    """Answered with "I don't know"."""


class Verdict(StrEnum):
    """What an organiser should think of an item; the ones to look at come first."""

    BACKWARDS = "who knows the rest gets it wrong: is the key right?"
    POOR = "does not tell who knows from who does not"
    TOO_HARD = "hardly more right than guessing gives"
    TOO_EASY = "nearly everybody is right"
    FINE = "fine"
    TOO_FEW = "too few answers yet"


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item of the report."""

    item_id: str
    asked: int
    """Answers in all, repeated ones among them."""
    members: int
    right: float
    """Share of first answers that were right, 0 to 1."""
    unknown: float
    """Share of first answers that were "I don't know"."""
    discrimination: float | None
    """-1 to 1; None where too few members answered, or all alike."""
    worst_mistake: str | None
    """The misconception that most fell for."""
    verdict: Verdict


def item_report(answers: Iterable[ItemAnswer]) -> tuple[ItemFigures, ...]:
    """Figures for each item, the suspicious ones first.

    Args:
        answers: of all members, each member's in the order in which they were given.
    """
    asked: Counter[str] = Counter()
    first: dict[str, dict[int, ItemAnswer]] = defaultdict(dict)
    for answer in answers:
        asked[answer.item_id] += 1
        first[answer.item_id].setdefault(answer.user_id, answer)
    total, right = Counter[int](), Counter[int]()
    for by_member in first.values():
        for user_id, answer in by_member.items():
            total[user_id] += 1
            right[user_id] += answer.right
    figures = [_figures(item_id, asked[item_id], by_member, total, right) for item_id, by_member in first.items()]
    order = list(Verdict)
    return tuple(sorted(figures, key=lambda each: (order.index(each.verdict), each.discrimination or 0, each.item_id)))


def _figures(
    item_id: str,
    asked: int,
    by_member: Mapping[int, ItemAnswer],
    total: Mapping[int, int],
    right: Mapping[int, int],
) -> ItemFigures:
    pairs = [
        (float(answer.right), (right[user] - answer.right) / (total[user] - 1))
        for user, answer in by_member.items()
        if total[user] > OTHERS
    ]
    discrimination = _correlation(pairs) if len(pairs) >= ENOUGH else None
    members = len(by_member)
    share = sum(answer.right for answer in by_member.values()) / members
    mistakes = Counter(answer.mistake for answer in by_member.values() if answer.mistake is not None)
    return ItemFigures(
        item_id=item_id,
        asked=asked,
        members=members,
        right=share,
        unknown=sum(answer.unknown for answer in by_member.values()) / members,
        discrimination=discrimination,
        worst_mistake=mistakes.most_common(1)[0][0] if mistakes else None,
        verdict=_verdict(members, share, discrimination),
    )


def _verdict(members: int, share: float, discrimination: float | None) -> Verdict:
    if members < ENOUGH:
        return Verdict.TOO_FEW
    if share >= TOO_EASY:
        return Verdict.TOO_EASY
    if discrimination is not None and discrimination < -POOR:
        return Verdict.BACKWARDS
    if share <= TOO_HARD:
        return Verdict.TOO_HARD
    if discrimination is not None and discrimination < POOR:
        return Verdict.POOR
    return Verdict.FINE


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    """Pearson's; None where one side does not vary."""
    count = len(pairs)
    mean_x, mean_y = (sum(pair[side] for pair in pairs) / count for side in (0, 1))
    spread_x = sum((x - mean_x) ** 2 for x, _ in pairs)
    spread_y = sum((y - mean_y) ** 2 for _, y in pairs)
    if spread_x == 0 or spread_y == 0:
        return None
    return sum((x - mean_x) * (y - mean_y) for x, y in pairs) / sqrt(spread_x * spread_y)
