"""Delivery: takes rows from the outbox and sends them, each once.

A row is claimed for a minute with SKIP LOCKED, so any number of processes deliver side by side. The message
carries a nonce made of the row's id: if this process dies between sending and writing that down, the next try
within Discord's memory of nonces gives the same message instead of a second one.
"""

import asyncio
import contextlib
import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

import aiohttp
import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import Waypoint
from bot.nudge_cards import NudgeMessage
from bot.outgoing import Outgoing
from bot.phase_roles import Given, MayNot, NobodyThere, NotNow, PhaseRoles
from bot.run_cards import now
from db import digest_sweep, nudges, outbox, runs
from db.engine import DATABASE_AWAY, listen
from db.nudges import NUDGE
from db.outbox import NOTE, OPERATOR, OUTBOX_FILLED
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


class Delivery:
    """Sends what is due, woken by NOTIFY."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self._wake = asyncio.Event()
        self._roles = PhaseRoles(bot)
        self._outgoing = Outgoing(bot)

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
        # Asked before the transaction: a connection is not held while Discord answers.
        organiser = await self._to_organiser(row) if isinstance(result, ChannelGone) else None
        async with self._bot.database.transaction() as session:
            moment = now()
            match result:
                case Sent(message_id):
                    await outbox.mark_sent(session, row.id, message_id, moment)
                    if row.kind == "run_result":
                        # The live card now gets its link to the result.
                        await runs.settle_card(session, int(row.payload["run_id"]))
                    if row.kind == NUDGE and row.user_id is not None:
                        await nudges.note_dm(session, row.user_id, None)
                case TryLater(why):
                    await self._later(session, row, why, moment)
                case ChannelGone(why) if row.channel_id is not None and (row.user_id is not None or row.kind == NUDGE):
                    log.warning("outbox %s: channel %s is gone (%s); to a DM", row.id, row.channel_id, why)
                    await self._to_a_dm(session, row, row.channel_id, moment)
                case Never(why, closed=True) if row.kind == NUDGE:
                    await self._nudge_closed(session, row, why, moment)
                case ChannelGone(why) | Never(why):
                    log.warning("outbox %s (%s): given up: %s", row.id, row.key, why)
                    await outbox.mark_failed(session, row.id, moment, why)
                    await self._given_up(session, row)
            await outbox.post_many(session, [organiser] if organiser is not None else [])

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
            message = await self._outgoing.message(row)
            channel = await self._outgoing.channel(row)
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

    async def _nudge_closed(self, session: AsyncSession, row: OutboxRow, why: str, moment: datetime) -> None:
        """Noted, and not tried again; in the channel that the member chose for this, if they did."""
        nudge = NudgeMessage.load(row.payload)
        await nudges.note_dm(session, nudge.user_id, moment)
        if nudge.fallback is None:
            await outbox.mark_failed(session, row.id, moment, why)
            await nudges.note_unsent(session, nudge.user_id)
            return
        payload = asdict(replace(nudge, mention=True))
        await outbox.redirect(session, row.id, channel_id=nudge.fallback, user_id=None, payload=payload)

    async def _to_a_dm(self, session: AsyncSession, row: OutboxRow, channel_id: int, moment: datetime) -> None:
        if row.kind != NUDGE:
            await outbox.redirect(session, row.id, channel_id=None, user_id=row.user_id)
            return
        # As when an organiser takes the permission back: whoever chose the channel gets DMs again.
        await nudges.forget_channel(session, channel_id)
        nudge = replace(NudgeMessage.load(row.payload), mention=False, fallback=None)
        if await nudges.dm_is_closed(session, nudge.user_id):
            await outbox.mark_failed(session, row.id, moment, "neither their DM nor the channel takes it")
            await nudges.note_unsent(session, nudge.user_id)
            return
        await outbox.redirect(session, row.id, channel_id=None, user_id=nudge.user_id, payload=asdict(nudge))

    async def _given_up(self, session: AsyncSession, row: OutboxRow) -> None:
        if row.kind == "run_result":
            await self._say_where_it_is(session, row)
        elif row.kind == NUDGE:
            await nudges.note_unsent(session, NudgeMessage.load(row.payload).user_id)
        elif row.kind == OPERATOR:
            log.error("for the operator: %s", row.payload["text"])

    async def _say_where_it_is(self, session: AsyncSession, row: OutboxRow) -> None:
        """A result that Discord does not take is not lost: a plain line says where to find it."""
        run_id = int(row.payload["run_id"])
        await outbox.post(
            session,
            key=f"{row.key}:elsewhere",
            kind=NOTE,
            payload={
                "text": f"Run {run_id} has ended, but its result could not be posted. "
                f"`/runs show run:{run_id}` shows it."
            },
            channel_id=row.channel_id,
            user_id=row.user_id,
        )

    async def _to_organiser(self, row: OutboxRow) -> outbox.Message | None:
        """What a server's owner is told, once, when a channel does not take our messages."""
        channel_id = row.channel_id
        if channel_id is None:
            return None
        async with self._bot.database.session() as session:
            match row.kind:
                case "run_result":
                    run = await runs.get_run(session, int(row.payload["run_id"]))
                    guild_id, rest = run.guild_id if run is not None else None, "so results go to their members by DM"
                case "nudge":
                    guild_id = await nudges.guild_of(session, channel_id)
                    rest = "so nudges go to their members by DM"
                case "digest":
                    shown = await digest_sweep.shown_digest(session, int(row.payload["digest_id"]))
                    guild_id, rest = shown.guild_id if shown is not None else None, "so the paper digest can't come"
                case _:
                    return None
        if guild_id is None:
            return None
        try:
            # Another process may be the one that hears this server.
            guild = self._bot.get_guild(guild_id) or await self._bot.fetch_guild(guild_id, with_counts=False)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("who owns server %s can't be told: %s", guild_id, error)
            return None
        if guild.owner_id is None:
            return None
        words = (
            f"I can't post in <#{channel_id}> of **{discord.utils.escape_markdown(guild.name)}** any more, {rest}. To "
            "change that, let me view the channel and send messages there, or choose another."
        )
        return outbox.Message(f"channel:{channel_id}:gone", NOTE, {"text": words}, user_id=guild.owner_id)


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
