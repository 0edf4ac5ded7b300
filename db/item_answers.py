"""All answers to all questions, for the item report."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import QuizQuestionRow
from lessons.choosing import Ask


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was given."""

    user_id: int
    ask: Ask
    right: bool
    chosen: int | None
    said: str | None


async def all_answers(session: AsyncSession) -> list[StoredAnswer]:
    """Every answer that counted, in the order in which they were given."""
    rows = await session.execute(
        select(
            QuizQuestionRow.user_id,
            QuizQuestionRow.skill_id,
            QuizQuestionRow.item_id,
            QuizQuestionRow.seed,
            QuizQuestionRow.typed,
            QuizQuestionRow.right,
            QuizQuestionRow.chosen,
            QuizQuestionRow.said,
        )
        .where(QuizQuestionRow.right.is_not(None))
        .order_by(QuizQuestionRow.answered_at, QuizQuestionRow.quiz_id, QuizQuestionRow.place)
    )
    return [
        StoredAnswer(
            row.user_id, Ask(row.skill_id, row.item_id, row.seed, row.typed), bool(row.right), row.chosen, row.said
        )
        for row in rows
    ]
