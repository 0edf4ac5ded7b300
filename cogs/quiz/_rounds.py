"""Beginning a round, going on with one, and how it went."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypeIs

from bot.client import Press, Waypoint
from bot.quiz_cards import nothing_due_card, summary_card
from bot.reply import enrolled
from bot.reviewing import to_review
from bot.run_access import own_run
from cogs.quiz._show import Shown, ask, facts_for
from db import quizzes
from db.members import load_enrolment
from db.quizzes import Quiz, QuizKind, end_open, items_asked, open_quiz, start_quiz
from db.skills import known_skills
from lessons.choosing import plan_review, plan_round, plan_run_round
from lessons.errors import NotEnrolledError, PersonError
from lessons.model import Topic
from lessons.progress import Enrolment, current_topic, standing
from lessons.reviews import day_start
from workers.records import facts_of

KEEP_OPEN = timedelta(days=7)
"""After which an unfinished round is let go: its answers stay, the rest is chosen anew."""


async def topic_round(interaction: Press, topic_id: str | None) -> Shown:
    """Questions about a topic that the member has reached, by default the current one.

    Raises:
        PersonError: there is no such topic, or its turn has not come.
    """
    bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
    async with bot.database.transaction() as session:
        known = await known_skills(session, user_id)
        enrolment = await enrolled(session, interaction, {skill: each.mastery.level for skill, each in known.items()})
        topic = _which(bot, enrolment, topic_id)
        quiz = await open_quiz(session, user_id, QuizKind.TOPIC)
        if not _goes_on(quiz, now - KEEP_OPEN) or quiz.topic_id != topic.id:
            asked = await items_asked(session, user_id)
            run_id, facts = None, None
            if topic.project is not None:
                run_id = await quizzes.run_to_ask_about(session, user_id, topic.project.id)
                facts = await facts_for(session, run_id)
            asks = plan_round(bot.curriculum, topic, user_id, known, asked, facts)
            if quiz is not None:
                await end_open(session, user_id, QuizKind.TOPIC, now)
            quiz = await start_quiz(session, user_id, QuizKind.TOPIC, asks, now, topic_id=topic.id, run_id=run_id)
        return await go_on(bot, session, quiz)


def _goes_on(quiz: Quiz | None, since: datetime) -> TypeIs[Quiz]:
    """Whether an open round is gone on with: it has a question left and was begun since then."""
    return quiz is not None and quiz.open is not None and quiz.started_at >= since


def _which(bot: Waypoint, enrolment: Enrolment, topic_id: str | None) -> Topic:
    current = current_topic(bot.curriculum, enrolment)
    if topic_id is None:
        return current or bot.curriculum.topics[-1]
    topic = bot.curriculum.topic(topic_id)
    record = enrolment.record(topic.id)
    reached = record.opened_at or record.done_at or (current is not None and current.id == topic.id)
    if not reached:
        at = f" You are at *{current.title}*: `/quiz` asks about that." if current is not None else ""
        raise PersonError(f"*{topic.title}* is still ahead of you.{at}")
    return topic


async def review_round(interaction: Press) -> Shown:
    """What is due, the most at risk first, five a day at most."""
    bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
    async with bot.database.transaction() as session:
        enrolment = await enrolled(session, interaction)
        quiz = await open_quiz(session, user_id, QuizKind.REVIEW)
        if not _goes_on(quiz, day_start(now, enrolment.zone)):
            due = await to_review(session, bot.curriculum, user_id, enrolment.zone, now)
            asks = plan_review(bot.curriculum, due.skills, user_id, await known_skills(session, user_id))
            if not asks:
                return Shown(nothing_due_card(more_tomorrow=due.done_for_today))
            if quiz is not None:
                await end_open(session, user_id, QuizKind.REVIEW, now)
            quiz = await start_quiz(session, user_id, QuizKind.REVIEW, asks, now)
        return await go_on(bot, session, quiz)


async def run_round(interaction: Press, run_id: int) -> Shown:
    """Questions about one of the member's own runs.

    Raises:
        PersonError: it is somebody else's, or nothing can be asked about it.
    """
    bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
    run = await own_run(interaction, run_id)
    facts = facts_of(run)
    async with bot.database.transaction() as session:
        await enrolled(session, interaction)
        quiz = await open_quiz(session, user_id, QuizKind.RUN)
        if not _goes_on(quiz, now - KEEP_OPEN) or quiz.run_id != run_id:
            asked = await items_asked(session, user_id)
            asks = plan_run_round(facts, user_id, asked) if facts is not None else ()
            if not asks:
                raise PersonError(f"There is nothing to ask about run {run_id}. `/quiz` asks about your topic.")
            if quiz is not None:
                await end_open(session, user_id, QuizKind.RUN, now)
            quiz = await start_quiz(session, user_id, QuizKind.RUN, asks, now, run_id=run_id)
        return await go_on(bot, session, quiz)


async def go_on_with(interaction: Press, quiz_id: int) -> Shown:
    """The round's next question, or how it went.

    Raises:
        PersonError: it is somebody else's, or gone.
    """
    bot = interaction.client
    async with bot.database.session() as session:
        quiz = await quizzes.load_quiz(session, quiz_id)
        return await go_on(bot, session, own_quiz(quiz, interaction.user.id))


async def go_on(bot: Waypoint, session: AsyncSession, quiz: Quiz) -> Shown:
    """The round's next question, or how it went."""
    if (asked := quiz.open) is not None and quiz.ended_at is None:
        return await ask(bot, session, quiz, asked)
    enrolment = await load_enrolment(session, quiz.user_id)
    if enrolment is None:
        raise NotEnrolledError
    now = datetime.now(UTC)
    known = await known_skills(session, quiz.user_id)
    return Shown(summary_card(bot.curriculum, quiz, known, standing(bot.curriculum, enrolment, now), now))


def own_quiz(quiz: Quiz | None, user_id: int) -> Quiz:
    """The round, for its member.

    Raises:
        PersonError: it is somebody else's, or gone.
    """
    if quiz is None:
        raise PersonError("That round is gone. `/quiz` starts a new one.")
    if quiz.user_id != user_id:
        raise PersonError("These questions are somebody else's. `/quiz` asks you your own.")
    return quiz
