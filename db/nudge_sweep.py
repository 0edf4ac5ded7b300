"""What the sweep of nudges needs, for many members at once: the number of queries follows batches, not members."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import Commitment, QuizQuestionRow, QuizRow, SkillState
from db.members import STAMPS
from db.nudge_tables import NudgePlan, NudgeRow
from db.nudges import NUDGE, hours_of, refused
from db.outbox import Message, post_many
from db.quizzes import QuizKind
from db.tables import Member, Run, RunState, TopicProgress
from lessons.curriculum import Curriculum
from lessons.nudges import (
    OWN_AHEAD,
    OWN_BEHIND,
    TOPIC_AHEAD,
    TOPIC_BEHIND,
    History,
    Hours,
    Matter,
    OpenQuiz,
    OwnDate,
    Reviews,
    RunDone,
    TopicDay,
)
from lessons.progress import Enrolment, TopicRecord, standing
from lessons.reviews import DAILY_CAP, day_start, due_until
from lessons.timeline import Pace
from lessons.zones import zone_or_utc

QUIZ_RESTS = timedelta(hours=12)
"""A round that was begun so long ago has been left."""
RECENT = timedelta(days=4)
"""A round or a run that is older is not brought up again: it was in about two nudges."""
STILL_HERE = timedelta(minutes=15)
"""Whoever did something so shortly before a run ended saw its result come."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A member whose time has come, as their row was when it was locked."""

    user_id: int
    pace: Pace
    zone: ZoneInfo
    started_on: date
    hours: Hours
    by_dm: bool
    channel_id: int | None
    dm_closed: bool
    """Discord refused the last DM, and they did nothing since."""
    fewer: bool
    unheard: int
    heard_at: datetime
    paused_until: datetime | None
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A nudge to be written."""

    user_id: int
    day: date
    channel_id: int | None
    """None for a DM."""
    payload: dict[str, Any]
    last: bool


@dataclass(frozen=True, slots=True)
class Known:
    """All that is due for the members of a batch, and what they got in the last days."""

    matters: dict[int, list[Matter]] = field(default_factory=lambda: defaultdict[int, list[Matter]](list))
    days: dict[int, list[date]] = field(default_factory=lambda: defaultdict[int, list[date]](list))
    before: dict[int, str] = field(default_factory=dict[int, str])
    """How the last of them began."""

    def history(self, plan: Plan) -> History:
        """The member's, as the rules know it."""
        return History(tuple(self.days.get(plan.user_id, ())), plan.unheard, plan.fewer)


async def claim_due(session: AsyncSession, now: datetime, *, limit: int) -> list[Plan]:
    """Rows whose time has come, locked until the transaction ends; another process gets others."""
    rows = await session.execute(
        select(NudgePlan, Member)
        .join(Member, Member.user_id == NudgePlan.user_id)
        .where(NudgePlan.stopped_at.is_(None), NudgePlan.next_at <= now)
        .order_by(NudgePlan.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=NudgePlan)
        .execution_options(populate_existing=True)
    )
    return [_plan(plan, member) for plan, member in rows]


def _plan(plan: NudgePlan, member: Member) -> Plan:
    return Plan(
        plan.user_id,
        Pace(member.pace),
        zone_or_utc(member.time_zone),
        member.started_on,
        hours_of(plan),
        plan.by_dm,
        plan.channel_id,
        refused(plan),
        plan.fewer,
        plan.unheard,
        plan.active_at or plan.asked_at,
        plan.paused_until,
        plan.next_at or plan.asked_at,
    )


async def known_of(session: AsyncSession, curriculum: Curriculum, plans: Sequence[Plan], now: datetime) -> Known:
    """What is due for these members. Eight queries, however many they are."""
    known = Known()
    by_id = {plan.user_id: plan for plan in plans}
    ids = sorted(by_id)
    days = await session.execute(
        select(NudgeRow.user_id, NudgeRow.day, NudgeRow.about["lines"][0].astext)
        .where(NudgeRow.user_id.in_(ids), NudgeRow.day > now.date() - timedelta(days=9))
        .order_by(NudgeRow.day)
    )
    for user_id, day, began in days:
        known.days[user_id].append(day)
        known.before[user_id] = began
    await _topics(session, curriculum, by_id, now, known)
    await _own_dates(session, curriculum, by_id, now, known)
    await _reviews(session, curriculum, by_id, now, known)
    await _quizzes(session, curriculum, by_id, now, known)
    await _runs(session, by_id, now, known)
    return known


async def _topics(
    session: AsyncSession, curriculum: Curriculum, plans: dict[int, Plan], now: datetime, known: Known
) -> None:
    records: dict[int, list[TopicRecord]] = defaultdict(list)
    for row in await session.scalars(select(TopicProgress).where(TopicProgress.user_id.in_(plans))):
        records[row.user_id].append(TopicRecord(row.topic_id, **{stamp: getattr(row, stamp) for stamp in STAMPS}))
    for user_id, plan in plans.items():
        enrolment = Enrolment(plan.pace, plan.zone, plan.started_on, tuple(records.get(user_id, ())))
        place = standing(curriculum, enrolment, now)
        if place.current is None or place.current.span.ongoing:
            continue
        left = (place.current.span.due - place.today).days
        if -TOPIC_BEHIND <= left <= TOPIC_AHEAD:
            known.matters[user_id].append(TopicDay(place.current.topic.title, place.current.span.due, left))


