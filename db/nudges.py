"""Nudges: who asked for them, and what they asked for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, delete, false, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.nudge_tables import NudgeChannel, NudgePlan, NudgeRow
from db.tables import Member
from lessons.nudges import Hours, bits, next_slot, weekdays
from lessons.zones import zone_or_utc

NUDGE = "nudge"
"""Kind of the outbox rows."""
_HEARD_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A member's nudges as a card shows them."""

    zone: ZoneInfo
    hours: Hours
    by_dm: bool
    channel_id: int | None
    on: bool
    fewer: bool
    paused_until: datetime | None
    dm_closed: bool
    """Discord refused the last DM."""


async def wanted(session: AsyncSession, user_id: int) -> Wanted | None:
    """What the member asked for; `None` if they never did."""
    found = (
        await session.execute(
            select(NudgePlan, Member.time_zone)
            .join(Member, Member.user_id == NudgePlan.user_id)
            .where(NudgePlan.user_id == user_id)
        )
    ).one_or_none()
    if found is None:
        return None
    plan, zone = found
    return Wanted(
        zone_or_utc(zone),
        hours_of(plan),
        plan.by_dm,
        plan.channel_id,
        plan.stopped_at is None,
        plan.fewer,
        plan.paused_until,
        plan.dm_closed_at is not None,
    )


async def turn_on(session: AsyncSession, user_id: int, zone: ZoneInfo, now: datetime, *, held_out: bool) -> None:
    """The member pressed the button. Whoever asks again keeps their settings, and their group."""
    await session.execute(
        insert(NudgePlan)
        .values(user_id=user_id, asked_at=now, active_at=now, held_out=held_out)
        .on_conflict_do_nothing(index_elements=[NudgePlan.user_id])
    )
    plan = await _locked(session, user_id)
    plan.stopped_at, plan.paused_until, plan.resting_since, plan.dm_closed_at = None, None, None, None
    plan.fewer, plan.unheard, plan.active_at = False, 0, now
    _set_next(plan, zone, now)


async def turn_off(session: AsyncSession, user_id: int, now: datetime) -> None:
    """No more; nothing happens for who has none."""
    await session.execute(
        update(NudgePlan)
        .where(NudgePlan.user_id == user_id, NudgePlan.stopped_at.is_(None))
        .values(stopped_at=now, next_at=None)
    )


async def change(
    session: AsyncSession,
    user_id: int,
    zone: ZoneInfo,
    now: datetime,
    *,
    hours: Hours,
    by_dm: bool,
    channel_id: int | None,
) -> None:
    """Write when and where, and the zone, which is the member's everywhere."""
    await session.execute(update(Member).where(Member.user_id == user_id).values(time_zone=zone.key))
    plan = await _locked(session, user_id)
    plan.hour, plan.days = hours.hour, bits(hours.days)
    plan.quiet_from, plan.quiet_to = hours.quiet_from, hours.quiet_to
    plan.by_dm, plan.channel_id, plan.dm_closed_at = by_dm, channel_id, None
    _set_next(plan, zone, now)


async def pause(session: AsyncSession, user_id: int, zone: ZoneInfo, now: datetime, until: datetime | None) -> bool:
    """Nothing before `until`, or go on again; `False` if they have none."""
    plan = await session.get(NudgePlan, user_id, with_for_update=True)
    if plan is None or plan.stopped_at is not None:
        return False
    plan.paused_until = until
    _set_next(plan, zone, now)
    return True


async def ask_for_fewer(session: AsyncSession, user_id: int, *, fewer: bool = True) -> bool:
    """One a week from now on, or as often as the others again; `False` if they have none."""
    statement = update(NudgePlan).where(NudgePlan.user_id == user_id, NudgePlan.stopped_at.is_(None))
    return await session.scalar(statement.values(fewer=fewer).returning(NudgePlan.user_id)) is not None


