"""Which papers are for which server. Pure: papers, topics and servers in, rankings out; scikit-learn does the sums.

A paper's score for a server has three parts:

- **where its members are**: how close the paper is to the topics they study now, and to the ones after;
- **what it voted**: a linear support vector machine on the server's own votes, the better heard the more votes;
- **how new it is**.

From the best down, each page of ten takes at most three papers of a topic, and its last place is a wildcard: the best
of what the server is not studying.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from db.digests import KEPT_PLACES, Placed
from workers.papers.question import Candidate, Ranked, Server, TopicWords

COUNT: Final = 10
"""Papers a digest."""
CAP: Final = 3
"""Papers of one topic in it."""

_NEXT: Final = 0.4
"""What the topic after a member's own counts, beside 1 for their own."""
_ANYWHERE: Final = 0.02
"""What every topic counts, for a server of which nothing is known."""
_ROADMAP: Final = 0.25
"""What closeness to the roadmap at large counts, beside 1 for closeness to where many members are."""
_CLOSE: Final = 1.5
"""Standard deviations above a topic's usual closeness from which on a paper is about it …"""
_CLOSE_AT_LEAST: Final = 0.03
"""… if the cosine is at least this."""
_TOPICS_A_PAPER: Final = 2
_ALSO: Final = 0.75
"""A paper is about a second topic only if it is nearly as close as the first."""

_HALF_HEARD: Final = 4.0
"""Votes with which the votes count for half of what they can."""
_VOTES_AT_MOST: Final = 3.0
_RECENCY: Final = 0.5
_FRESHNESS_DAYS: Final = 5.0

_ALIKE: Final = 0.04
"""The cosine from which on a reason says that a paper is like another."""

_BACKGROUND: Final = 80
"""Papers that nobody voted on, which say what is usual."""
_BACKGROUND_WEIGHT: Final = 0.05

_MATHS: Final = re.compile(r"\$[^$]{0,400}\$|\\[A-Za-z]+|https?://\S+")
_TERM: Final = re.compile(r"(?u)\b[a-zA-Z][a-zA-Z0-9-]+\b")
_Vector = NDArray[np.float64]


def rank(
    candidates: Sequence[Candidate],
    voted: Sequence[Candidate],
    topics: Sequence[TopicWords],
    servers: Sequence[Server],
) -> Ranked:
    """Rank the candidates for every server.

    Args:
        candidates: What may be sent.
        voted: Older papers that some server voted on: they teach its taste, and are not sent.
        topics: The roadmap's, in order.
        servers: For whom.
    """
    if not candidates:
        return Ranked({server.id: () for server in servers}, {})
    ranker = Ranker(candidates, voted, topics)
    return Ranked({server.id: ranker.for_server(server) for server in servers}, ranker.topics_of())


