"""A duel as a message: its card, with the picture of the question that stands there."""

import asyncio
import io
from dataclasses import dataclass

import discord

from bot.client import Press, Waypoint
from bot.duel_cards import duel_card, name_of
from bot.pictures.questions import describe_question, draw_question
from bot.quiz_cards import PICTURE
from bot.reply import reply, swap
from bot.ui import QUIET, Card, card, text
from lessons.choosing import make_question
from lessons.duels import Duel, DuelState, Player
from lessons.questions.model import Question


@dataclass(frozen=True, slots=True)
class ShownDuel:
    """What stands in the channel."""

    card: Card
    question: Question | None
    """Whose picture goes with it."""
    whisper: str | None = None
    """A sentence to who pressed, and to nobody else."""

    async def files(self) -> list[discord.File]:
        """The question's picture, if it has one; drawn in a thread."""
        picture = self.question.picture if self.question is not None else None
        if picture is None:
            return []
        drawn = await asyncio.to_thread(draw_question, picture)
        return [discord.File(io.BytesIO(drawn), PICTURE, description=describe_question(picture))]

    async def show(self, interaction: Press) -> None:
        """In place of the card that was pressed on."""
        await swap(interaction, self.card, files=await self.files())
        if self.whisper is not None:
            await Whisper(self.whisper).show(interaction)

    async def post(self, interaction: Press, mention: Player | None = None) -> None:
        """As a message of its own, for everybody; ``mention`` is told of it."""
        users = [discord.Object(mention.user_id)] if mention is not None else False
        await interaction.response.send_message(
            view=self.card,
            files=await self.files(),
            allowed_mentions=discord.AllowedMentions(everyone=False, roles=False, users=users),
        )


@dataclass(frozen=True, slots=True)
class Whisper:
    """A sentence to who pressed; the card stays as it is."""

    sentence: str

    async def show(self, interaction: Press) -> None:
        """Say it."""
        await reply(interaction, card(text(self.sentence), colour=QUIET))


def question_of(bot: Waypoint, duel: Duel) -> Question | None:
    """The question that stands in the channel; None if there is none, or its content is gone."""
    return make_question(bot.curriculum, duel.question.ask) if duel.question is not None else None


def as_it_stands(bot: Waypoint, duel: Duel, *, lead: str | None = None, whisper: str | None = None) -> ShownDuel:
    """The duel's card."""
    question = question_of(bot, duel)
    shown = question if duel.state in (DuelState.PLAYING, DuelState.OVER) else None
    return ShownDuel(duel_card(bot.curriculum, duel, shown, lead=lead), shown, whisper)


def whose_sentence(whose: tuple[Player, ...]) -> str:
    """To somebody who pressed what is for others."""
    if len(whose) == 1:
        return f"Only {name_of(whose[0])} can press that."
    names = " and ".join(map(name_of, whose))
    return f"This duel is between {names}. `/duel` starts one of your own."
