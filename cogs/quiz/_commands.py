"""``/quiz`` and ``/review``."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Press, Waypoint
from bot.reply import reply
from cogs.quiz._rounds import review_round, topic_round
from cogs.quiz._show import Shown
from db.members import load_enrolment

SUGGESTIONS = 25
"""Discord's limit."""


class Quizzes(commands.Cog):
    """Questions about what was read, and about what may be forgotten."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="A few questions about your topic, or about one you have reached")
    @app_commands.describe(topic="Which topic; your current one by default")
    async def quiz(self, interaction: Press, topic: str | None = None) -> None:
        """Begin a round, or go on with the open one."""
        await _answer(interaction, await topic_round(interaction, topic))

    @quiz.autocomplete("topic")
    async def _topics(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        async with self.bot.database.session() as session:
            enrolment = await load_enrolment(session, interaction.user.id)
        if enrolment is None:
            return []
        typed = current.casefold()
        reached = [
            topic
            for topic in self.bot.curriculum.topics
            if (record := enrolment.record(topic.id)).opened_at is not None or record.done_at is not None
        ]
        found = [t for t in reached if typed in t.title.casefold() or typed in t.short_title.casefold()]
        return [app_commands.Choice(name=f"{t.emoji} {t.title}"[:100], value=t.id) for t in found[:SUGGESTIONS]]

    @app_commands.command(description="A few questions about what you learnt before, just in time to keep it")
    async def review(self, interaction: Press) -> None:
        """Ask what is due."""
        await _answer(interaction, await review_round(interaction))


async def _answer(interaction: Press, shown: Shown) -> None:
    await reply(interaction, shown.card, files=await shown.files())
