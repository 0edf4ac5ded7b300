"""``/progress``: what a member knows, what comes back and when, the streak, the runs; others' if they allow it."""

from datetime import UTC, datetime

import discord
from discord import app_commands
from discord.ext import commands

from bot import ids
from bot.certificate_cards import certified_runs
from bot.client import Press, Waypoint
from bot.progress_cards import Progress, progress_card
from bot.reply import reply, swap
from bot.ui import Card, PersistentButton, PersistentSelect
from db.activity import active_days
from db.certificates import finished_runs
from db.members import load_enrolment, share_progress, sharing
from db.skills import known_skills
from lessons.errors import NotEnrolledError, PersonError
from lessons.progress import standing
from lessons.streaks import weekly_streak


class ProgressCog(commands.Cog, name="Progress"):
    """Looking at what was learnt."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="What you know, what comes back when, your streak and your runs")
    @app_commands.describe(member="Somebody else's, if they let others see it")
    async def progress(self, interaction: Press, member: discord.User | None = None) -> None:
        """Show it."""
        user_id = interaction.user.id if member is None else member.id
        await reply(interaction, await card_of(interaction, user_id, None))


class PhaseSelect(PersistentSelect, template=ids.template(ids.PROGRESS_PHASE)):
    """Another phase's skills."""

    async def choose(self, interaction: Press, values: list[str]) -> None:
        """Show them in place."""
        await swap(interaction, await card_of(interaction, int(self.ids["user_id"]), values[0]))


class ShareButton(PersistentButton, template=ids.template(ids.PROGRESS_SHARE)):
    """*Let others see this*, *Keep it to me*."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        user_id = int(self.ids["user_id"])
        self.only_for(interaction, user_id)
        async with interaction.client.database.transaction() as session:
            await share_progress(session, user_id, self.ids["onoff"] == "on")
        await swap(interaction, await card_of(interaction, user_id, None))


async def card_of(interaction: Press, user_id: int, phase_id: str | None) -> Card:
    """The member's card, with their current phase or another one.

    Raises:
        PersonError: they keep it to themselves, or are no member.
    """
    bot, now, own = interaction.client, datetime.now(UTC), interaction.user.id == user_id
    curriculum = bot.curriculum
    async with bot.database.session() as session:
        about = await sharing(session, user_id)
        enrolment = await load_enrolment(session, user_id)
        if about is None or enrolment is None:
            raise NotEnrolledError if own else PersonError("They have not started the roadmap yet.")
        if not own and not about.shares_progress:
            name = discord.utils.escape_markdown(about.display_name)
            raise PersonError(f"{name} keeps their progress to themselves. They can change that in their `/progress`.")
        known = await known_skills(session, user_id)
        days = await active_days(session, user_id)
        finished = await finished_runs(session, user_id)
    place = standing(curriculum, enrolment, now)
    phases = {phase.id: phase for phase in curriculum.phases}
    here = curriculum.phase_of(place.current.topic) if place.current is not None else curriculum.phases[-1]
    shown = Progress(
        user_id=user_id,
        name=about.display_name,
        own=own,
        shares=about.shares_progress,
        standing=place,
        known=known,
        streak=weekly_streak(days, place.today),
        runs=certified_runs(curriculum, curriculum.phases[-1], finished),
        run_count=len(finished),
    )
    return progress_card(curriculum, shown, phases.get(phase_id or "", here), now)


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(PhaseSelect, ShareButton)
    await bot.add_cog(ProgressCog(bot))
