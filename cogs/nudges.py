"""``/nudges``: asked for, changed, paused and stopped by a press."""

import re
from calendar import day_abbr
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.nudge_cards import done_card, off_card, quiet_text, settings_card
from bot.reply import beside_or_instead, enrolled, reply, swap
from bot.ui import Card, PersistentButton, SafeModal
from bot.wording import day
from db import nudges
from db.nudges import Wanted
from lessons.errors import PersonError
from lessons.nudges import Hours, in_holdout, rest_of_days
from lessons.zones import ZoneFound, find_zone

SNOOZES = {"1d": 1, "3d": 3, "1w": 7}


class Nudges(commands.Cog):
    """The command."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="A message when something is due: when, where, how often, or not at all")
    async def nudges(self, interaction: Press) -> None:
        """Show what is set."""
        await reply(interaction, await _card(interaction))


async def _card(interaction: Press) -> Card:
    bot = interaction.client
    organiser, here = _organises(interaction), interaction.channel_id
    async with bot.database.session() as session:
        await enrolled(session, interaction)
        wanted = await nudges.wanted(session, interaction.user.id)
        allowed = organiser and here is not None and await nudges.allows_nudges(session, here)
    share = bot.settings.nudge_holdout
    return settings_card(wanted, datetime.now(UTC), organiser=organiser, allowed_here=allowed, holdout=share)


def _organises(interaction: Press) -> bool:
    """Whether the person may say what happens in this channel."""
    return interaction.guild_id is not None and interaction.permissions.manage_guild


class OpenButton(PersistentButton, template=ids.template(ids.NUDGES)):
    """*Nudge settings*."""

    async def press(self, interaction: Press) -> None:
        """Show them."""
        await beside_or_instead(interaction, await _card(interaction))


class OnButton(PersistentButton, template=ids.template(ids.NUDGES_ON)):
    """*Nudge me*: the consent."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        await beside_or_instead(interaction, await _turned_on(interaction))


class OnBesideButton(PersistentButton, template=ids.template(ids.NUDGES_ON_BESIDE)):
    """*Nudge me* on a card that is to stay."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        await reply(interaction, await _turned_on(interaction))


async def _turned_on(interaction: Press) -> Card:
    bot, now, user_id = interaction.client, datetime.now(UTC), interaction.user.id
    async with bot.database.transaction() as session:
        enrolment = await enrolled(session, interaction)
        held_out = in_holdout(user_id, bot.settings.nudge_holdout)
        await nudges.turn_on(session, user_id, enrolment.zone, now, held_out=held_out)
    return await _card(interaction)


class OffButton(PersistentButton, template=ids.template(ids.NUDGES_OFF)):
    """*Stop* on the settings."""

    async def press(self, interaction: Press) -> None:
        """No more."""
        async with interaction.client.database.transaction() as session:
            await nudges.turn_off(session, interaction.user.id, datetime.now(UTC))
        await swap(interaction, off_card(interaction.client.settings.nudge_holdout))


class PauseButton(PersistentButton, template=ids.template(ids.NUDGES_PAUSE)):
    """*Pause a week*, *Go on*."""

    async def press(self, interaction: Press) -> None:
        """Do it."""
        now = datetime.now(UTC)
        async with interaction.client.database.transaction() as session:
            zone = (await enrolled(session, interaction)).zone
            until = rest_of_days(zone, now, 7) if self.ids["onoff"] == "on" else None
            await nudges.pause(session, interaction.user.id, zone, now, until)
        await swap(interaction, await _card(interaction))


class MoreButton(PersistentButton, template=ids.template(ids.NUDGES_MORE)):
    """*3 a week again*."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        async with interaction.client.database.transaction() as session:
            await nudges.ask_for_fewer(session, interaction.user.id, fewer=False)
        await swap(interaction, await _card(interaction))


