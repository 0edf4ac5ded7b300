"""Delivery: takes rows from the outbox and sends them, each once.

A row is claimed for a minute with SKIP LOCKED, so any number of processes deliver side by side. The message
carries a nonce made of the row's id: if this process dies between sending and writing that down, the next try
within Discord's memory of nonces gives the same message instead of a second one.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import aiohttp
import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Waypoint
from bot.nudge_cards import nudge_card
from bot.paper_cards import digest_card, digest_day
from bot.phase_roles import Given, MayNot, NobodyThere, NotNow, PhaseRoles
from bot.result_cards import ResultMessage, result_message
from bot.run_cards import now
from bot.ui import card, text
from db import digest_sweep, nudges, outbox, papers, runs
from db.digest_sweep import DIGEST
from db.engine import DATABASE_AWAY, listen
from db.nudges import NUDGE
from db.outbox import OUTBOX_FILLED
from db.phase_roles import PHASE_ROLE
from db.tables import OutboxRow

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BACKOFF = (2, 5, 15, 60, 300, 900, 3600)
"""Seconds before the next try after the first, second, … failure; then hourly for a day."""
GIVE_UP_AFTER = 30

DM_CLOSED = {50007, 50278}
"""Cannot send messages to this user; no mutual server with them."""
DMS_TOO_FAST = 40003
_NO_CHANNEL = {10003, 50001, 50013, 50083}
"""Unknown channel, missing access, missing permissions, archived thread."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Discord took it."""

    message_id: int | None
    """None for what is no message: a role."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """It may work in a while."""

    why: str


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """The channel does not take it and never will."""

    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """Nobody will ever take it."""

    why: str
    closed: bool = False
    """It was a DM, and Discord lets none through to them."""


Delivered: TypeAlias = Sent | TryLater | ChannelGone | Never
Builder: TypeAlias = Callable[[OutboxRow], Awaitable[ResultMessage]]


class Delivery:
    """Sends what is due, woken by NOTIFY."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self._wake = asyncio.Event()
        self._roles = PhaseRoles(bot)
        self._builders: Mapping[str, Builder] = {
            "run_result": self._run_result,
            "note": self._note,
            NUDGE: self._nudge,
            DIGEST: self._digest,
        }

    async def run(self) -> None:
        """Until cancelled."""
        worker = asyncio.create_task(self._work(), name="delivery")
        try:
            async for _ in listen(self._bot.database.url, OUTBOX_FILLED):
                self._wake.set()
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker

    def wake(self) -> None:
        """Look at the outbox now: rows become due without a word."""
        self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while await self.deliver_due():
                    pass
            except DATABASE_AWAY as error:
                log.warning("delivery: database away (%s)", error)
            except Exception:
                # Rows are judged one by one; whatever else this is, the next sweep must find a delivery at work.
                log.exception("delivery failed; the next sweep tries again")

    async def deliver_due(self) -> int:
        """Send everything that is due now; returns how many rows were taken."""
        async with self._bot.database.transaction() as session:
            rows = await outbox.claim_due(session, now(), lease=LEASE)
        await asyncio.gather(*(self._deliver(row) for row in rows))
        return len(rows)

    async def _deliver(self, row: OutboxRow) -> None:
        result = Never("its time is over") if _is_over(row, now()) else await self._send(row)
        async with self._bot.database.transaction() as session:
            moment = now()
            match result:
                case Sent(message_id):
                    await outbox.mark_sent(session, row.id, message_id, moment)
                    if row.kind == "run_result":
                        # The live card now gets its link to the result.
                        await runs.settle_card(session, int(row.payload["run_id"]))
                case TryLater(why):
                    await self._later(session, row, why, moment)
                case ChannelGone(why) if row.user_id is not None and row.channel_id is not None:
                    log.warning("outbox %s: channel %s is gone (%s); to a DM", row.id, row.channel_id, why)
                    await outbox.redirect(session, row.id, channel_id=None, user_id=row.user_id)
                    await self._tell_organiser(session, row, row.channel_id)
                case Never(why, closed=True) if row.kind == NUDGE:
                    await self._nudge_closed(session, row, why, moment)
                case ChannelGone(why) | Never(why):
                    log.warning("outbox %s (%s): given up: %s", row.id, row.key, why)
                    await outbox.mark_failed(session, row.id, moment, why)
                    await self._say_where_it_is(session, row)

    async def _later(self, session: AsyncSession, row: OutboxRow, why: str, moment: datetime) -> None:
        log.warning("outbox %s (%s): try %s failed: %s", row.id, row.key, row.attempts, why)
        if row.attempts >= GIVE_UP_AFTER:
            await outbox.mark_failed(session, row.id, moment, why)
            return
        wait = BACKOFF[min(row.attempts, len(BACKOFF)) - 1]
        await outbox.mark_retry(session, row.id, moment + timedelta(seconds=wait), why)

    async def _send(self, row: OutboxRow) -> Delivered:
        try:
            if row.kind == PHASE_ROLE:
                return await self._phase_role(row)
            message = await self._builders[row.kind](row)
            channel = await self._channel(row)
            sent = await channel.send(
                view=message.shown,
                files=list(message.files),
                nonce=_nonce(row),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(each) for each in message.mentions]
                ),
            )
        except discord.HTTPException as error:
            return _judge(error)
        except DATABASE_AWAY as error:
            return TryLater(str(error))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return TryLater(repr(error))
        except Exception as error:
            log.exception("outbox %s (%s): a bug", row.id, row.key)
            return TryLater(repr(error))
        return Sent(sent.id)

    async def _phase_role(self, row: OutboxRow) -> Delivered:
        if row.user_id is None:
            return Never("nobody is named")
        match await self._roles.give(int(row.payload["guild_id"]), row.user_id, str(row.payload["phase_id"])):
            case Given():
                return Sent(None)
            case NotNow(why) | MayNot(why=why):
                return TryLater(why)
            case NobodyThere(why):
                return Never(why)

    async def _channel(self, row: OutboxRow) -> discord.abc.Messageable:
        if row.channel_id is not None and row.kind == DIGEST:
            return self._bot.get_partial_messageable(await self._week_thread(row, row.channel_id))
        if row.channel_id is not None:
            return self._bot.get_partial_messageable(row.channel_id)
        if row.user_id is None:
            message = f"outbox row {row.id} has neither channel nor user"
            raise ValueError(message)
        return await self._bot.create_dm(discord.Object(row.user_id))

    async def _run_result(self, row: OutboxRow) -> ResultMessage:
        async with self._bot.database.session() as session:
            run = await runs.get_run(session, int(row.payload["run_id"]))
            if run is None:
                message = f"run {row.payload['run_id']} is gone"
                raise ValueError(message)
            return await result_message(session, self._bot.curriculum, run, now())

    async def _note(self, row: OutboxRow) -> ResultMessage:
        return ResultMessage(card(text(str(row.payload["text"]))))

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
            thread = await self._bot.http.start_thread_without_message(
                channel_id,
                name=digest_day(shown.week, now().date()),
                auto_archive_duration=10080,
                type=discord.ChannelType.public_thread.value,
            )
        except discord.HTTPException as error:
            log.info("digest %s: no thread in channel %s (%s); into the channel itself", digest_id, channel_id, error)
            return channel_id
        thread_id = int(thread["id"])
        async with self._bot.database.transaction() as session:
            await digest_sweep.note_thread(session, digest_id, thread_id)
        return thread_id

    async def _nudge(self, row: OutboxRow) -> ResultMessage:
        mentions = (int(row.payload["user_id"]),) if row.payload["mention"] else ()
        return ResultMessage(nudge_card(row.payload), mentions=mentions)

    async def _nudge_closed(self, session: AsyncSession, row: OutboxRow, why: str, moment: datetime) -> None:
        """Noted, and not tried again; in the channel that the member chose for this, if they did."""
        user_id, fallback = int(row.payload["user_id"]), row.payload["fallback"]
        await nudges.note_dm_closed(session, user_id, moment)
        if fallback is None:
            await outbox.mark_failed(session, row.id, moment, why)
            return
        await outbox.redirect(
            session, row.id, channel_id=int(fallback), user_id=None, payload=row.payload | {"mention": True}
        )

    async def _say_where_it_is(self, session: AsyncSession, row: OutboxRow) -> None:
        """A result that Discord does not take is not lost: a plain line says where to find it."""
        if row.kind != "run_result":
            return
        run_id = int(row.payload["run_id"])
        await outbox.post(
            session,
            key=f"{row.key}:elsewhere",
            kind="note",
            payload={
                "text": f"Run {run_id} has ended, but its result could not be posted. "
                f"`/runs show run:{run_id}` shows it."
            },
            channel_id=row.channel_id,
            user_id=row.user_id,
        )

    async def _tell_organiser(self, session: AsyncSession, row: OutboxRow, channel_id: int) -> None:
        """Tell the server's owner once that a channel does not take our messages."""
        if row.kind != "run_result":
            return
        run = await runs.get_run(session, int(row.payload["run_id"]))
        guild = self._bot.get_guild(run.guild_id) if run is not None and run.guild_id else None
        if guild is None or guild.owner_id is None:
            return
        await outbox.post(
            session,
            key=f"channel:{channel_id}:gone",
            kind="note",
            payload={
                "text": f"I can't post in <#{channel_id}> of **{discord.utils.escape_markdown(guild.name)}** "
                "any more, so results go to their members by DM. To change that, let me view the channel and "
                "send messages there."
            },
            user_id=guild.owner_id,
        )


def _nonce(row: OutboxRow) -> str:
    """At most 25 characters, the same for every try of one row, another for a row of another database."""
    return f"{row.id}-{int(row.created_at.timestamp() * 1000)}"[:25]


def _is_over(row: OutboxRow, moment: datetime) -> bool:
    """Whether it is too late to say it: a nudge is for an hour that the member chose."""
    return row.kind == NUDGE and moment > datetime.fromisoformat(row.payload["expires_at"])


def _judge(error: discord.HTTPException) -> Delivered:
    if error.code in DM_CLOSED:
        return Never("their DMs are closed", closed=True)
    if error.code in _NO_CHANNEL:
        return ChannelGone(str(error))
    if error.status == 429 or error.status >= 500 or error.code == DMS_TOO_FAST:
        return TryLater(str(error))
    return Never(str(error)) if 400 <= error.status < 500 else TryLater(str(error))
