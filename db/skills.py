"""What members know of each skill, and when it is to be asked again."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import QuizQuestionRow, QuizRow, SkillState
from lessons.known import KnownSkill
from lessons.mastery import Level, Mastery
from lessons.reviews import Memory


async def levels(session: AsyncSession, user_id: int) -> dict[str, Level]:
    """The rung of each skill that the member was asked for, also of those that the content no longer has."""
    rows = await session.execute(select(SkillState.skill_id, SkillState.level).where(SkillState.user_id == user_id))
    return {skill_id: Level(level) for skill_id, level in rows}


async def known_skills(session: AsyncSession, user_id: int) -> dict[str, KnownSkill]:
    """All that is known about the member, by skill."""
    rows = await session.scalars(select(SkillState).where(SkillState.user_id == user_id))
    return {row.skill_id: _known(row) for row in rows}


async def known_skill(session: AsyncSession, user_id: int, skill_id: str) -> KnownSkill | None:
    """One skill, locked until the transaction ends: two answers at once come one after the other."""
    row = await session.scalar(
        select(SkillState).where(SkillState.user_id == user_id, SkillState.skill_id == skill_id).with_for_update()
    )
    return None if row is None else _known(row)


async def due_skills(session: AsyncSession, user_id: int, until: datetime) -> dict[str, Memory]:
    """The memories that are due before ``until``, by index."""
    rows = await session.scalars(select(SkillState).where(SkillState.user_id == user_id, SkillState.due_at < until))
    return {row.skill_id: _known(row).memory for row in rows}


async def reviewed_since(session: AsyncSession, user_id: int, since: datetime) -> int:
    """Answers in ``/review`` since then: what the daily cap counts."""
    count = await session.scalar(
        select(func.count())
        .select_from(QuizQuestionRow)
        .join(QuizRow, QuizRow.id == QuizQuestionRow.quiz_id)
        .where(QuizQuestionRow.user_id == user_id, QuizQuestionRow.answered_at >= since, QuizRow.kind == "review")
    )
    return count or 0


async def save_skill(session: AsyncSession, user_id: int, skill_id: str, known: KnownSkill) -> None:
    """Store where the member stands with a skill."""
    values = {
        "level": int(known.mastery.level),
        "recent": "".join("1" if right else "0" for right in known.mastery.recent),
        "proficient_on": known.mastery.proficient_on,
        "answers": known.memory.reviews,
        "reviewed": known.reviewed,
        "stability": known.memory.stability,
        "difficulty": known.memory.difficulty,
        "last_answer_at": known.memory.last_review_at,
        "due_at": known.memory.due_at,
    }
    await session.execute(
        insert(SkillState)
        .values(user_id=user_id, skill_id=skill_id, **values)
        .on_conflict_do_update(index_elements=[SkillState.user_id, SkillState.skill_id], set_=values)
    )


def _known(row: SkillState) -> KnownSkill:
    mastery = Mastery(Level(row.level), tuple(mark == "1" for mark in row.recent), row.proficient_on)
    memory = Memory(
        row.stability,
        row.difficulty,
        row.last_answer_at.astimezone(UTC),
        row.due_at.astimezone(UTC),
        row.answers,
    )
    return KnownSkill(mastery, memory, row.reviewed)
