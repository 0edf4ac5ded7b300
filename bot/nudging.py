"""The sweep of nudges: whoever's time has come gets one message, or none."""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.nudge_cards import NudgeMessage, compose, compose_last
from db.engine import Database
from db.nudge_sweep import Outgoing, Plan, claim_due, known_of, write
from lessons.curriculum import Curriculum
from lessons.nudges import LATEST, SayGoodbye, Send, StayQuiet, decide, is_slot, latest_at, next_slot

log = logging.getLogger(__name__)

BATCH = 500
"""Members at a time: what is in memory, and how long their rows are locked."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and did."""

    due: int
    sent: int


async def sweep(database: Database, curriculum: Curriculum, now: datetime) -> Swept:
    """Look at everybody whose time has come. Any number of processes may do it at once."""
    due = sent = 0
    while True:
        async with database.transaction() as session:
            plans = await claim_due(session, now, limit=BATCH)
            if not plans:
                break
            timely = [plan for plan in plans if _timely(plan, now)]
            outgoing: list[Outgoing] = []
            if timely:
                known = await known_of(session, curriculum, timely, now)
                for plan in timely:
                    today = now.astimezone(plan.zone).date()
                    match decide(known.history(plan), today, known.matters.get(plan.user_id, [])):
                        case Send(matters):
                            nudge = compose(plan.user_id, today, matters, before=known.before.get(plan.user_id))
                            outgoing.append(_outgoing(plan, nudge, now))
                        case SayGoodbye():
                            outgoing.append(_outgoing(plan, compose_last(plan.user_id), now))
                        case StayQuiet():
                            pass
            slots = {plan.user_id: _next(plan, now) for plan in plans}
            sent += await write(session, outgoing, slots, now)
            due += len(plans)
    if due:
        log.info("nudges: %d were due, %d go out", due, sent)
    return Swept(due, sent)


def _timely(plan: Plan, now: datetime) -> bool:
    """Not after eight hours of sleep, not in quiet hours, not while paused, and not where nobody would get it."""
    if plan.dm_closed and plan.channel_id is None:
        return False
    paused = plan.paused_until is not None and plan.paused_until > now
    late = now - plan.next_at > LATEST or plan.hours.quiet_at(now.astimezone(plan.zone).hour)
    return not paused and not late and is_slot(plan.hours, plan.zone, plan.user_id, plan.next_at)


def _next(plan: Plan, now: datetime) -> datetime | None:
    if plan.dm_closed and plan.channel_id is None:
        return None
    after = max(now, plan.paused_until) if plan.paused_until is not None else now
    return next_slot(plan.hours, plan.zone, plan.user_id, after)


def _channel(plan: Plan) -> int | None:
    return plan.channel_id if plan.dm_closed or not plan.by_dm else None


def _outgoing(plan: Plan, nudge: NudgeMessage, now: datetime) -> Outgoing:
    channel = _channel(plan)
    kept = replace(
        nudge,
        mention=channel is not None,
        fallback=plan.channel_id if channel is None else None,
        expires_at=latest_at(plan.hours, plan.zone, now).isoformat(),
    )
    return Outgoing(plan.user_id, now.astimezone(plan.zone).date(), channel, asdict(kept), nudge.last)
