"""``/commit``: a member's own date for a topic, and somebody who stands by."""

from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from discord.utils import escape_markdown

from bot import ids
from bot.client import Press, Waypoint
from bot.commit_cards import closed_card, commitment_card
from bot.reply import enrolled, reply, swap
from bot.ui import PersistentButton
from bot.wording import day
from db import commitments
from db.commitments import Buddy, BuddyDeclined, Committed
from db.members import load_enrolment, sharing
from lessons.commitments import DateFound, DateRefused, read_date, suggest_dates
from lessons.errors import PersonError
from lessons.model import Topic
from lessons.progress import Standing, TopicState, standing

SUGGESTIONS = 25
"""Discord's limit."""


class Commit(commands.Cog):
    """Dates that members set themselves."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="Set your own date for a topic; a buddy who agrees stands by")
    @app_commands.describe(
        date="By when: 5 Dec, friday, in 10 days",
        topic="Your current one by default",
        buddy="Who stands by, if they like",
    )
    async def commit(
        self,
        interaction: Press,
        date: str,
        topic: str | None = None,
        buddy: discord.User | discord.Member | None = None,
    ) -> None:
        """Note it, and ask the buddy."""
        stands_by = _buddy(interaction, buddy)
        now, user_id, bot = datetime.now(UTC), interaction.user.id, self.bot
        async with bot.database.transaction() as session:
            place = standing(bot.curriculum, await enrolled(session, interaction), now)
            chosen = _topic(bot, place, topic)
            match read_date(date, place.today):
                case DateRefused(sentence):
                    raise PersonError(sentence)
                case DateFound(due_on):
                    pass
            outcome = await commitments.commit(
                session,
                user_id=user_id,
                topic_id=chosen.id,
                due_on=due_on,
                buddy=stands_by,
                channel_id=interaction.channel_id or 0,
                now=now,
            )
        match outcome:
            case BuddyDeclined(buddy=who):
                name = escape_markdown(who.name)
                raise PersonError(f"{name} has said no to this one. Ask somebody else, or leave `buddy:` out.")
            case Committed(row, asks):
                pass
        shown = commitment_card(chosen, row, interaction.user.display_name, place.today)
        if stands_by is None or not asks:
            await reply(interaction, shown)
            return
        await interaction.response.send_message(
            view=shown,
            allowed_mentions=discord.AllowedMentions(
                everyone=False, roles=False, users=[discord.Object(stands_by.user_id)]
            ),
        )

    @commit.autocomplete("date")
    async def _dates(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        place = await self._standing(interaction)
        if place is None:
            return []
        if current.strip():
            match read_date(current, place.today):
                case DateFound(found):
                    return [app_commands.Choice(name=day(found, today=place.today), value=found.isoformat())]
                case DateRefused():
                    return []
        due = place.current.span.due if place.current is not None and not place.current.span.ongoing else None
        return [
            app_commands.Choice(
                name=f"{day(each, today=place.today)}{' (as the plan has it)' if each == due else ''}",
                value=each.isoformat(),
            )
            for each in suggest_dates(place.today, due)
        ]

    @commit.autocomplete("topic")
    async def _topics(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        place = await self._standing(interaction)
        if place is None:
            return []
        typed = current.casefold()
        ahead = [each.topic for each in place.topics if each.state is not TopicState.DONE]
        found = [t for t in ahead if typed in t.title.casefold() or typed in t.short_title.casefold()]
        return [app_commands.Choice(name=f"{t.emoji} {t.title}"[:100], value=t.id) for t in found[:SUGGESTIONS]]

    async def _standing(self, interaction: discord.Interaction[Any]) -> Standing | None:
        async with self.bot.database.session() as session:
            enrolment = await load_enrolment(session, interaction.user.id)
        return None if enrolment is None else standing(self.bot.curriculum, enrolment, datetime.now(UTC))


def _buddy(interaction: Press, buddy: discord.User | discord.Member | None) -> Buddy | None:
    """Who may stand by.

    Raises:
        PersonError: nobody does for themselves, no bot does, and nobody can be asked where they are not.
    """
    if buddy is None:
        return None
    if buddy.id == interaction.user.id:
        raise PersonError("A buddy is somebody else. Leave `buddy:` out, and the date is between you and the calendar.")
    if buddy.bot:
        raise PersonError("A bot can't stand by you. Pick a person, or leave `buddy:` out.")
    if interaction.guild_id is None:
        raise PersonError("Here your buddy can't answer. Say it in a channel where they are.")
    return Buddy(buddy.id, buddy.display_name)


def _topic(bot: Waypoint, place: Standing, topic_id: str | None) -> Topic:
    if topic_id is None:
        if place.current is None:
            raise PersonError("You have no current topic to set a date for. `/next` shows where you are.")
        return place.current.topic
    topic = bot.curriculum.topic(topic_id)
    found = place.topic(topic.id)
    if found is not None and found.state is TopicState.DONE:
        raise PersonError(f"*{topic.title}* is passed already. Set a date for one that is ahead.")
    return topic


class BuddyButton(PersistentButton, template=ids.template(ids.COMMIT_BUDDY)):
    """*I'm in*, *No thanks*."""

    async def press(self, interaction: Press) -> None:
        """Note the answer; who says no hears nothing more."""
        bot = interaction.client
        async with bot.database.transaction() as session:
            row = await commitments.get_commitment(session, int(self.ids["commitment_id"]))
            if row is None:
                raise PersonError("That date is gone.")
            if row.buddy_id != interaction.user.id:
                raise PersonError("Somebody else is asked here. `/commit` sets a date of your own.")
            closed = row.met_at is not None or row.withdrawn_at is not None
            if not closed:
                row.buddy_state = "accepted" if self.ids["onoff"] == "on" else "declined"
            about = await sharing(session, row.user_id)
            enrolment = await load_enrolment(session, row.user_id)
        topic = bot.curriculum.find(row.topic_id)
        if closed or topic is None or about is None or enrolment is None:
            await swap(interaction, closed_card(bot.curriculum, row))
            return
        today = standing(bot.curriculum, enrolment, datetime.now(UTC)).today
        await swap(interaction, commitment_card(topic, row, about.display_name, today))


class WithdrawButton(PersistentButton, template=ids.template(ids.COMMIT_WITHDRAW)):
    """*Withdraw*."""

    async def press(self, interaction: Press) -> None:
        """The date is off; nobody is told anything."""
        async with interaction.client.database.transaction() as session:
            row = await commitments.get_commitment(session, int(self.ids["commitment_id"]))
            if row is None:
                raise PersonError("That date is gone.")
            self.only_for(interaction, row.user_id)
            if row.met_at is None and row.withdrawn_at is None:
                row.withdrawn_at = datetime.now(UTC)
        await swap(interaction, closed_card(interaction.client.curriculum, row))


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(BuddyButton, WithdrawButton)
    await bot.add_cog(Commit(bot))