class HereButton(PersistentButton, template=ids.template(ids.NUDGES_HERE)):
    """An organiser's word on a channel."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        here, guild_id = interaction.channel_id, interaction.guild_id
        if not _organises(interaction) or here is None or guild_id is None:
            raise PersonError("Whether I may mention members here is for those who manage this server.")
        async with interaction.client.database.transaction() as session:
            allowed = self.ids["onoff"] == "on"
            await nudges.allow_nudges(session, here, guild_id, interaction.user.id, allowed=allowed)
        await swap(interaction, await _card(interaction))


class ChangeButton(PersistentButton, template=ids.template(ids.NUDGES_CHANGE)):
    """*Change*."""

    async def press(self, interaction: Press) -> None:
        """Open the form."""
        async with interaction.client.database.session() as session:
            wanted = await nudges.wanted(session, interaction.user.id)
            here = interaction.channel_id
            allowed = here is not None and await nudges.allows_nudges(session, here)
        if wanted is None or not wanted.on:
            raise PersonError("Nudges are off. `/nudges` turns them on.")
        await interaction.response.send_modal(ChangeModal(wanted, here if allowed else None))


class ChangeModal(SafeModal):
    """When and where."""

    def __init__(self, wanted: Wanted, here: int | None) -> None:
        super().__init__(title="Your nudges")
        hours = wanted.hours
        self._channel = here if here is not None else wanted.channel_id
        self.hour: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(label=f"{hour:02d}:00", value=str(hour), default=hour == hours.hour)
                for hour in range(24)
            ]
        )
        self.days: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(label=name, value=str(number), default=number in hours.days)
                for number, name in enumerate(day_abbr)
            ],
            min_values=1,
            max_values=7,
        )
        self.quiet: ui.TextInput[Any] = ui.TextInput(default=quiet_text(hours), max_length=12)
        self.zone: ui.TextInput[Any] = ui.TextInput(default=wanted.zone.key, max_length=60)
        self.where: ui.Select[Any] = ui.Select(options=self._places(wanted))
        self.add_item(ui.Label(text="Hour", description="Give or take the hour's minutes.", component=self.hour))
        self.add_item(ui.Label(text="Days", component=self.days))
        self.add_item(ui.Label(text="Quiet hours", description="E.g. 21-09, or none.", component=self.quiet))
        self.add_item(ui.Label(text="Time zone", description="The city you live in.", component=self.zone))
        self.add_item(ui.Label(text="Where", description="A channel needs its organiser's yes.", component=self.where))

    def _places(self, wanted: Wanted) -> list[discord.SelectOption]:
        chosen = "dm" if wanted.by_dm and wanted.channel_id is None else "both" if wanted.by_dm else "channel"
        places = [("dm", "By DM")]
        if self._channel is not None:
            places += [
                ("both", "By DM, in this channel if DMs are closed"),
                ("channel", "In this channel, with a mention"),
            ]
        return [discord.SelectOption(label=label, value=value, default=value == chosen) for value, label in places]

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Check it and write it."""
        zone = find_zone(self.zone.value)
        if not isinstance(zone, ZoneFound):
            raise PersonError("I can't tell which time zone that is. Type a large city near you, e.g. Berlin or Lima.")
        quiet_from, quiet_to = read_quiet(self.quiet.value)
        hours = Hours(int(self.hour.values[0]), frozenset(map(int, self.days.values)), quiet_from, quiet_to)
        if hours.quiet_at(hours.hour):
            raise PersonError(
                f"{hours.hour:02d}:00 lies in the quiet hours {quiet_text(hours)}. "
                "Choose another hour, or other quiet hours."
            )
        where = self.where.values[0]
        bot: Waypoint = interaction.client  # pyright: ignore[reportAssignmentType] - modals are typed for any client
        async with bot.database.transaction() as session:
            channel = None if where == "dm" else self._channel
            if channel is not None and not await nudges.allows_nudges(session, channel):
                raise PersonError("That channel does not take nudges any more. Choose the DM.")
            await nudges.change(
                session,
                interaction.user.id,
                zone.zone,
                datetime.now(UTC),
                hours=hours,
                by_dm=where != "channel",
                channel_id=channel,
            )
        await beside_or_instead(interaction, await _card(interaction))


def read_quiet(typed: str) -> tuple[int, int]:
    """The hours between which nothing is sent: "21-9", "21:00 to 09:00", "none".

    Raises:
        PersonError: it can't be read.
    """
    plain = typed.strip().lower()
    if plain in {"", "none", "no", "-"}:
        return 0, 0
    match = re.fullmatch(r"(\d{1,2})(?::00)?\s*(?:-|–|to)\s*(\d{1,2})(?::00)?", plain)
    if match is None or int(match[1]) > 24 or int(match[2]) > 24:
        raise PersonError("Write quiet hours like 21-09, or none.")
    return int(match[1]) % 24, int(match[2]) % 24


class NudgeButton(PersistentButton, template=ids.template(ids.NUDGE_ACT)):
    """Snooze, *Fewer*, *Stop* on a nudge."""

    async def press(self, interaction: Press) -> None:
        """Do it, and say so in the nudge's place."""
        user_id = int(self.ids["user_id"])
        self.only_for(interaction, user_id)
        now = datetime.now(UTC)
        async with interaction.client.database.transaction() as session:
            zone = (await enrolled(session, interaction)).zone
            match self.ids["nudge_act"]:
                case "stop":
                    await nudges.turn_off(session, user_id, now)
                    sentence = "🔕 Nudges are off. `/nudges` turns them on again."
                case "fewer":
                    on = await nudges.ask_for_fewer(session, user_id)
                    sentence = "🔔 One a week at most from now on." if on else "🔕 Nudges are off already."
                case act:
                    until = rest_of_days(zone, now, SNOOZES[act])
                    on = await nudges.pause(session, user_id, zone, now, until)
                    until_day = day(until.astimezone(zone).date(), today=now.astimezone(zone).date())
                    sentence = f"💤 Nothing before {until_day}." if on else "🔕 Nudges are off already."
        await swap(interaction, done_card(sentence))


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(OpenButton, OnButton, OnBesideButton, OffButton, PauseButton, MoreButton, HereButton, ChangeButton)
    bot.register(NudgeButton)
    await bot.add_cog(Nudges(bot))