async def _own_dates(
    session: AsyncSession, curriculum: Curriculum, plans: dict[int, Plan], now: datetime, known: Known
) -> None:
    rows = await session.execute(
        select(Commitment.user_id, Commitment.topic_id, Commitment.due_on).where(
            Commitment.user_id.in_(plans), Commitment.met_at.is_(None), Commitment.withdrawn_at.is_(None)
        )
    )
    for user_id, topic_id, due_on in rows:
        left = (due_on - now.astimezone(plans[user_id].zone).date()).days
        topic = curriculum.find(topic_id)
        told = left < 0 and any(day > due_on for day in known.days[user_id])  # once: the first nudge after it
        if topic is not None and -OWN_BEHIND <= left <= OWN_AHEAD and not told:
            known.matters[user_id].append(OwnDate(topic.title, due_on, left))


async def _reviews(
    session: AsyncSession, curriculum: Curriculum, plans: dict[int, Plan], now: datetime, known: Known
) -> None:
    due: dict[int, int] = defaultdict(int)
    rows = await session.execute(
        select(SkillState.user_id, SkillState.skill_id, SkillState.due_at).where(
            SkillState.user_id.in_(plans), SkillState.due_at < now + timedelta(days=1)
        )
    )
    for user_id, skill_id, due_at in rows:
        if due_at < due_until(now, plans[user_id].zone) and curriculum.skill(skill_id) is not None:
            due[user_id] += 1
    if not due:
        return
    answered = await session.execute(
        select(QuizQuestionRow.user_id, QuizQuestionRow.answered_at)
        .join(QuizRow, QuizRow.id == QuizQuestionRow.quiz_id)
        .where(
            QuizQuestionRow.user_id.in_(due),
            QuizQuestionRow.answered_at >= now - timedelta(days=1, hours=1),
            QuizRow.kind == QuizKind.REVIEW,
        )
    )
    done: dict[int, int] = defaultdict(int)
    for user_id, at in answered:
        done[user_id] += at is not None and at >= day_start(now, plans[user_id].zone)
    for user_id, count in due.items():
        if (left := min(count, DAILY_CAP - done[user_id])) > 0:
            known.matters[user_id].append(Reviews(left))


async def _quizzes(
    session: AsyncSession, curriculum: Curriculum, plans: dict[int, Plan], now: datetime, known: Known
) -> None:
    rows = await session.execute(
        select(
            QuizRow.user_id,
            QuizRow.topic_id,
            func.count().filter(QuizQuestionRow.answered_at.is_(None)).label("left"),
        )
        .join(QuizQuestionRow, QuizQuestionRow.quiz_id == QuizRow.id)
        .where(
            QuizRow.user_id.in_(plans),
            QuizRow.kind == QuizKind.TOPIC,
            QuizRow.ended_at.is_(None),
            QuizRow.started_at.between(now - RECENT, now - QUIZ_RESTS),
        )
        .group_by(QuizRow.id)
        .having(func.count(QuizQuestionRow.answered_at) > 0)
    )
    for user_id, topic_id, left in rows:
        topic = curriculum.find(topic_id) if topic_id is not None else None
        if topic is not None and left > 0:
            known.matters[user_id].append(OpenQuiz(topic.short_title, topic.id, left))


async def _runs(session: AsyncSession, plans: dict[int, Plan], now: datetime, known: Known) -> None:
    rows = await session.execute(
        select(Run.user_id, Run.id, Run.project, Run.finished_at)
        .where(
            Run.user_id.in_(plans),
            Run.state == RunState.SUCCEEDED,
            Run.finished_at >= now - RECENT,
        )
        .order_by(Run.user_id, Run.id)
    )
    newest = {
        user_id: (run_id, project)
        for user_id, run_id, project, at in rows
        if at is not None and at > plans[user_id].heard_at + STILL_HERE
    }
    for user_id, (run_id, project) in newest.items():
        known.matters[user_id].append(RunDone(run_id, project))


async def write(
    session: AsyncSession, outgoing: Sequence[Outgoing], slots: dict[int, datetime | None], now: datetime
) -> int:
    """Write the nudges, their outbox rows and everybody's next time; returns how many were written.

    A member who has one on that day already, by whatever clock, gets none.
    """
    fresh: set[int] = set()
    if outgoing:
        rows = [{"user_id": each.user_id, "day": each.day, "sent_at": now, "about": each.payload} for each in outgoing]
        fresh = set(
            await session.scalars(insert(NudgeRow).values(rows).on_conflict_do_nothing().returning(NudgeRow.user_id))
        )
    sent = [each for each in outgoing if each.user_id in fresh]
    if sent:
        messages = [
            Message(
                f"nudge:{each.user_id}:{each.day}",
                NUDGE,
                each.payload,
                channel_id=each.channel_id,
                user_id=None if each.channel_id is not None else each.user_id,
            )
            for each in sent
        ]
        await post_many(session, messages)
    resting = {each.user_id for each in sent if each.last}
    plans = NudgePlan.__table__
    connection = await session.connection()
    await connection.execute(
        update(plans)  # pyright: ignore[reportArgumentType] - typed as FromClause
        .where(plans.c.user_id == bindparam("member"))
        .values(
            next_at=bindparam("slot"),
            unheard=plans.c.unheard + bindparam("more"),
            resting_since=bindparam("rests"),
        ),
        [
            {
                "member": user_id,
                "slot": None if user_id in resting else slot,
                "more": int(user_id in fresh),
                "rests": now if user_id in resting else None,
            }
            for user_id, slot in sorted(slots.items())
        ],
    )
    return len(sent)
