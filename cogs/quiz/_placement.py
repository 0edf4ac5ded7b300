"""The placement quiz: about ten questions that propose where to start. It can be declined and left at any point."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.client import Press, Waypoint
from bot.placement_cards import placement_question_lead, proposal_card, started_card
from bot.reply import enrolled, swap
from bot.ui import PersistentButton
from cogs.quiz._rounds import KEEP_OPEN, own_quiz
from cogs.quiz._show import Shown, ask
from db import quizzes
from db.activity import note_active
from db.passing import note_stamps
from db.quizzes import Quiz, QuizKind, add_question, end_open, open_quiz, start_quiz
from lessons.choosing import Ask, choose_item
from lessons.curriculum import Curriculum
from lessons.placement import PlacementAnswer, next_topic, propose_start
from lessons.progress import standing
from lessons.stepping import place_at
from lessons.streaks import local_day

APART = 1000
"""Added to the number of a skill's question, so that a later quiz asks with other numbers."""


class PlacementButton(PersistentButton, template=ids.template(ids.PLACEMENT)):
    """*Find my starting point*."""

    async def press(self, interaction: Press) -> None:
        """Begin, or go on."""
        bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
        async with bot.database.transaction() as session:
            await enrolled(session, interaction)
            quiz = await open_quiz(session, user_id, QuizKind.PLACEMENT)
            if quiz is None or quiz.started_at < now - KEEP_OPEN:
                if quiz is not None:
                    await end_open(session, user_id, QuizKind.PLACEMENT, now)
                quiz = await start_quiz(session, user_id, QuizKind.PLACEMENT, (), now)
            shown = await _go_on(bot, session, quiz, now, None)
        await shown.show(interaction)


class EndPlacementButton(PersistentButton, template=ids.template(ids.PLACEMENT_END)):
    """Ends the quiz early, when its member has had enough."""

    async def press(self, interaction: Press) -> None:
        """Propose by the answers so far."""
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.transaction() as session:
            quiz = own_quiz(await quizzes.load_quiz(session, int(self.ids["quiz_id"])), interaction.user.id)
            await quizzes.end_quiz(session, quiz.id, now)
        shown = _proposal(bot.curriculum, quiz)
        await shown.show(interaction)


class StartThereButton(PersistentButton, template=ids.template(ids.PLACEMENT_START)):
    """*Start there*: the topics before it count as known."""

    async def press(self, interaction: Press) -> None:
        """Open the topic."""
        self.only_for(interaction, int(self.ids["user_id"]))
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.transaction() as session:
            enrolment = await enrolled(session, interaction)
            topic = bot.curriculum.topic(self.ids["topic_id"])
            stamps = place_at(bot.curriculum, enrolment, topic.id, now)
            await note_stamps(
                session,
                bot.curriculum,
                enrolment.stamped(stamps),
                stamps,
                now,
                user_id=interaction.user.id,
                guild_id=interaction.guild_id,
            )
            await note_active(session, interaction.user.id, local_day(now, enrolment.zone))
        place = standing(bot.curriculum, enrolment.stamped(stamps), now)
        await swap(interaction, started_card(place, topic))


async def after_placement_answer(bot: Waypoint, session: AsyncSession, quiz: Quiz, right: bool, now: datetime) -> Shown:
    """The next question, with a word on the last one; after the last, the proposal."""
    after = await quizzes.load_quiz(session, quiz.id) or quiz
    return await _go_on(bot, session, after, now, placement_question_lead(right))


async def _go_on(bot: Waypoint, session: AsyncSession, quiz: Quiz, now: datetime, lead: str | None) -> Shown:
    if quiz.open is None and (following := _next(bot.curriculum, quiz)) is not None:
        await add_question(session, quiz, following, now)
        quiz = await quizzes.load_quiz(session, quiz.id) or quiz
    if (asked := quiz.open) is not None:
        return await ask(bot, session, quiz, asked, lead)
    await quizzes.end_quiz(session, quiz.id, now)
    return _proposal(bot.curriculum, quiz)


def _next(curriculum: Curriculum, quiz: Quiz) -> Ask | None:
    """The question that tells most about where they could start."""
    topics = [topic.id for topic in curriculum.topics]
    topic_id = next_topic(topics, _answers(curriculum, quiz))
    if topic_id is None:
        return None
    asked = [question.ask.skill_id for question in quiz.questions]
    skills = sorted((skill.id for skill in curriculum.topic(topic_id).skills), key=asked.count)
    nth = APART + len(asked)
    return choose_item(curriculum, quiz.user_id, skills[0], nth, {q.ask.item_id: 1 for q in quiz.questions})


def _answers(curriculum: Curriculum, quiz: Quiz) -> list[PlacementAnswer]:
    found = ((curriculum.skill(q.ask.skill_id), q.right) for q in quiz.questions if q.answered_at is not None)
    return [PlacementAnswer(skill[0].id, right is True) for skill, right in found if skill is not None]


def _proposal(curriculum: Curriculum, quiz: Quiz) -> Shown:
    answers = _answers(curriculum, quiz)
    proposal = propose_start([topic.id for topic in curriculum.topics], answers)
    skipped = [curriculum.topic(topic_id) for topic_id in proposal.skipped]
    right = sum(answer.right for answer in answers)
    return Shown(
        proposal_card(curriculum.topic(proposal.start), skipped, right=right, of=len(answers), user_id=quiz.user_id)
    )
