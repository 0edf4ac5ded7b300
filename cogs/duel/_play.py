"""The moves of a duel: each in one transaction that holds the duel's row, so the first to come is the fastest.

Answers make the day an active one and count for nothing else: see `lessons.duels`.
"""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Press, Waypoint
from bot.duel_cards import name_of
from bot.quiz_cards import LETTERS, digest_of
from bot.wording import duration, instant
from cogs.duel._show import ShownDuel, Whisper, as_it_stands, question_of, whose_sentence
from db import duels
from db.activity import note_active
from db.members import load_enrolment
from db.quizzes import items_asked
from lessons.answering import Judged, Pressed, TryAgain, judge_answer
from lessons.duel_questions import draw_questions
from lessons.duels import (
    Asks,
    Begins,
    Counts,
    Duel,
    DuelState,
    Ends,
    Finishes,
    MovedOn,
    NotYet,
    NotYours,
    Reply,
    Skips,
    Stands,
    TooLate,
    go_on,
    reply_to,
    skip,
    take,
)
from lessons.errors import PersonError
from lessons.questions.model import Question
from lessons.streaks import local_day

REWORDED = "This question has been reworded since it was asked. Here it is as it stands now."
A_HAIR = 0.1
"""Seconds below which no number is said."""


async def reply_to_challenge(interaction: Press, duel_id: int, reply: Reply) -> ShownDuel:
    """*Accept*, *No thanks*, *Withdraw*.

    Raises:
        PersonError: it is not theirs to press, or the duel is gone.
    """
    bot = interaction.client
    async with bot.database.transaction() as session:
        duel, now = await _locked(session, duel_id)
        match reply_to(duel, interaction.user.id, reply, now):
            case NotYours(whose):
                raise PersonError(whose_sentence(whose))
            case MovedOn():
                pass
            case Ends(state):
                await duels.end_duel(session, duel.id, state, now)
            case Begins():
                await _begin(bot, session, duel, now)
        return await _after(bot, session, duel)


async def take_answer(interaction: Press, duel_id: int, place: int, digest: str, option: int) -> ShownDuel | Whisper:
    """A, B or C. Only who pressed learns what was noted; the card changes when the question is decided.

    Raises:
        PersonError: somebody else's duel, or one that is gone, or an option that is not there.
    """
    bot, user_id = interaction.client, interaction.user.id
    async with bot.database.transaction() as session:
        duel, now = await _locked(session, duel_id)
        question = question_of(bot, duel)
        right = question is not None and _is_right(question, option)
        other = name_of(duel.other(user_id))
        match take(duel, user_id, place, option, right=right, now=now):
            case NotYours(whose):
                raise PersonError(whose_sentence(whose))
            case MovedOn():
                return await _after(bot, session, duel)
            case TooLate(seconds):
                by = duration(seconds) if seconds >= A_HAIR else "a hair"
                return await _after(bot, session, duel, whisper=f"{other} was faster, by {by}.")
            case Stands(given):
                return Whisper(f"You answered {LETTERS[given.chosen]} already. Waiting for {other}.")
            case Counts() as counts:
                pass
        if question is None or digest != digest_of(question):
            return as_it_stands(bot, duel, lead=REWORDED if question is not None else None)
        await _write(session, duel, counts, now)
        if counts.decides:
            return await _after(bot, session, duel)
        return Whisper(f"Noted: {LETTERS[option]}. Waiting for {other}.")


def _is_right(question: Question, option: int) -> bool:
    match judge_answer(question, Pressed(option)):
        case TryAgain(sentence):
            raise PersonError(sentence)
        case Judged(right):
            return right


async def _write(session: AsyncSession, duel: Duel, counts: Counts, now: datetime) -> None:
    """Note an answer, and the end of the duel where it decides the last question."""
    await duels.write_given(session, duel.id, duel.place, counts.given)
    if counts.decides and duel.last:
        await duels.end_duel(session, duel.id, DuelState.OVER, now)
    enrolment = await load_enrolment(session, counts.given.user_id)
    if enrolment is not None:
        await note_active(session, counts.given.user_id, local_day(now, enrolment.zone))


async def skip_question(interaction: Press, duel_id: int, place: int) -> ShownDuel:
    """*Skip*.

    Raises:
        PersonError: somebody else's duel, or one that is gone, or the other one may still be thinking.
    """
    bot = interaction.client
    async with bot.database.transaction() as session:
        duel, now = await _locked(session, duel_id)
        match skip(duel, interaction.user.id, place, now):
            case NotYours(whose):
                raise PersonError(whose_sentence(whose))
            case NotYet(at):
                raise PersonError(f"A minute is everybody's to think. *Skip* works {instant(at)}.")
            case MovedOn():
                pass
            case Skips():
                await duels.skip_question(session, duel.id, place, now)
                if duel.last:
                    await duels.end_duel(session, duel.id, DuelState.OVER, now)
        return await _after(bot, session, duel)


async def next_question(interaction: Press, duel_id: int, place: int) -> ShownDuel:
    """*Next question*; the clock of the next one starts.

    Raises:
        PersonError: somebody else's duel, or one that is gone.
    """
    bot = interaction.client
    async with bot.database.transaction() as session:
        duel, now = await _locked(session, duel_id)
        gone = question_of(bot, duel) is None
        match go_on(duel, interaction.user.id, place, gone=gone):
            case NotYours(whose):
                raise PersonError(whose_sentence(whose))
            case MovedOn():
                pass
            case Asks(following):
                await _pass_over(session, duel, now, gone=gone)
                await duels.ask_question(session, duel.id, following, now)
            case Finishes():
                await _pass_over(session, duel, now, gone=gone)
                await duels.end_duel(session, duel.id, DuelState.OVER, now)
        return await _after(bot, session, duel)


async def _locked(session: AsyncSession, duel_id: int) -> tuple[Duel, datetime]:
    """The duel, held, and the time since when it is: who waited for the other one's press is the later one."""
    duel = await duels.load_duel(session, duel_id, lock=True)
    if duel is None:
        raise PersonError("That duel is gone. `/duel` starts a new one.")
    return duel, datetime.now(UTC)


async def _begin(bot: Waypoint, session: AsyncSession, duel: Duel, now: datetime) -> None:
    """Draw the questions, those first that the two have met least, and ask the first."""
    topic = bot.curriculum.find(duel.topic_id)
    asked: dict[str, int] = {}
    for player in duel.players:
        for item, times in (await items_asked(session, player.user_id)).items():
            asked[item] = asked.get(item, 0) + times
    asks = draw_questions(bot.curriculum, topic, duel.id, asked) if topic is not None else ()
    if not asks:
        raise PersonError("That topic is no longer part of the roadmap. `/duel` takes another one.")
    await duels.begin_duel(session, duel.id, asks, now)


async def _pass_over(session: AsyncSession, duel: Duel, now: datetime, *, gone: bool) -> None:
    """A question whose content is gone is nobody's, unless it was answered in time."""
    if gone:
        await duels.skip_question(session, duel.id, duel.place, now)


async def _after(bot: Waypoint, session: AsyncSession, duel: Duel, *, whisper: str | None = None) -> ShownDuel:
    """The duel as it stands after a move."""
    return as_it_stands(bot, await duels.load_duel(session, duel.id) or duel, whisper=whisper)
