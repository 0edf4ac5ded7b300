"""The form: when and where."""

import re
from calendar import day_abbr
from datetime import UTC, datetime
from typing import Any

import discord
from discord import ui

from bot.client import Waypoint
from bot.nudge_cards import quiet_text
from bot.reply import beside_or_instead
from bot.ui import SafeModal
from cogs.nudges._show import settings_of
from db import nudges
from db.nudges import Wanted
from lessons.errors import PersonError
from lessons.nudges import Hours
from lessons.zones import ZoneFound, find_zone


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
        await beside_or_instead(interaction, await settings_of(interaction))


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
