"""A question as a message: made again from what is stored, drawn where it has a picture."""

import asyncio
import io
from dataclasses import dataclass

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Press, Waypoint
from bot.pictures.questions import describe_question, draw_question
from bot.quiz_cards import PICTURE, gone_card, question_card
from bot.reply import beside_or_instead
from bot.ui import Card
from db.quizzes import Asked, Quiz
from db.runs import get_run
from lessons.choosing import make_question
from lessons.questions.model import Question
from lessons.questions.own_run import RunFacts
from workers.records import facts_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, and the question whose picture goes with it."""

    card: Card
    question: Question | None = None

    async def files(self) -> list[discord.File]:
        """The question's picture, if it has one; drawn in a thread."""
        picture = self.question.picture if self.question is not None else None
        if picture is None:
            return []
        drawn = await asyncio.to_thread(draw_question, picture)
        return [discord.File(io.BytesIO(drawn), PICTURE, description=describe_question(picture))]

    async def show(self, interaction: Press) -> None:
        """In place of the person's own card that was pressed on, else as an answer."""
        await beside_or_instead(interaction, self.card, files=await self.files())


async def facts_for(session: AsyncSession, run_id: int | None) -> RunFacts | None:
    """What a run tells about itself; None if it is gone."""
    run = await get_run(session, run_id) if run_id is not None else None
    return None if run is None else facts_of(run)


async def question_of(bot: Waypoint, session: AsyncSession, quiz: Quiz, asked: Asked) -> Question | None:
    """The question as it was asked; None if its content is gone."""
    facts = await facts_for(session, quiz.run_id) if asked.ask.item_id.startswith("run:") else None
    return make_question(bot.curriculum, asked.ask, facts)


async def ask(bot: Waypoint, session: AsyncSession, quiz: Quiz, asked: Asked, lead: str | None = None) -> Shown:
    """The card that asks."""
    question = await question_of(bot, session, quiz, asked)
    if question is None:
        return Shown(gone_card(quiz))
    return Shown(question_card(bot.curriculum, quiz, asked, question, lead=lead), question)
