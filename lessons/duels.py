"""Duels: five questions to two members in a channel, and the fastest right answer scores.

It is a game. What is answered here moves no skill on its ladder and no review: who presses within two seconds to be
the first shows little of what they know. The rules are those of a table: a right answer decides its question at once,
a wrong one waits for the other, and what nobody answers can be skipped after a minute. All times carry a zone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from lessons.choosing import Ask

STANDS: Final = timedelta(hours=24)
"""How long a challenge can be accepted, and how long a duel that nobody plays keeps the pair from a new one."""
SILENCE: Final = timedelta(seconds=60)
"""After which a question may be skipped."""


class DuelState(StrEnum):
    """Where a duel is; all but the first two are final."""

    ASKED = "asked"
    PLAYING = "playing"
    OVER = "over"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Player:
    """One of the two."""

    user_id: int
    name: str
    """As it was shown when the duel began."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one of the two pressed."""

    user_id: int
    chosen: int
    """The option's index."""
    right: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class DuelQuestion:
    """One of the five, and what became of it."""

    place: int
    """From 1."""
    ask: Ask
    asked_at: datetime | None = None
    skipped_at: datetime | None = None
    answers: tuple[Given, ...] = ()
    """In the order in which they were written down."""

    def of(self, user_id: int) -> Given | None:
        """What that player answered."""
        return next((given for given in self.answers if given.user_id == user_id), None)


@dataclass(frozen=True, slots=True)
class Duel:
    """A challenge, and the game that came of it."""

    id: int
    channel_id: int
    challenger: Player
    rival: Player
    topic_id: str
    state: DuelState
    place: int
    """The question that stands in the channel, from 1; 0 before the first."""
    created_at: datetime
    questions: tuple[DuelQuestion, ...] = ()

    @property
    def players(self) -> tuple[Player, Player]:
        """Who challenged, and who was challenged."""
        return self.challenger, self.rival

    @property
    def question(self) -> DuelQuestion | None:
        """The question that stands in the channel."""
        return next((each for each in self.questions if each.place == self.place), None)

    @property
    def last(self) -> bool:
        """Whether no question comes after the one that stands there."""
        return self.place >= len(self.questions)

    def player(self, user_id: int) -> Player | None:
        """The player with that id; None for everybody else."""
        return next((player for player in self.players if player.user_id == user_id), None)

    def other(self, user_id: int) -> Player:
        """Whom that player plays against."""
        return self.rival if user_id == self.challenger.user_id else self.challenger

    def points(self, player: Player) -> int:
        """Questions that the player scored."""
        outcomes = (outcome_of(question) for question in self.questions)
        return sum(isinstance(each, Scored) and each.user_id == player.user_id for each in outcomes)


@dataclass(frozen=True, slots=True)
class Undecided:
    """Somebody may still answer."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Somebody had it, the first of the two."""

    user_id: int
    seconds: float
    """From the question to the answer."""


@dataclass(frozen=True, slots=True)
class NobodyHadIt:
    """Both answers are wrong."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was passed over: nobody said anything, or its content is gone."""


Outcome: TypeAlias = Undecided | Scored | NobodyHadIt | Skipped


def outcome_of(question: DuelQuestion) -> Outcome:
    """How a question ended."""
    first = next((given for given in question.answers if given.right), None)
    if first is not None:
        asked_at = question.asked_at or first.at
        return Scored(first.user_id, max(0.0, (first.at - asked_at).total_seconds()))
    if question.skipped_at is not None:
        return Skipped()
    return NobodyHadIt() if len(question.answers) > 1 else Undecided()


