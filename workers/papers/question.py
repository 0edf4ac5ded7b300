"""What a ranking is asked and what it answers: plain data, so that it can go to another process and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from db.digests import Placed


@dataclass(frozen=True, slots=True)
class TopicWords:
    """A topic as the ranking knows it."""

    id: str
    name: str
    """As people call it in a sentence: "CNNs"."""
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper as far as a ranking needs it."""

    id: str
    title: str
    abstract: str
    age_days: float = 0.0
    """Since it was first seen; for papers that are only here because of old votes it does not matter."""
    category: str = ""
    """Its primary one."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as far as a ranking needs it."""

    id: int
    at: Mapping[str, int] = field(default_factory=dict[str, int])
    """Members by the topic that they are at."""
    votes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Its members' votes, added up, by paper."""
    sent: frozenset[str] = frozenset()
    """What it was sent before, and will not be sent again."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What came out: the rankings by server, and the topics of each candidate."""

    rankings: Mapping[int, tuple[Placed, ...]]
    topics: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be ranked for whom; see `workers.papers.rank.rank`."""

    candidates: tuple[Candidate, ...]
    voted: tuple[Candidate, ...]
    topics: tuple[TopicWords, ...]
    servers: tuple[Server, ...]
