"""``/papers``: what is new in machine learning, and the server's weekly digest."""

import io
from datetime import UTC, datetime, timedelta

import discord
from discord import app_commands
from discord.ext import commands
from sqlalchemy.ext.asyncio import AsyncSession

from bot import ids
from bot.client import Press, Waypoint
from bot.paper_cards import PAGE, digest_card, list_card, paper_text, plain, topics_card
from bot.reply import beside_or_instead, enrolled, reply, swap
from bot.ui import Card, Item, PersistentButton, button, buttons, card, text
from bot.wording import instant, plural
from db import digest_sweep, papers
from db.members import load_enrolment
from lessons.errors import PersonError
from lessons.papers import Paper, to_bibtex, to_csv
from lessons.progress import standing
from lessons.zones import ZoneFound, describe_zone, find_zone, suggest_zones

TALK_PHASE = 4
"""Whoever is there follows the research, and may have the digest by DM."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
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
        await reply(interaction, await _latest(interaction, 0, topic or ""))

    @app_commands.command(description="Find papers by their words")
    @app_commands.describe(words='As in a search engine: "diffusion models" -audio')
    async def search(self, interaction: Press, words: app_commands.Range[str, 1, WORDS_MAX]) -> None:
        """Find them."""
        await reply(interaction, await _found(interaction, 0, words))

    @app_commands.command(description="The papers you saved")
    async def saved(self, interaction: Press) -> None:
        """Show them."""
        await reply(interaction, await _saved(interaction, 0))

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
    @app_commands.choices(weekday=[app_commands.Choice(name=name, value=n) for n, name in enumerate(WEEKDAYS)])
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
                    f"📰 About ten papers a week come to <#{where}>, each {WEEKDAYS[weekday]} at {hour:02d}:00 "
                    f"({zone.name}), the first {instant(due)}. I need to see the channel and write there"
                    f"{', and to make threads' if threads else ''}.\n"
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


async def _latest(interaction: Press, page: int, topic_id: str) -> Card:
    bot = interaction.client
    topic = bot.curriculum.topic(topic_id) if topic_id else None
    async with bot.database.session() as session:
        found = await papers.latest(session, limit=PAGE + 1, offset=page * PAGE, topic_id=topic_id or None)
        footer = await _dm_row(interaction, session) if page == 0 else []
    title = "📰 The newest papers" if topic is None else f"📰 New for {topic.emoji} {topic.short_title}"
    turn = ids.PAPERS_LATEST.replace("{any_topic}", topic_id)
    none = "No papers yet. They come on weekdays from arXiv, once this bot has been there."
    return _list(interaction, title, found, page, turn, none, footer=footer)


async def _found(interaction: Press, page: int, words: str) -> Card:
    async with interaction.client.database.session() as session:
        found = await papers.search(session, words, limit=PAGE + 1, offset=page * PAGE)
    none = f"Nothing holds *{plain(words)}*. Try fewer words, or the singular."
    return _list(interaction, f"🔎 {plain(words)}", found, page, ids.PAPERS_SEARCH.replace("{words}", words), none)


async def _saved(interaction: Press, page: int) -> Card:
    async with interaction.client.database.session() as session:
        kept = await papers.saved(session, interaction.user.id)
    page = min(page, max(0, (len(kept) - 1) // PAGE))
    some = kept[page * PAGE : (page + 1) * PAGE + 1]
    none = "You have saved no paper yet. *Save* stands below each one."
    return _list(interaction, "📚 Your papers", some, page, ids.PAPERS_SAVED, none, saved=True)


def _list(
    interaction: Press,
    title: str,
    found: list[Paper],
    page: int,
    turn: str,
    none: str,
    *,
    saved: bool = False,
    footer: list[Item] | None = None,
) -> Card:
    if not found and page == 0:
        return card(text(f"## {title}\n{none}"), *(footer or []))
    more = len(found) > PAGE
    return list_card(
        interaction.client.curriculum,
        title,
        found[:PAGE],
        page=page,
        more=more,
        turn=turn,
        saved=saved,
        footer=footer or [],
    )


async def _dm_row(interaction: Press, session: AsyncSession) -> list[Item]:
    """The button for the digest by DM, for those who are far enough, in a server."""
    on = await digest_sweep.reads_by_dm(session, interaction.user.id)
    if not on and (interaction.guild_id is None or not await _far_enough(interaction, session)):
        return []
    label = "No digest by DM any more" if on else "Send me the weekly digest"
    return [buttons(button(label, ids.DIGEST_DM.format(onoff="off" if on else "on")))]


async def _far_enough(interaction: Press, session: AsyncSession) -> bool:
    bot = interaction.client
    enrolment = await load_enrolment(session, interaction.user.id)
    if enrolment is None:
        return False
    place = standing(bot.curriculum, enrolment, datetime.now(UTC))
    return place.current is None or bot.curriculum.phase_of(place.current.topic).number >= TALK_PHASE


class LatestPage(PersistentButton, template=ids.template(ids.PAPERS_LATEST)):
    """Another page of the newest."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await _latest(interaction, int(self.ids["page"]), self.ids["any_topic"]))


