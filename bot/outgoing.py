"""What a row of the outbox becomes: the message, and the channel that it goes to."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import discord

from bot.client import Waypoint
from bot.nudge_cards import NudgeMessage, nudge_card
from bot.paper_cards import digest_card, digest_day
from bot.result_cards import ResultMessage, result_message
from bot.run_cards import now
from bot.threads import open_thread
from bot.ui import card, text
from db import digest_sweep, papers, runs
from db.digest_sweep import DIGEST
from db.nudges import NUDGE
from db.outbox import NOTE, OPERATOR
from db.tables import OutboxRow

log = logging.getLogger(__name__)

Builder: TypeAlias = Callable[[OutboxRow], Awaitable[ResultMessage]]


class Outgoing:
    """Makes messages from rows. A row is read again with every try, so what it says is as it is then."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self._builders: Mapping[str, Builder] = {
            "run_result": self._run_result,
            NOTE: self._note,
            OPERATOR: self._note,
            NUDGE: self._nudge,
            DIGEST: self._digest,
        }

    async def message(self, row: OutboxRow) -> ResultMessage:
        """What is sent."""
        return await self._builders[row.kind](row)

    async def channel(self, row: OutboxRow) -> discord.abc.Messageable:
        """Where to.

        Raises:
            discord.HTTPException: Discord did not say.
            ValueError: the row names nobody.
        """
        if row.channel_id is not None and row.kind == DIGEST:
            return self._bot.get_partial_messageable(await self._week_thread(row, row.channel_id))
        if row.channel_id is not None:
            return self._bot.get_partial_messageable(row.channel_id)
        user_id = await self._operator() if row.kind == OPERATOR else row.user_id
        if user_id is None:
            message = f"outbox row {row.id} has neither channel nor user"
            raise ValueError(message)
        return await self._bot.create_dm(discord.Object(user_id))

    async def _operator(self) -> int:
        """Whose application it is at Discord; of a team, its owner."""
        application = await self._bot.application_info()
        team = application.team
        return team.owner_id if team is not None and team.owner_id is not None else application.owner.id

    async def _run_result(self, row: OutboxRow) -> ResultMessage:
        async with self._bot.database.session() as session:
            run = await runs.get_run(session, int(row.payload["run_id"]))
            if run is None:
                message = f"run {row.payload['run_id']} is gone"
                raise ValueError(message)
            return await result_message(session, self._bot.curriculum, run, now())

    async def _note(self, row: OutboxRow) -> ResultMessage:
        return ResultMessage(card(text(str(row.payload["text"]))))

    async def _nudge(self, row: OutboxRow) -> ResultMessage:
        nudge = NudgeMessage.load(row.payload)
        return ResultMessage(nudge_card(nudge), mentions=(nudge.user_id,) if nudge.mention else ())

    async def _digest(self, row: OutboxRow) -> ResultMessage:
        async with self._bot.database.session() as session:
            shown = await digest_sweep.shown_digest(session, int(row.payload["digest_id"]))
            if shown is None:
                message = f"digest {row.payload['digest_id']} is gone"
                raise ValueError(message)
            votes = await papers.vote_counts(session, shown.guild_id, (each.paper.id for each in shown.picked))
        return ResultMessage(digest_card(self._bot.curriculum, shown.id, shown.week, shown.picked, votes))

    async def _week_thread(self, row: OutboxRow, channel_id: int) -> int:
        """The thread of the digest's week, or the channel where there is to be none or the bot may make none."""
        digest_id = int(row.payload["digest_id"])
        async with self._bot.database.session() as session:
            shown = await digest_sweep.shown_digest(session, digest_id)
            wanted = await digest_sweep.wants_thread(session, digest_id)
            made = await digest_sweep.thread_of(session, digest_id)
        if made is not None:
            return made
        if not wanted or shown is None:
            return channel_id
        try:
            thread_id = await open_thread(self._bot, channel_id, digest_day(shown.week, now().date()))
        except discord.HTTPException as error:
            if error.status == 429 or error.status >= 500:
                raise  # not a no: the whole row is tried again later
            log.info("digest %s: no thread in channel %s (%s); into the channel itself", digest_id, channel_id, error)
            return channel_id
        async with self._bot.database.transaction() as session:
            await digest_sweep.note_thread(session, digest_id, thread_id)
        return thread_id
