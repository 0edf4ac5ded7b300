"""The commands."""

import io
from calendar import day_name
from datetime import UTC, datetime, timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Press, Waypoint
from bot.paper_cards import topics_card
from bot.reply import enrolled, reply
from bot.ui import card, text
from bot.wording import instant, plural
from cogs.papers._lists import found_card, latest_card, saved_card
from db import digest_sweep, papers
from lessons.errors import PersonError
from lessons.papers import to_bibtex, to_csv
from lessons.zones import ZoneFound, describe_zone, find_zone, suggest_zones

WORDS_MAX = 60
RECENT = timedelta(weeks=4)


class Papers(commands.GroupCog, group_name="papers", group_description="New papers from arXiv, and the weekly digest"):
    """The commands."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(description="The newest papers, of one topic if you like")
    @app_commands.describe(topic="Of the roadmap")
    async def latest(self, interaction: Press, topic: str | None = None) -> None:
        """Show them."""
        await reply(interaction, await latest_card(interaction, 0, topic or ""))

    @app_commands.command(description="Find papers by their words")
    @app_commands.describe(words='As in a search engine: "diffusion models" -audio')
    async def search(self, interaction: Press, words: app_commands.Range[str, 1, WORDS_MAX]) -> None:
        """Find them."""
        await reply(interaction, await found_card(interaction, 0, words))

    @app_commands.command(description="The papers you saved")
    async def saved(self, interaction: Press) -> None:
        """Show them."""
        await reply(interaction, await saved_card(interaction, 0))

    @app_commands.command(description="How many new papers there are for each topic")
    async def topics(self, interaction: Press) -> None:
        """Count them."""
        async with self.bot.database.session() as session:
            counts = await papers.topic_counts(session, datetime.now(UTC) - RECENT)
        await reply(interaction, topics_card(self.bot.curriculum, counts))

    @app_commands.command(description="Your saved papers as a file")
    @app_commands.describe(kind="BibTeX for LaTeX, CSV for tables")
    @app_commands.choices(
        kind=[app_commands.Choice(name="BibTeX", value="bib"), app_commands.Choice(name="CSV", value="csv")]
    )
    async def export(self, interaction: Press, kind: str = "bib") -> None:
        """Hand it over."""
        async with self.bot.database.session() as session:
            kept = await papers.saved(session, interaction.user.id)
        if not kept:
            raise PersonError("You have saved no paper yet. *Save* stands below each one.")
        written = to_bibtex(kept) if kind == "bib" else to_csv(kept)
        file = discord.File(io.BytesIO(written.encode()), f"papers.{kind}")
        shown = card(text(f"📚 {plural(len(kept), 'paper')}."))
        shown.add_item(discord.ui.File(file))
        await reply(interaction, shown, files=[file])

    @app_commands.command(description="For organisers: a weekly digest in a channel")
    @app_commands.describe(
        channel="Where; this channel by default",
        weekday="Monday by default",
        hour="0 to 23; 9 by default",
        time_zone="Type a city; yours by default",
        threads="A thread a week, if I may make one",
        stop="No more digests",
    )
    @app_commands.choices(weekday=[app_commands.Choice(name=name, value=n) for n, name in enumerate(day_name)])
    async def digest(
        self,
        interaction: Press,
        *,
        channel: discord.TextChannel | None = None,
        weekday: int = 0,
        hour: app_commands.Range[int, 0, 23] = 9,
        time_zone: str | None = None,
        threads: bool = True,
        stop: bool = False,
    ) -> None:
        """Set it."""
        if interaction.guild_id is None:
            raise PersonError("A digest belongs to a server. Say it in the channel where it should come.")
        if not interaction.permissions.manage_guild:
            raise PersonError("The digest is for those who manage this server. `/papers latest` is for everybody.")
        now = datetime.now(UTC)
        async with self.bot.database.transaction() as session:
            if stop:
                was = await digest_sweep.stop_digest(session, interaction.guild_id, now)
                sentence = "No more digests. `/papers digest` starts them again." if was else "There is no digest here."
                await reply(interaction, card(text(sentence)))
                return
            typed = time_zone or (await enrolled(session, interaction)).zone.key
            zone = find_zone(typed)
            if not isinstance(zone, ZoneFound):
                raise PersonError("I can't tell which time zone that is. Type a large city near you, e.g. Berlin.")
            where = channel.id if channel is not None else interaction.channel_id
            if where is None:
                raise PersonError("Name the channel with `channel:`.")
            due = await digest_sweep.set_digest(
                session,
                interaction.guild_id,
                now,
                channel_id=where,
                weekday=weekday,
                hour=hour,
                zone=zone.zone,
                threads=threads,
            )
        await reply(
            interaction,
            card(
                text(
                    f"📰 About ten papers a week come to <#{where}>, each {day_name[weekday]} at {hour:02d}:00 "
                    f"({zone.name}), the first {instant(due)}.{_lacking(interaction, channel, threads=threads)}\n"
                    "-# `/papers digest` again changes it; `stop:` ends it."
                )
            ),
        )

    @latest.autocomplete("topic")
    async def _topics(self, _: Press, current: str) -> list[app_commands.Choice[str]]:
        typed = current.casefold()
        found = [t for t in self.bot.curriculum.topics if typed in t.title.casefold()]
        return [app_commands.Choice(name=f"{t.emoji} {t.title}"[:100], value=t.id) for t in found[:25]]

    @digest.autocomplete("time_zone")
    async def _zones(self, _: Press, current: str) -> list[app_commands.Choice[str]]:
        now = datetime.now(UTC)
        return [app_commands.Choice(name=describe_zone(name, now)[:100], value=name) for name in suggest_zones(current)]


def _lacking(interaction: Press, channel: discord.TextChannel | None, *, threads: bool) -> str:
    """What the bot may not do where the digest is to come, as a line of the answer."""
    if channel is None or interaction.guild is None:
        held = interaction.app_permissions
    else:
        held = channel.permissions_for(interaction.guild.me)
    needed = {"View Channel": held.view_channel, "Send Messages": held.send_messages}
    wished = {
        "Create Public Threads": held.create_public_threads,
        "Send Messages in Threads": held.send_messages_in_threads,
    }
    lines = ""
    if missing := [name for name, granted in needed.items() if not granted]:
        lines += f"\n⚠️ I can't write there yet: give me *{'* and *'.join(missing)}* in that channel."
    elif threads and (missing := [name for name, granted in wished.items() if not granted]):
        lines += (
            f"\nFor a thread a week I would need *{'* and *'.join(missing)}*; without, it comes to the channel itself."
        )
    return lines