class Ranker:
    """The papers as vectors, made once; then some milliseconds a server."""

    def __init__(
        self, candidates: Sequence[Candidate], voted: Sequence[Candidate], topics: Sequence[TopicWords]
    ) -> None:
        known = {each.id for each in candidates}
        self._papers = [*candidates, *(each for each in voted if each.id not in known)]
        self._count = len(candidates)
        self._topics = topics
        self._place = {each.id: place for place, each in enumerate(self._papers)}
        many = len(self._papers) >= 50
        vectorizer = TfidfVectorizer(
            sublinear_tf=True,
            strip_accents="unicode",
            stop_words="english",
            token_pattern=_TERM.pattern,
            ngram_range=(1, 2),
            min_df=2 if many else 1,
            max_df=0.3 if many else 1.0,
            max_features=20_000,
        )
        # The topics' own words are learnt too: there are some even where no paper has any.
        vectorizer.fit([*map(_text, self._papers), *(each.text for each in topics)])
        self._vectors: Any = vectorizer.transform([_text(each) for each in self._papers]).tocsr()
        self._new: Any = self._vectors[: self._count]
        wanted: Any = vectorizer.transform([each.text for each in topics])
        self._cosines: _Vector = (self._new @ wanted.T).toarray()
        # Some topics are close to everything: what counts is closer than usual for this topic.
        self._closeness: _Vector = (self._cosines - self._cosines.mean(axis=0)) / (self._cosines.std(axis=0) + 1e-9)
        self._about = [self._topics_at(place) for place in range(self._count)]
        ages = np.array([each.age_days for each in candidates], dtype=np.float64)
        self._recency: _Vector = np.exp2(-np.maximum(ages, 0.0) / _FRESHNESS_DAYS)
        # Evenly spread, so that the same papers give the same ranking every time.
        self._background = np.unique(np.linspace(0, self._count - 1, min(_BACKGROUND, self._count)).astype(int))

    def topics_of(self) -> dict[str, tuple[str, ...]]:
        """The topics that each candidate is about, the closest first; most are about none or one."""
        return {self._papers[place].id: self._names(place) for place in range(self._count)}

    def for_server(self, server: Server) -> tuple[Placed, ...]:
        """The server's ranking."""
        weights = self._weights(server)
        members = sum(server.at.values())
        # Where nobody is known to be, closeness to the roadmap at large says little.
        prior = (members + _ROADMAP) / (members + 1) * _standardised(np.maximum(self._closeness, 0.0) @ weights)
        heard = sum(paper_id in self._place for paper_id in server.votes)
        share = heard / (heard + _HALF_HEARD)
        taste = self._taste(server.votes)
        scores = prior + _VOTES_AT_MOST * share * taste + _RECENCY * self._recency
        usable = [
            int(place)
            for place in np.argsort(-scores, kind="stable")
            if (paper_id := self._papers[place].id) not in server.sent and server.votes.get(paper_id, 0) >= 0
        ]
        chosen: list[tuple[int, bool]] = []
        while usable and len(chosen) < KEPT_PLACES:
            page, wildcard = self._page(usable, server)
            chosen += [(place, place == wildcard) for place in page]
            taken = set(page)
            usable = [place for place in usable if place not in taken]
        chosen = chosen[:KEPT_PLACES]
        heeded = _VOTES_AT_MOST * share * taste
        by_votes = [place for place, wild in chosen if not wild and heeded[place] > max(prior[place], 0.0)]
        like = self._nearest_liked(by_votes, server.votes)
        return tuple(
            Placed(
                self._papers[place].id,
                float(scores[place]),
                self._names(place),
                self._why(place, server, weights, wildcard=wild, like=like.get(place)),
                wild,
            )
            for place, wild in chosen
        )

    def scores(self, votes: Mapping[str, int]) -> _Vector:
        """What the votes alone make of the candidates, for measuring."""
        return self._taste(votes)

    def _weights(self, server: Server) -> _Vector:
        order = {topic.id: place for place, topic in enumerate(self._topics)}
        weights = np.full(len(self._topics), _ANYWHERE * max(1, sum(server.at.values())))
        for topic_id, members in server.at.items():
            place = order.get(topic_id)
            if place is not None:
                weights[place] += members
                if place + 1 < len(weights):
                    weights[place + 1] += _NEXT * members
        return weights / weights.sum()

    def _taste(self, votes: Mapping[str, int]) -> _Vector:
        places = [(self._place[paper_id], votes[paper_id]) for paper_id in sorted(votes) if paper_id in self._place]
        if not places:
            return np.zeros(self._count)
        rows = np.array([place for place, _ in places])
        labels = np.sign(np.array([value for _, value in places]))
        # A second vote says more than the first, but not twice as much.
        weights = np.sqrt(np.abs(np.array([value for _, value in places], dtype=np.float64)))
        usual = np.setdiff1d(self._background, rows)
        # What nobody voted on is a little unwanted; where all votes are against, it is what they are against from.
        other = 1 if labels.max() < 0 else -1
        if len(usual) == 0 and len(set(labels)) == 1:
            return np.zeros(self._count)
        machine: Any = LinearSVC(C=1.0, class_weight="balanced", max_iter=2_000, tol=1e-3, random_state=0)
        machine.fit(
            self._vectors[np.concatenate([rows, usual])],
            np.concatenate([labels, np.full(len(usual), other)]),
            sample_weight=np.concatenate([weights, np.full(len(usual), _BACKGROUND_WEIGHT)]),
        )
        return _standardised(self._new @ machine.coef_.ravel())

    def _page(self, usable: Sequence[int], server: Server) -> tuple[list[int], int | None]:
        """The next ten of what is usable, and which of them is the wildcard."""
        page: list[int] = []
        of_topic: Counter[int] = Counter()
        for place in usable:
            if all(of_topic[topic] < CAP for topic in self._about[place]):
                page.append(place)
                of_topic.update(self._about[place])
            if len(page) == COUNT - 1:
                break
        studied = {place for place, topic in enumerate(self._topics) if server.at.get(topic.id)}
        taken = set(page)
        others = [
            place
            for place in usable
            if place not in taken
            and self._about[place]
            and not studied.intersection(self._about[place])
            and all(of_topic[topic] < CAP for topic in self._about[place])
        ]
        # The one that is most clearly about something else; of what is usable, only the better half.
        better = others[: max(COUNT, len(others) // 2)]
        wildcard = max(better, key=lambda place: self._closeness[place, self._about[place][0]], default=None)
        if wildcard is not None and len(page) == COUNT - 1:
            return [*page, wildcard], wildcard
        if len(page) == COUNT - 1:
            rest = next((place for place in usable if place not in taken), None)
            return ([*page, rest] if rest is not None else page), None
        # Too few that keep the cap: what is left of the topics is better than an empty place.
        return page or list(usable[:COUNT]), None

    def _why(self, place: int, server: Server, weights: _Vector, *, wildcard: bool, like: str | None) -> str:
        about = self._about[place]
        if wildcard:
            return f"Wildcard{', from beyond your topics' if server.at else ''}: {self._topics[about[0]].name}"
        if like is not None:
            return f"Like “{_short(like)}”, which you voted up"
        if about:
            return self._why_topic(about, server, weights)
        closest = int(np.argmax(self._closeness[place] * weights))
        if self._cosines[place, closest] >= _CLOSE_AT_LEAST:
            return f"Touches on {self._topics[closest].name}"
        category = self._papers[place].category
        return f"New in {category}" if category else "New this week"

    def _why_topic(self, about: Sequence[int], server: Server, weights: _Vector) -> str:
        mine = sorted(about, key=lambda topic: -weights[topic])
        for topic in mine:
            members = server.at.get(self._topics[topic].id, 0)
            if members:
                where = "one of you is" if members == 1 else f"{members} of you are"
                return f"For {self._topics[topic].name}, where {where} now"
        for topic in mine:
            if topic > 0 and server.at.get(self._topics[topic - 1].id, 0):
                return f"For {self._topics[topic].name}, which comes next"
        return f"About {self._topics[mine[0]].name}"

    def _nearest_liked(self, places: Sequence[int], votes: Mapping[str, int]) -> dict[int, str]:
        """For each of these papers the title of the closest one that was voted up, where one is close."""
        liked = [self._place[paper_id] for paper_id in sorted(votes) if votes[paper_id] > 0 and paper_id in self._place]
        if not liked or not places:
            return {}
        cosines = (self._vectors[liked] @ self._vectors[list(places)].T).toarray()
        cosines[np.equal.outer(liked, places)] = 0.0  # a paper is not like itself
        best = cosines.argmax(axis=0)
        return {
            place: self._papers[liked[best[column]]].title
            for column, place in enumerate(places)
            if cosines[best[column], column] > _ALIKE
        }

    def _topics_at(self, place: int) -> tuple[int, ...]:
        closeness, cosines = self._closeness[place], self._cosines[place]
        order = np.argsort(-np.where(cosines >= cosines.max() / 2, closeness, -np.inf), kind="stable")[:_TOPICS_A_PAPER]
        least = max(_CLOSE, _ALSO * float(closeness[order[0]]))
        # Far from a topic that nothing is close to is far all the same.
        clearly = max(_CLOSE_AT_LEAST, float(cosines.max()) / 2)
        return tuple(int(topic) for topic in order if closeness[topic] >= least and cosines[topic] >= clearly)

    def _names(self, place: int) -> tuple[str, ...]:
        return tuple(self._topics[topic].id for topic in self._about[place])


def _text(paper: Candidate) -> str:
    # The title twice: it is what the authors themselves would save of it.
    return _MATHS.sub(" ", f"{paper.title}. {paper.title}. {paper.abstract}")


def _standardised(values: _Vector) -> _Vector:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 and math.isfinite(spread) else np.zeros_like(values)


def _short(title: str) -> str:
    return title if len(title) <= 60 else title[:59].rpartition(" ")[0] + " …"
