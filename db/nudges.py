"""Nudges: who asked for them, and what they asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.nudge_tables import NudgeChannel, NudgePlan
from db.tables import Member
from lessons.nudges import Hours, bits, next_slot, weekdays

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
    resting: bool
    dm_closed: bool
    next_at: datetime | None


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
        ZoneInfo(zone),
        hours_of(plan),
        plan.by_dm,
        plan.channel_id,
        plan.stopped_at is None,
        plan.fewer,
        plan.paused_until,
        plan.resting_since is not None,
        plan.dm_closed_at is not None,
        plan.next_at,
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


async def ask_for_fewer(session: AsyncSession, user_id: int) -> bool:
    """One a week from now on; `False` if they have none."""
    statement = update(NudgePlan).where(NudgePlan.user_id == user_id, NudgePlan.stopped_at.is_(None))
    return await session.scalar(statement.values(fewer=True).returning(NudgePlan.user_id)) is not None


async def note_heard(session: AsyncSession, user_id: int, now: datetime) -> None:
    """The member did something: silence is over, a rest ends, and a closed DM may be tried again."""
    rest_ends = NudgePlan.resting_since.is_not(None) | NudgePlan.dm_closed_at.is_not(None)
    mine = update(NudgePlan).where(NudgePlan.user_id == user_id)
    # A time that is none of theirs makes the next sweep find the right one.
    await session.execute(
        mine.where(rest_ends, NudgePlan.stopped_at.is_(None), NudgePlan.held_out.is_(False)).values(next_at=now)
    )
    await session.execute(
        mine.where(
            or_(
                NudgePlan.unheard > 0,
                rest_ends,
                NudgePlan.active_at.is_(None),
                NudgePlan.active_at < now - _HEARD_EVERY,
            )
        ).values(unheard=0, resting_since=None, dm_closed_at=None, active_at=now)
    )


async def note_dm_closed(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Discord refused a DM: none is tried before the member's next command."""
    await session.execute(update(NudgePlan).where(NudgePlan.user_id == user_id).values(dm_closed_at=now))
    await session.execute(
        update(NudgePlan).where(NudgePlan.user_id == user_id, NudgePlan.channel_id.is_(None)).values(next_at=None)
    )


async def allows_nudges(session: AsyncSession, channel_id: int) -> bool:
    """Whether an organiser lets members be mentioned there."""
    return await session.get(NudgeChannel, channel_id) is not None


async def allow_nudges(session: AsyncSession, channel_id: int, guild_id: int, by: int, *, allowed: bool) -> None:
    """Let members be mentioned in a channel, or no more: those who chose it get DMs again."""
    if allowed:
        row = {"channel_id": channel_id, "guild_id": guild_id, "allowed_by": by}
        await session.execute(insert(NudgeChannel).values(row).on_conflict_do_nothing())
        return
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
