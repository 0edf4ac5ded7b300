"""Rounds of questions: what was asked and what was answered, so that any process can go on with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import QuizQuestionRow, QuizRow
from db.tables import Run, RunState
from lessons.choosing import Ask


class QuizKind(StrEnum):
    """What a round is for."""

    TOPIC = "topic"
    REVIEW = "review"
    PLACEMENT = "placement"
    RUN = "run"
    """About a run of the member's own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a round, and what became of it."""

    place: int
    """From 1."""
    ask: Ask
    answered_at: datetime | None = None
    chosen: int | None = None
    said: str | None = None
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Quiz:
    """A round of questions."""

    id: int
    user_id: int
    kind: QuizKind
    topic_id: str | None
    run_id: int | None
    started_at: datetime
    ended_at: datetime | None
    questions: tuple[Asked, ...]

    @property
    def open(self) -> Asked | None:
        """The question whose turn it is."""
        return next((each for each in self.questions if each.answered_at is None), None)

    def question(self, place: int) -> Asked | None:
        """The question at that place, if there is one."""
        return next((each for each in self.questions if each.place == place), None)


async def start_quiz(
    session: AsyncSession,
    user_id: int,
    kind: QuizKind,
    asks: Sequence[Ask],
    now: datetime,
    *,
    topic_id: str | None = None,
    run_id: int | None = None,
) -> Quiz:
    """Write a round down; end one of the same kind that is still open before, with `end_open`."""
    row = {"user_id": user_id, "kind": kind, "topic_id": topic_id, "run_id": run_id, "started_at": now}
    quiz_id = (await session.execute(insert(QuizRow).values(row).returning(QuizRow.id))).scalar_one()
    asked = tuple(Asked(place, ask) for place, ask in enumerate(asks, start=1))
    if asked:
        # One statement for all: a person waits for it.
        await session.execute(insert(QuizQuestionRow).values([_values(quiz_id, user_id, each, now) for each in asked]))
    return Quiz(quiz_id, user_id, kind, topic_id, run_id, now, None, asked)


async def end_open(session: AsyncSession, user_id: int, kind: QuizKind, now: datetime) -> None:
    """Let the member's open rounds of that kind go."""
    await session.execute(
        update(QuizRow)
        .where(QuizRow.user_id == user_id, QuizRow.kind == kind, QuizRow.ended_at.is_(None))
        .values(ended_at=now)
    )


async def add_question(session: AsyncSession, quiz: Quiz, ask: Ask, now: datetime) -> None:
    """One more question, behind the others."""
    asked = Asked(len(quiz.questions) + 1, ask)
    await session.execute(insert(QuizQuestionRow).values(_values(quiz.id, quiz.user_id, asked, now)))


async def open_quiz(session: AsyncSession, user_id: int, kind: QuizKind) -> Quiz | None:
    """The member's unfinished round of that kind, the newest if there are two."""
    quiz_id = await session.scalar(
        select(QuizRow.id)
        .where(QuizRow.user_id == user_id, QuizRow.kind == kind, QuizRow.ended_at.is_(None))
        .order_by(QuizRow.id.desc())
        .limit(1)
    )
    return None if quiz_id is None else await load_quiz(session, quiz_id)


async def load_quiz(session: AsyncSession, quiz_id: int, *, lock: bool = False) -> Quiz | None:
    """A round with its questions. With ``lock``, two presses at once come one after the other."""
    statement = select(QuizRow).where(QuizRow.id == quiz_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        return None
    rows = await session.scalars(
        select(QuizQuestionRow).where(QuizQuestionRow.quiz_id == quiz_id).order_by(QuizQuestionRow.place)
    )
    questions = tuple(
        Asked(
            each.place,
            Ask(each.skill_id, each.item_id, each.seed, each.typed),
            each.answered_at,
            each.chosen,
            each.said,
            each.right,
        )
        for each in rows
    )
    kind = QuizKind(row.kind)
    return Quiz(row.id, row.user_id, kind, row.topic_id, row.run_id, row.started_at, row.ended_at, questions)


async def write_answer(
    session: AsyncSession,
    quiz_id: int,
    place: int,
    now: datetime,
    *,
    right: bool | None,
    chosen: int | None = None,
    said: str | None = None,
) -> bool:
    """Note an answer; False if there is one already, which then stays.

    ``right`` is None for a question that was passed over because its content is gone.
    """
    written = await session.scalar(
        update(QuizQuestionRow)
        .where(
            QuizQuestionRow.quiz_id == quiz_id,
            QuizQuestionRow.place == place,
            QuizQuestionRow.answered_at.is_(None),
        )
        .values(answered_at=now, right=right, chosen=chosen, said=said)
        .returning(QuizQuestionRow.place)
    )
    return written is not None


async def end_quiz(session: AsyncSession, quiz_id: int, now: datetime) -> None:
    """Nothing more is asked in this round."""
    await session.execute(update(QuizRow).where(QuizRow.id == quiz_id, QuizRow.ended_at.is_(None)).values(ended_at=now))


async def items_asked(session: AsyncSession, user_id: int) -> dict[str, int]:
    """How often the member answered each item, so that the least known to them comes first."""
    rows = await session.execute(
        select(QuizQuestionRow.item_id, func.count())
        .where(QuizQuestionRow.user_id == user_id, QuizQuestionRow.answered_at.is_not(None))
        .group_by(QuizQuestionRow.item_id)
    )
    return {row[0]: row[1] for row in rows}


async def run_to_ask_about(session: AsyncSession, user_id: int, project: str) -> int | None:
    """The member's newest finished run of a project that tells facts about itself."""
    return await session.scalar(
        select(Run.id)
        .where(
            Run.user_id == user_id,
            Run.project == project,
            Run.state == RunState.SUCCEEDED,
            Run.outcome[("facts", "project")].as_string().is_not(None),
        )
        .order_by(Run.id.desc())
        .limit(1)
    )


def _values(quiz_id: int, user_id: int, asked: Asked, now: datetime) -> dict[str, object]:
    return {
        "quiz_id": quiz_id,
        "place": asked.place,
        "user_id": user_id,
        "skill_id": asked.ask.skill_id,
        "item_id": asked.ask.item_id,
        "seed": asked.ask.seed,
        "typed": asked.ask.typed,
        "asked_at": now,
    }