class SearchPage(PersistentButton, template=ids.template(ids.PAPERS_SEARCH)):
    """Another page of what was found."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await _found(interaction, int(self.ids["page"]), self.ids["words"]))


class SavedPage(PersistentButton, template=ids.template(ids.PAPERS_SAVED)):
    """Another page of what was saved."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await _saved(interaction, int(self.ids["page"])))


class DmButton(PersistentButton, template=ids.template(ids.DIGEST_DM)):
    """*Send me the weekly digest*."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        on = self.ids["onoff"] == "on"
        async with interaction.client.database.transaction() as session:
            if on and (interaction.guild_id is None or not await _far_enough(interaction, session)):
                raise PersonError("The digest by DM is for phase 4. `/papers latest` is there for everybody.")
            await digest_sweep.read_by_dm(session, interaction.user.id, interaction.guild_id or 0, on=on)
        sentence = "📰 This server's digest comes to you by DM too." if on else "📰 No digest by DM any more."
        await reply(interaction, card(text(sentence)))


class DigestPage(PersistentButton, template=ids.template(ids.DIGEST_PAGE)):
    """Another page of a digest: for the one who presses, since the others read too."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await beside_or_instead(
            interaction, await _digest(interaction, int(self.ids["digest_id"]), int(self.ids["page"]))
        )


async def _digest(interaction: Press, digest_id: int, page: int) -> Card:
    bot = interaction.client
    async with bot.database.session() as session:
        shown = await digest_sweep.shown_digest(session, digest_id)
        if shown is None:
            raise PersonError("That digest is gone. `/papers latest` shows what is new.")
        votes = await papers.vote_counts(session, shown.guild_id, (each.paper.id for each in shown.picked))
    return digest_card(bot.curriculum, shown.id, shown.week, shown.picked, votes, page=page)


class PaperButton(PersistentButton, template=ids.template(ids.PAPER_ACT)):
    """What stands below a paper."""

    async def press(self, interaction: Press) -> None:
        """Do it."""
        match self.ids["paper_act"]:
            case "save" | "drop" as act:
                await self._save(interaction, keep=act == "save")
            case "talk":
                await self._talk(interaction)
            case act:
                await self._vote(interaction, 1 if act == "up" else -1)

    async def _save(self, interaction: Press, *, keep: bool) -> None:
        paper_id, user_id = self.ids["paper_id"], interaction.user.id
        async with interaction.client.database.transaction() as session:
            if not await papers.get_papers(session, [paper_id]):
                raise PersonError("That paper is gone from here; its page at arXiv is still there.")
            if keep:
                new = await papers.save(session, user_id=user_id, paper_id=paper_id, now=datetime.now(UTC))
            else:
                await papers.unsave(session, user_id=user_id, paper_id=paper_id)
                new = False
        if not keep:
            await swap(interaction, await _saved(interaction, int(self.ids["page"]) // PAGE))
            return
        sentence = "📚 Saved." if new else "📚 It is among yours already."
        await reply(
            interaction, card(text(f"{sentence} `/papers saved` shows yours, `/papers export` makes a file of them."))
        )

    async def _vote(self, interaction: Press, value: int) -> None:
        digest_id = int(self.ids["digest_id"])
        async with interaction.client.database.transaction() as session:
            shown = await digest_sweep.shown_digest(session, digest_id)
            if shown is None:
                raise PersonError("That digest is gone.")
            await papers.vote(
                session,
                guild_id=shown.guild_id,
                user_id=interaction.user.id,
                paper_id=self.ids["paper_id"],
                value=value,
                now=datetime.now(UTC),
            )
        await swap(interaction, await _digest(interaction, digest_id, int(self.ids["page"])))

    async def _talk(self, interaction: Press) -> None:
        bot, digest_id = interaction.client, int(self.ids["digest_id"])
        if interaction.guild_id is None:
            raise PersonError("A discussion needs the others: press it on the digest in your server.")
        await interaction.response.defer(ephemeral=True)
        async with bot.database.transaction() as session:
            row = await digest_sweep.locked_paper(session, digest_id, self.ids["paper_id"])
            found = await papers.get_papers(session, [self.ids["paper_id"]])
            channel_id = await digest_sweep.channel_of(session, interaction.guild_id)
            if row is None or channel_id is None or not found:
                raise PersonError("That digest is gone.")
            paper = found[self.ids["paper_id"]]
            if row.thread_id is None:
                row.thread_id = await _open_thread(bot, channel_id, paper)
            thread_id = row.thread_id
        await interaction.followup.send(view=card(text(f"💬 It is discussed in <#{thread_id}>.")), ephemeral=True)


async def _open_thread(bot: Waypoint, channel_id: int, paper: Paper) -> int:
    """A thread beside the digest: one inside another there is not.

    Raises:
        PersonError: the bot may not.
    """
    try:
        thread = await bot.http.start_thread_without_message(
            channel_id,
            name=paper.title[:100],
            auto_archive_duration=10080,
            type=discord.ChannelType.public_thread.value,
        )
        thread_id = int(thread["id"])
        await bot.get_partial_messageable(thread_id).send(view=card(text(paper_text(paper))))
    except discord.Forbidden:
        raise PersonError(
            f"I may not open threads in <#{channel_id}>. Who manages this server can let me: *Create Public Threads*."
        ) from None
    return thread_id


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(LatestPage, SearchPage, SavedPage, DmButton, DigestPage, PaperButton)
    await bot.add_cog(Papers(bot))