class Reply(StrEnum):
    """What can be said to a challenge."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Begins:
    """The challenge is accepted."""


@dataclass(frozen=True, slots=True)
class Ends:
    """There will be no game."""

    state: DuelState


@dataclass(frozen=True, slots=True)
class NotYours:
    """Somebody pressed what is not theirs to press."""

    whose: tuple[Player, ...]


@dataclass(frozen=True, slots=True)
class MovedOn:
    """The card that was pressed on is older than the duel; nothing changes."""


def reply_to(duel: Duel, user_id: int, reply: Reply, now: datetime) -> Begins | Ends | NotYours | MovedOn:
    """What a press on a challenge does. One that has stood too long lapses, whatever was pressed."""
    whose = duel.challenger if reply is Reply.WITHDRAW else duel.rival
    if user_id != whose.user_id:
        return NotYours((whose,))
    if duel.state is not DuelState.ASKED:
        return MovedOn()
    if now - duel.created_at >= STANDS:
        return Ends(DuelState.LAPSED)
    match reply:
        case Reply.ACCEPT:
            return Begins()
        case Reply.DECLINE:
            return Ends(DuelState.DECLINED)
        case Reply.WITHDRAW:
            return Ends(DuelState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Counts:
    """The answer is written down."""

    given: Given
    decides: bool
    """Whether the question ends with it."""


@dataclass(frozen=True, slots=True)
class Stands:
    """The player had answered before, and the other has not yet."""

    given: Given


@dataclass(frozen=True, slots=True)
class TooLate:
    """The other one was faster with the right answer."""

    seconds: float
    """By so much."""


def take(
    duel: Duel, user_id: int, place: int, chosen: int, *, right: bool, now: datetime
) -> Counts | Stands | TooLate | MovedOn | NotYours:
    """What an answer to question ``place`` does. The one who calls first with it is the faster one."""
    if duel.player(user_id) is None:
        return NotYours(duel.players)
    question = duel.question
    if question is None or question.place != place or duel.state not in (DuelState.PLAYING, DuelState.OVER):
        return MovedOn()
    before = question.of(user_id)
    match outcome_of(question):
        case Scored() if before is None:
            (first,) = [given for given in question.answers if given.right]
            return TooLate(max(0.0, (now - first.at).total_seconds()))
        case Undecided() if before is not None:
            return Stands(before)
        case Undecided():
            return Counts(Given(user_id, chosen, right, now), decides=right or bool(question.answers))
        case _:
            return MovedOn()


@dataclass(frozen=True, slots=True)
class Skips:
    """The question is passed over."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It can be skipped from then on."""

    at: datetime


def skip(duel: Duel, user_id: int, place: int, now: datetime) -> Skips | NotYet | MovedOn | NotYours:
    """What *Skip* does: it needs a minute of silence, or that only the one who presses it has not answered."""
    if duel.player(user_id) is None:
        return NotYours(duel.players)
    question = duel.question
    if question is None or question.place != place or duel.state is not DuelState.PLAYING:
        return MovedOn()
    if outcome_of(question) != Undecided():
        return MovedOn()
    if question.of(duel.other(user_id).user_id) is not None:
        return Skips()
    silent_since = max([question.asked_at or now, *(given.at for given in question.answers)])
    return Skips() if now - silent_since >= SILENCE else NotYet(silent_since + SILENCE)


@dataclass(frozen=True, slots=True)
class Asks:
    """The next question is asked."""

    place: int


@dataclass(frozen=True, slots=True)
class Finishes:
    """There is no next one."""


def go_on(duel: Duel, user_id: int, place: int, *, gone: bool = False) -> Asks | Finishes | MovedOn | NotYours:
    """What *Next question* below question ``place`` does; with ``gone``, its content is no longer there."""
    if duel.player(user_id) is None:
        return NotYours(duel.players)
    question = duel.question
    if question is None or question.place != place or duel.state is not DuelState.PLAYING:
        return MovedOn()
    if not gone and outcome_of(question) == Undecided():
        return MovedOn()
    return Finishes() if duel.last else Asks(place + 1)


def given_up(duel: Duel, now: datetime) -> bool:
    """Whether nobody has touched a duel that is open for so long that the two may begin a new one."""
    moments = [duel.created_at]
    for question in duel.questions:
        moments += [at for at in (question.asked_at, question.skipped_at) if at is not None]
        moments += [given.at for given in question.answers]
    return now - max(moments) >= STANDS
