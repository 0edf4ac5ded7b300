"""What is pressed on a paper, a list or a digest."""

from datetime import UTC, datetime

import discord

from bot import ids
from bot.client import Press, Waypoint
from bot.paper_cards import PAGE, digest_card, paper_text
from bot.reply import beside_or_instead, reply, swap
from bot.threads import open_thread
from bot.ui import Card, PersistentButton, card, text
from cogs.papers._lists import far_enough, found_card, latest_card, saved_card
from db import digest_sweep, papers
from lessons.errors import PersonError
from lessons.papers import Paper


class LatestPage(PersistentButton, template=ids.template(ids.PAPERS_LATEST)):
    """Another page of the newest."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await latest_card(interaction, int(self.ids["page"]), self.ids["any_topic"]))


class SearchPage(PersistentButton, template=ids.template(ids.PAPERS_SEARCH)):
    """Another page of what was found."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await found_card(interaction, int(self.ids["page"]), self.ids["words"]))


class SavedPage(PersistentButton, template=ids.template(ids.PAPERS_SAVED)):
    """Another page of what was saved."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await swap(interaction, await saved_card(interaction, int(self.ids["page"])))


class DmButton(PersistentButton, template=ids.template(ids.DIGEST_DM)):
    """*Send me the weekly digest*."""

    async def press(self, interaction: Press) -> None:
        """Note it."""
        on = self.ids["onoff"] == "on"
        async with interaction.client.database.transaction() as session:
            if on and (interaction.guild_id is None or not await far_enough(interaction, session)):
                raise PersonError("The digest by DM is for phase 4. `/papers latest` is there for everybody.")
            await digest_sweep.read_by_dm(session, interaction.user.id, interaction.guild_id or 0, on=on)
        sentence = "📰 This server's digest comes to you by DM too." if on else "📰 No digest by DM any more."
        await reply(interaction, card(text(sentence)))


class DigestPage(PersistentButton, template=ids.template(ids.DIGEST_PAGE)):
    """Another page of a digest: for the one who presses, since the others read too."""

    async def press(self, interaction: Press) -> None:
        """Turn to it."""
        await beside_or_instead(
            interaction, await shown_card(interaction, int(self.ids["digest_id"]), int(self.ids["page"]))
        )


async def shown_card(interaction: Press, digest_id: int, page: int) -> Card:
    """A page of a digest with the votes of now.

    Raises:
        PersonError: it is gone.
    """
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
            await swap(interaction, await saved_card(interaction, int(self.ids["page"]) // PAGE))
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
        await swap(interaction, await shown_card(interaction, digest_id, int(self.ids["page"])))

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
                row.thread_id = await _discuss(bot, channel_id, paper)
            thread_id = row.thread_id
        await interaction.followup.send(view=card(text(f"💬 It is discussed in <#{thread_id}>.")), ephemeral=True)


async def _discuss(bot: Waypoint, channel_id: int, paper: Paper) -> int:
    """A thread beside the digest: one inside another there is not.

    Raises:
        PersonError: the bot may not.
    """
    try:
        thread_id = await open_thread(bot, channel_id, paper.title)
        await bot.get_partial_messageable(thread_id).send(view=card(text(paper_text(paper))))
    except (discord.Forbidden, discord.NotFound):
        raise PersonError(
            f"I may not open threads in <#{channel_id}>. Who manages this server can let me: *Create Public Threads* "
            "and *Send Messages in Threads*."
        ) from None
    return thread_id
