"""``/start``: choose a pace and a time zone, get the plan."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.reply import reply, swap
from bot.topic_cards import PACE_NAMES, pace_about, welcome_card
from bot.ui import Card, PersistentButton, SafeModal, button, buttons, card, text
from db import members
from lessons.curriculum import Curriculum
from lessons.progress import Enrolment, standing
from lessons.stepping import MovedOn, step
from lessons.timeline import Pace, today
from lessons.zones import ZoneAmbiguous, ZoneFound, ZoneUnknown, describe_zone, find_zone, suggest_zones

LOCALE_ZONES = {
    "de": "Europe/Berlin",
    "fr": "Europe/Paris",
    "es-ES": "Europe/Madrid",
    "it": "Europe/Rome",
    "pl": "Europe/Warsaw",
    "nl": "Europe/Amsterdam",
    "en-GB": "Europe/London",
    "ja": "Asia/Tokyo",
    "ko": "Asia/Seoul",
    "hi": "Asia/Kolkata",
    "tr": "Europe/Istanbul",
    "uk": "Europe/Kyiv",
    "vi": "Asia/Ho_Chi_Minh",
    "sv-SE": "Europe/Stockholm",
    "zh-CN": "Asia/Shanghai",
    "zh-TW": "Asia/Taipei",
}
"""A guess to begin with, only where a language has one main zone: Discord does not tell a person's own."""


class Start(commands.Cog):
    """The first command."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="Get your own plan through the roadmap, or change its pace and time zone")
    @app_commands.describe(
        pace="How fast you want to go", time_zone="Your time zone: type a city, e.g. Berlin or New York"
    )
    @app_commands.choices(pace=[app_commands.Choice(name=PACE_NAMES[pace], value=pace.value) for pace in Pace])
    async def start(
        self,
        interaction: Press,
        pace: str | None = None,
        time_zone: str | None = None,
    ) -> None:
        """Ask for pace and time zone, or take those that were given."""
        async with self.bot.database.session() as session:
            known = await members.load_enrolment(session, interaction.user.id)
        if pace is None and time_zone is None:
            await interaction.response.send_modal(StartModal(self.bot.curriculum, known, interaction.locale))
            return
        chosen = Pace(pace) if pace is not None else known.pace if known else Pace.MIDDLE
        typed = time_zone or (known.zone.key if known else "UTC")
        await settle(interaction, chosen, typed)

    @start.autocomplete("time_zone")
    async def _zones(self, _: Press, current: str) -> list[app_commands.Choice[str]]:
        now = datetime.now(UTC)
        return [app_commands.Choice(name=describe_zone(name, now)[:100], value=name) for name in suggest_zones(current)]


class StartModal(SafeModal):
    """Asks for the pace and the time zone, in one go."""

    def __init__(self, curriculum: Curriculum, known: Enrolment | None, locale: discord.Locale) -> None:
        super().__init__(title="Your way through deep learning")
        chosen = known.pace if known else Pace.MIDDLE
        guess = known.zone.key if known else LOCALE_ZONES.get(locale.value, "")
        first_day = known.started_on if known else datetime.now(UTC).date()
        self.pace: ui.RadioGroup[Any] = ui.RadioGroup(
            options=[
                discord.RadioGroupOption(
                    label=PACE_NAMES[pace].capitalize(),
                    value=pace.value,
                    description=pace_about(curriculum, pace, first_day),
                    default=pace is chosen,
                )
                for pace in Pace
            ]
        )
        self.zone: ui.TextInput[Any] = ui.TextInput(
            default=guess or None, placeholder="Berlin, New York, UTC+2 …", max_length=60
        )
        self.add_item(
            ui.Label(text="Pace", description="The dates are suggestions; you can change it.", component=self.pace)
        )
        self.add_item(ui.Label(text="Time zone", description="The city you live in is enough.", component=self.zone))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Enrol, or ask which zone was meant."""
        await settle(interaction, Pace(self.pace.value or Pace.MIDDLE), self.zone.value)


class ZoneButton(PersistentButton, template=ids.template(ids.START_ZONE)):
    """One of the zones that somebody may have meant."""

    async def press(self, interaction: Press) -> None:
        """Take it."""
        zone = find_zone(self.ids["zone"])
        if not isinstance(zone, ZoneFound):
            await swap(interaction, card(text("That time zone is gone. Say `/start` again and type your city.")))
            return
        shown = await enrol(interaction, Pace(self.ids["pace"]), zone.zone)
        await swap(interaction, shown)


async def settle(interaction: Press, pace: Pace, typed: str) -> None:
    """Enrol with the zone that was typed, or show the ones that may have been meant."""
    match find_zone(typed):
        case ZoneFound(zone):
            await reply(interaction, await enrol(interaction, pace, zone))
        case ZoneAmbiguous(names):
            await reply(interaction, _which(pace, names, f"There are several time zones for “{typed}”."))
        case ZoneUnknown(similar):
            await reply(interaction, _which(pace, similar, f"I don't know a time zone “{typed}”."))


def _which(pace: Pace, names: tuple[str, ...], sentence: str) -> Card:
    sentence = discord.utils.escape_markdown(sentence)
    if not names:
        return card(text(f"{sentence} Say `/start` again with a large city near you, e.g. *Berlin* or *Lima*."))
    row = [button(name, ids.START_ZONE.format(pace=pace.value, zone=name)) for name in names[:5]]
    return card(text(f"{sentence} Which one is yours? If none is, say `/start` again with a city."), buttons(*row))


async def enrol(interaction: Press, pace: Pace, zone: ZoneInfo) -> Card:
    """Write the member down, open the first topic, and return the plan."""
    bot, user = interaction.client, interaction.user
    now = datetime.now(UTC)
    async with bot.database.transaction() as session:
        new = await members.enrol(
            session,
            user_id=user.id,
            display_name=user.display_name,
            pace=pace.value,
            time_zone=zone.key,
            started_on=today(now, zone),
        )
        await session.flush()
        enrolment = await members.load_enrolment(session, user.id)
        if enrolment is None:
            message = f"member {user.id} is not there after enrolling"
            raise LookupError(message)
        if new and isinstance(first := step(bot.curriculum, enrolment, now), MovedOn):
            await members.stamp_topics(session, user.id, first.stamps)
            enrolment = first.enrolment
    place = standing(bot.curriculum, enrolment, now)
    return welcome_card(bot.curriculum, place, discord.utils.escape_markdown(user.display_name), new=new)


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(ZoneButton)
    await bot.add_cog(Start(bot))