async def note_heard(session: AsyncSession, user_id: int, now: datetime) -> None:
    """The member did something: silence is over, a rest ends, and a closed DM may be tried again."""
    waits = NudgePlan.next_at.is_(None) & NudgePlan.stopped_at.is_(None) & NudgePlan.held_out.is_(False)
    await session.execute(
        update(NudgePlan)
        .where(
            NudgePlan.user_id == user_id,
            or_(
                waits,
                NudgePlan.unheard > 0,
                NudgePlan.dm_closed_at >= NudgePlan.active_at,
                NudgePlan.active_at.is_(None),
                NudgePlan.active_at < now - _HEARD_EVERY,
            ),
        )
        # A time that is none of theirs makes the next sweep find the right one.
        .values(unheard=0, resting_since=None, active_at=now, next_at=case((waits, now), else_=NudgePlan.next_at))
    )


async def note_dm(session: AsyncSession, user_id: int, closed_at: datetime | None) -> None:
    """Whether Discord let the last DM through. After a closed one none is tried before the member's next command."""
    # With nowhere to go there is nothing to look at either, until they come back.
    nowhere = NudgePlan.channel_id.is_(None) if closed_at is not None else false()
    await session.execute(
        update(NudgePlan)
        .where(NudgePlan.user_id == user_id)
        .values(dm_closed_at=closed_at, next_at=case((nowhere, None), else_=NudgePlan.next_at))
    )


async def dm_is_closed(session: AsyncSession, user_id: int) -> bool:
    """Whether Discord refused the member's last DM, and they did nothing since."""
    plan = await session.get(NudgePlan, user_id)
    return plan is not None and refused(plan)


def refused(plan: NudgePlan) -> bool:
    """The same of a row that is there."""
    return plan.dm_closed_at is not None and (plan.active_at is None or plan.active_at <= plan.dm_closed_at)


async def note_unsent(session: AsyncSession, user_id: int) -> None:
    """A nudge was written and never got through: what nobody saw is not unheard."""
    await session.execute(
        update(NudgePlan)
        .where(NudgePlan.user_id == user_id, NudgePlan.unheard > 0)
        .values(unheard=NudgePlan.unheard - 1)
    )


async def drop_nudges(session: AsyncSession, before: date) -> None:
    """Forget what was sent before that day: caps look at a week, and what was said is in the DM."""
    await session.execute(delete(NudgeRow).where(NudgeRow.day < before))


async def allows_nudges(session: AsyncSession, channel_id: int) -> bool:
    """Whether an organiser lets members be mentioned there."""
    return await session.get(NudgeChannel, channel_id) is not None


async def guild_of(session: AsyncSession, channel_id: int) -> int | None:
    """The server of a channel in which mentions are allowed."""
    return await session.scalar(select(NudgeChannel.guild_id).where(NudgeChannel.channel_id == channel_id))


async def allow_nudges(session: AsyncSession, channel_id: int, guild_id: int, by: int, *, allowed: bool) -> None:
    """Let members be mentioned in a channel, or no more: those who chose it get DMs again."""
    if allowed:
        row = {"channel_id": channel_id, "guild_id": guild_id, "allowed_by": by}
        await session.execute(insert(NudgeChannel).values(row).on_conflict_do_nothing())
    else:
        await forget_channel(session, channel_id)


async def forget_channel(session: AsyncSession, channel_id: int) -> None:
    """Nobody is mentioned there any more, by an organiser's word or since it takes no message: DMs again."""
    await session.execute(delete(NudgeChannel).where(NudgeChannel.channel_id == channel_id))
    await session.execute(
        update(NudgePlan).where(NudgePlan.channel_id == channel_id).values(channel_id=None, by_dm=True)
    )


def hours_of(plan: NudgePlan) -> Hours:
    """When, as the rules know it."""
    return Hours(plan.hour, weekdays(plan.days), plan.quiet_from, plan.quiet_to)


def _set_next(plan: NudgePlan, zone: ZoneInfo, now: datetime) -> None:
    after = max(now, plan.paused_until) if plan.paused_until is not None else now
    closed = plan.stopped_at is not None or plan.held_out
    plan.next_at = None if closed else next_slot(hours_of(plan), zone, plan.user_id, after)


async def _locked(session: AsyncSession, user_id: int) -> NudgePlan:
    return await session.get_one(NudgePlan, user_id, with_for_update=True, populate_existing=True)
