"""Taking an answer: judged, written down once, and what follows from it in the same transaction."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Press, Waypoint
from bot.commit_cards import kept_line
from bot.quiz_cards import answered_card, digest_of, gone_card, question_card
from bot.reply import enrolled
from cogs.quiz._placement import after_placement_answer
from cogs.quiz._rounds import own_quiz
from cogs.quiz._show import Shown, question_of
from db import members, quizzes, skills
from db.activity import note_active
from db.passing import note_stamps
from db.quizzes import Asked, Quiz, QuizKind
from lessons.answering import Given, Judged, TryAgain, judge_answer
from lessons.errors import PersonError
from lessons.known import after_answer, level_of
from lessons.mastery import Level
from lessons.progress import Enrolment
from lessons.questions.model import Question
from lessons.stepping import note_skills
from lessons.streaks import local_day

OVER = "That round is over, and its answers are kept. `/quiz` starts a new one."
REWORDED = "That question has been reworded since it was asked. Here it is as it stands now."


async def take_answer(interaction: Press, quiz_id: int, place: int, digest: str, given: Given) -> Shown:
    """Note the answer and show what it teaches. A second answer changes nothing: it shows what the first one gave.

    Raises:
        PersonError: it is somebody else's question or gone, the round is over, or the answer cannot be judged.
    """
    bot, now = interaction.client, datetime.now(UTC)
    async with bot.database.transaction() as session:
        quiz = own_quiz(await quizzes.load_quiz(session, quiz_id, lock=True), interaction.user.id)
        asked = quiz.question(place)
        if asked is None:
            raise PersonError(OVER)
        question = await question_of(bot, session, quiz, asked)
        if asked.answered_at is not None:
            return _again(bot, quiz, asked, question)
        if quiz.ended_at is not None:
            raise PersonError(OVER)
        if question is None:
            await quizzes.write_answer(session, quiz.id, place, now, right=None)
            return Shown(gone_card(await _after(session, quiz, now)))
        if digest != digest_of(question):
            return Shown(question_card(bot.curriculum, quiz, asked, question, lead=REWORDED), question)
        match judge_answer(question, given):
            case TryAgain(sentence):
                raise PersonError(sentence)
            case Judged() as judged:
                pass
        await quizzes.write_answer(
            session, quiz.id, place, now, right=judged.right, chosen=judged.chosen, said=judged.said
        )
        enrolment = await enrolled(session, interaction)
        await note_active(session, quiz.user_id, local_day(now, enrolment.zone))
        if quiz.kind is QuizKind.PLACEMENT:
            return await after_placement_answer(bot, session, quiz, judged.right, now)
        change = await _learn(session, quiz, asked, enrolment, judged, now)
        quiz = await _after(session, quiz, now)
        news = await _topic_news(bot, session, quiz, asked, now, interaction.guild_id)
        answered = quiz.question(place) or asked
        shown = answered_card(bot.curriculum, quiz, answered, question, change=change, news=news)
        return Shown(shown, question)


def _again(bot: Waypoint, quiz: Quiz, asked: Asked, question: Question | None) -> Shown:
    """What was answered before, for a second press."""
    if question is None or asked.right is None or quiz.kind is QuizKind.PLACEMENT:
        return Shown(gone_card(quiz))
    return Shown(answered_card(bot.curriculum, quiz, asked, question), question)


async def _after(session: AsyncSession, quiz: Quiz, now: datetime) -> Quiz:
    """The round as it is after an answer; ended with the last one."""
    after = await quizzes.load_quiz(session, quiz.id) or quiz
    if after.open is None:
        await quizzes.end_quiz(session, quiz.id, now)
    return after


async def _learn(
    session: AsyncSession, quiz: Quiz, asked: Asked, enrolment: Enrolment, judged: Judged, now: datetime
) -> tuple[Level, Level]:
    """Move the skill on its ladder and in the memory; the rung before and after."""
    skill_id = asked.ask.skill_id
    before = await skills.known_skill(session, quiz.user_id, skill_id)
    after = after_answer(
        before, right=judged.right, now=now, zone=enrolment.zone, in_review=quiz.kind is QuizKind.REVIEW
    )
    await skills.save_skill(session, quiz.user_id, skill_id, after)
    return level_of(before), level_of(after)


async def _topic_news(
    bot: Waypoint, session: AsyncSession, quiz: Quiz, asked: Asked, now: datetime, guild_id: int | None
) -> str | None:
    """A line when this answer has passed its topic, with all that follows from that."""
    found = bot.curriculum.skill(asked.ask.skill_id)
    before = await members.load_enrolment(session, quiz.user_id)
    if found is None or before is None:
        return None
    done = note_skills(bot.curriculum, before, found[0].id, now)
    if done is None:
        return None
    kept = await note_stamps(
        session, bot.curriculum, done.enrolment, done.stamps, now, user_id=quiz.user_id, guild_id=guild_id
    )
    following = f" Next is *{done.following.title}*: `/next`." if done.following is not None else " `/next`"
    today = local_day(now, before.zone)
    lines = [f"🎉 **{done.topic.title} is passed.**{following}"]
    return "\n".join([*lines, *(kept_line(each.due_on, today, each.buddy) for each in kept)])
