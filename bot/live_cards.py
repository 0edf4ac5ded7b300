"""Keeps the cards of runs up to date: at most one edit in 3 s a card, whatever happens to the run meanwhile."""

import asyncio
import io
import logging
from datetime import timedelta

import aiohttp
import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Waypoint
from bot.run_cards import digest, now, run_card, view_run
from db import runs
from db.engine import DATABASE_AWAY, listen
from db.runs import RUN_CHANGED

log = logging.getLogger(__name__)

EDIT_EVERY = timedelta(seconds=3)
_GONE = {10003, 10008, 50001, 50083}
"""Unknown channel, unknown message, missing access, archived thread: the card can't be edited any more."""


class LiveCards:
    """Listens for changed runs and edits their cards by channel and message id (interaction tokens die)."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._pictures: dict[int, str] = {}
        """The picture that each card carries, as far as this process sent it."""

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async for notification in listen(self._bot.database.url, RUN_CHANGED):
                if notification is None:
                    await self.sweep()
                else:
                    self.touch(int(notification[1]))
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def sweep(self) -> None:
        """Look at every run whose card is not final: places in the queue change without a word."""
        try:
            async with self._bot.database.session() as session:
                ids = await runs.unsettled_cards(session)
        except DATABASE_AWAY as error:
            log.warning("sweep of cards: database away (%s)", error)
            return
        for run_id in ids:
            self.touch(run_id)

    def touch(self, run_id: int) -> None:
        """Something may have changed: bring the card up to date, now or as soon as it may be edited again."""
        if run_id in self._tasks:
            self._again.add(run_id)
            return
        task = asyncio.create_task(self._refresh(run_id), name=f"card of run {run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._done(run_id))

    def _done(self, run_id: int) -> None:
        task = self._tasks.pop(run_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("card of run %s", run_id, exc_info=error)

    async def _refresh(self, run_id: int) -> None:
        while True:
            self._again.discard(run_id)
            try:
                wait = await self._edit_if_due(run_id)
            except DATABASE_AWAY as error:
                log.warning("card of run %s: database away (%s)", run_id, error)
                return
            if wait is None and run_id not in self._again:
                return
            await asyncio.sleep(wait or EDIT_EVERY.total_seconds())

    async def _edit_if_due(self, run_id: int) -> float | None:
        """Edit the card; seconds to wait if it must not be edited yet, `None` if it is as it should be."""
        moment = now()
        async with self._bot.database.transaction() as session:
            run = await runs.get_run(session, run_id)
            if run is None or run.message_id is None:
                return None
            view = await view_run(session, run, moment, live=True)
            shown = run_card(view)
            mark = digest(run, shown)
            if run.card_digest == mark:
                return None
            if run.card_edited_at is not None and moment - run.card_edited_at < EDIT_EVERY:
                return (run.card_edited_at + EDIT_EVERY - moment).total_seconds() + 0.01
            if not await runs.claim_card_edit(session, run_id, mark, moment, EDIT_EVERY):
                return None
            channel_id, message_id, guild_id = run.channel_id, run.message_id, run.guild_id
            picture = view.sample.picture if view.sample is not None else None
            files = await self._new_files(session, run_id, picture)
        try:
            channel = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
            message = channel.get_partial_message(message_id)
            await (message.edit(view=shown) if files is None else message.edit(view=shown, attachments=files))
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            await self._edit_failed(run_id, error)
            return None
        if picture is not None:
            self._pictures[run_id] = picture
        async with self._bot.database.transaction() as session:
            await runs.note_card_edit(session, run_id, mark)
        return None

    async def _new_files(self, session: AsyncSession, run_id: int, picture: str | None) -> list[discord.File] | None:
        """What to send along; `None` leaves what the card has: a picture sent anew with each step would flicker."""
        if picture is None:
            return [] if self._pictures.pop(run_id, None) else None
        if self._pictures.get(run_id) == picture:
            return None
        data = await runs.artifact(session, run_id, picture)
        return [discord.File(io.BytesIO(data or b""), picture)]

    async def _edit_failed(self, run_id: int, error: Exception) -> None:
        """Forget a card that is gone; any other is edited by the next sweep, since nothing says that it was."""
        gone = isinstance(error, discord.HTTPException) and error.code in _GONE
        self._pictures.pop(run_id, None)  # whatever the card has now, the next edit brings its own
        log.info("card of run %s: edit refused (%s)%s", run_id, error, ", forgotten" if gone else "")
        if gone:
            async with self._bot.database.transaction() as session:
                await runs.forget_card(session, run_id)
