"""Where a newcomer could start: about ten questions, each about the topic that tells the most.

The topics build on each other, so what a newcomer knows is taken to be all topics before some point, and the quiz looks
for that point: a binary search that allows for slips and lucky guesses. Each answer changes how likely every point is
(Bayes' rule), and the next question is about the topic that splits what is still likely most evenly.

Everything follows from the topics and the answers so far, so a quiz that was cut short goes on from its stored answers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

QUESTIONS: Final = 10
"""Questions at most."""
PER_TOPIC: Final = 3
"""Questions about one topic at most: the fourth would try patience more than knowledge."""

_RIGHT_IF_KNOWN: Final = 0.88
"""The rest are slips, and the parts of a topic that someone missed."""
_RIGHT_IF_NOT: Final = 1 / 3
"""A guess among three options."""
_BEGINNERS: Final = 4.0
"""How much likelier it is, before any question, that someone knows none of the topics than any other number of them."""
_SURE: Final = 0.9
"""The quiz ends early when one starting point is as likely as this."""
_CAUTION: Final = 0.65
"""A topic is skipped if it is known with this chance or more: to repeat is duller, to be lost is worse."""


@dataclass(frozen=True, slots=True)
class PlacementAnswer:
    """The answer to one question of the placement quiz."""

    topic_id: str
    right: bool
    """False for "I don't know" too."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where to start; the newcomer decides."""

    start: str
    """The topic; the last one for who knows them all."""
    skipped: tuple[str, ...]
    """The topics before it."""


def next_topic(topics: Sequence[str], answers: Sequence[PlacementAnswer]) -> str | None:
    """The topic to ask about next; None when the quiz is over.

    Args:
        topics: Ids of all topics, in the order of the roadmap.
        answers: The answers so far. Those about a topic that is no longer in the roadmap only count as asked.
    """
    if len(answers) >= QUESTIONS:
        return None
    chances = _chances(topics, answers)
    if max(chances) >= _SURE:
        return None
    asked = Counter(answer.topic_id for answer in answers)
    open_topics = [index for index, topic in enumerate(topics) if asked[topic] < PER_TOPIC]
    if not open_topics:
        return None
    # Of two topics that split equally well, the one that was asked about less.
    best = min(
        open_topics, key=lambda index: (round(abs(sum(chances[index + 1 :]) - 0.5), 9), asked[topics[index]], index)
    )
    return topics[best]


def propose_start(topics: Sequence[str], answers: Sequence[PlacementAnswer]) -> Proposal:
    """The topic to start at, after as many answers as there are; the first one after none.

    Raises:
        ValueError: There are no topics.
    """
    if not topics:
        raise ValueError("a roadmap has topics")
    if not answers:
        return Proposal(topics[0], ())
    chances = _chances(topics, answers)
    known = 0
    while known < len(topics) - 1 and sum(chances[known + 1 :]) >= _CAUTION:
        known += 1
    return Proposal(topics[known], tuple(topics[:known]))


def _chances(topics: Sequence[str], answers: Sequence[PlacementAnswer]) -> list[float]:
    """How likely it is that exactly the first 0, 1, … or all topics are known."""
    chances = [_BEGINNERS, *[1.0] * len(topics)]
    place = {topic: index for index, topic in enumerate(topics)}
    for answer in answers:
        index = place.get(answer.topic_id)
        if index is None:
            continue
        for known in range(len(chances)):
            right = _RIGHT_IF_KNOWN if index < known else _RIGHT_IF_NOT
            chances[known] *= right if answer.right else 1 - right
    total = sum(chances)
    return [chance / total for chance in chances]
