"""``/duel``, and *Rematch*: the challenge."""

from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from discord.utils import escape_markdown

from bot.client import Press, Waypoint
from bot.duel_cards import name_of
from bot.reply import enrolled
from cogs.duel._show import as_it_stands, whose_sentence
from db import duels
from db.members import load_enrolment
from lessons.curriculum import Curriculum
from lessons.duel_questions import reached, shared_topics
from lessons.duels import DuelState, Player, given_up
from lessons.errors import PersonError
from lessons.model import Topic
from lessons.progress import Enrolment

SUGGESTIONS = 25
"""Discord's limit."""
OPEN = "You two have this one open already."


class Duels(commands.Cog):
    """Questions for two."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="Challenge somebody: five questions in public, the fastest right answer scores")
    @app_commands.describe(member="Against whom", topic="About what; by default the latest that you both have reached")
    async def duel(self, interaction: Press, member: discord.User | discord.Member, topic: str | None = None) -> None:
        """Post the challenge."""
        if interaction.guild_id is None:
            raise PersonError("A duel needs an audience: say `/duel` in a channel of your server.")
        if member.id == interaction.user.id:
            raise PersonError("Against yourself you would always win. `/quiz` asks you alone.")
        if member.bot:
            raise PersonError(
                f"{escape_markdown(member.display_name)} is a bot and knows all the answers. Pick a person."
            )
        await _challenge(interaction, Player(member.id, member.display_name), topic)

    @duel.autocomplete("topic")
    async def _topics(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """What both have reached, once it is said against whom."""
        rival_id: object = getattr(interaction.namespace.member, "id", None)
        async with self.bot.database.session() as session:
            mine = await load_enrolment(session, interaction.user.id)
            theirs = await load_enrolment(session, rival_id) if isinstance(rival_id, int) else mine
        if mine is None or theirs is None:
            return []
        typed = current.casefold()
        shared = reversed(shared_topics(self.bot.curriculum, mine, theirs))
        found = [t for t in shared if typed in t.title.casefold() or typed in t.short_title.casefold()]
        return [app_commands.Choice(name=f"{t.emoji} {t.title}"[:100], value=t.id) for t in found[:SUGGESTIONS]]


async def challenge_again(interaction: Press, duel_id: int) -> None:
    """The same two about the same topic, the one who presses being the challenger.

    Raises:
        PersonError: it was not their duel, or it is gone.
    """
    async with interaction.client.database.session() as session:
        before = await duels.load_duel(session, duel_id)
    if before is None:
        raise PersonError("That duel is gone. `/duel` starts a new one.")
    if before.player(interaction.user.id) is None:
        raise PersonError(whose_sentence(before.players))
    still = interaction.client.curriculum.find(before.topic_id)
    await _challenge(interaction, before.other(interaction.user.id), still.id if still is not None else None)


async def _challenge(interaction: Press, rival: Player, topic_id: str | None) -> None:
    """Post a challenge; where the two have an open duel here, post that one again.

    Raises:
        PersonError: one of the two has not started, or they have not both reached the topic.
    """
    bot, now = interaction.client, datetime.now(UTC)
    challenger = Player(interaction.user.id, interaction.user.display_name)
    channel_id = interaction.channel_id or 0
    async with bot.database.transaction() as session:
        mine = await enrolled(session, interaction)
        theirs = await load_enrolment(session, rival.user_id)
        if theirs is None:
            raise PersonError(f"{name_of(rival)} has not said `/start` yet. Once they have, you can duel.")
        topic = _which(bot.curriculum, mine, theirs, rival, topic_id)
        standing = await duels.open_duel(session, channel_id, challenger.user_id, rival.user_id)
        if standing is not None and given_up(standing, now):
            await duels.end_duel(session, standing.id, DuelState.LAPSED, now)
        written = await duels.write_challenge(
            session,
            guild_id=interaction.guild_id,
            channel_id=channel_id,
            challenger=challenger,
            rival=rival,
            topic_id=topic.id,
            now=now,
        )
        if written is None:
            standing = await duels.open_duel(session, channel_id, challenger.user_id, rival.user_id)
    if written is not None:
        await as_it_stands(bot, written).post(interaction, mention=rival)
    elif standing is not None:
        await as_it_stands(bot, standing, lead=OPEN).post(interaction)
    else:
        raise PersonError("Your last duel has ended just now. Say `/duel` again for a new one.")


def _which(curriculum: Curriculum, mine: Enrolment, theirs: Enrolment, rival: Player, topic_id: str | None) -> Topic:
    shared = shared_topics(curriculum, mine, theirs)
    if topic_id is not None:
        topic = curriculum.topic(topic_id)
        if not reached(curriculum, topic, mine):
            raise PersonError(f"*{topic.title}* is still ahead of you. Leave `topic:` out for one that you both know.")
        if topic not in shared:
            raise PersonError(
                f"*{topic.title}* is still ahead of {name_of(rival)}. Leave `topic:` out for one that you both know."
            )
        return topic
    if not shared:
        raise PersonError(f"You and {name_of(rival)} have reached no topic in common yet. `/next` shows where you are.")
    return shared[-1]
