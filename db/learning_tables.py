"""Tables of what members know: questions and answers, reviews, deadlines, duels, proofs. See `db.tables`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base, Member, Run


class SkillState(Base):
    """What a member knows of one skill: the ladder of `lessons.mastery` and the memory of `lessons.reviews`."""

    __tablename__ = "skill_states"

    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    recent: Mapped[str] = mapped_column(server_default="")
    """The last answers, oldest first: 1 for a right one, 0 for a wrong one."""
    proficient_on: Mapped[date | None]
    answers: Mapped[int]
    reviewed: Mapped[int] = mapped_column(server_default=text("0"))
    """Answers in ``/review`` among them."""
    stability: Mapped[float]
    difficulty: Mapped[float]
    last_answer_at: Mapped[datetime]
    due_at: Mapped[datetime]

    __table_args__ = (Index("ix_skill_states_user_id_due_at", "user_id", "due_at"),)


class QuizRow(Base):
    """A round of questions to one member."""

    __tablename__ = "quizzes"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    kind: Mapped[str]
    """See `db.quizzes.QuizKind`."""
    topic_id: Mapped[str | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id, ondelete="SET NULL"))
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_quizzes_open", "user_id", "kind", postgresql_where=text("ended_at is null")),
        Index("ix_quizzes_user_id_started_at", "user_id", "started_at"),
    )


class QuizQuestionRow(Base):
    """One question of a round: all that is needed to make it again, and what was answered."""

    __tablename__ = "quiz_questions"

    quiz_id: Mapped[int] = mapped_column(ForeignKey(QuizRow.id, ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """From 1."""
    user_id: Mapped[int]
    skill_id: Mapped[str]
    item_id: Mapped[str]
    seed: Mapped[int]
    typed: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    chosen: Mapped[int | None]
    """Index of the option that was pressed; none for a typed answer and for "I don't know"."""
    said: Mapped[str | None]
    """What was typed, cut short."""
    right: Mapped[bool | None]

    __table_args__ = (
        Index("ix_quiz_questions_item", "item_id", postgresql_where=text("answered_at is not null")),
        Index("ix_quiz_questions_user_id_answered_at", "user_id", "answered_at"),
    )


class ActiveDay(Base):
    """A local date on which a member did something: what the weekly streak counts."""

    __tablename__ = "active_days"

    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class Commitment(Base):
    """A member's own deadline for a topic, and who stands by them."""

    __tablename__ = "commitments"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"))
    topic_id: Mapped[str]
    due_on: Mapped[date]
    """In the member's own time zone."""
    buddy_id: Mapped[int | None]
    buddy_name: Mapped[str | None]
    buddy_state: Mapped[str | None]
    """``asked``, ``accepted`` or ``declined``."""
    channel_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    met_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When its member was told that the day has passed."""

    __table_args__ = (
        Index(
            "ix_commitments_due",
            "due_on",
            postgresql_where=text("met_at is null and withdrawn_at is null and told_at is null"),
        ),
        Index(
            "uq_commitments_open",
            "user_id",
            "topic_id",
            unique=True,
            postgresql_where=text("met_at is null and withdrawn_at is null"),
        ),
    )


class DuelRow(Base):
    """Five questions to two members in public."""

    __tablename__ = "duels"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    guild_id: Mapped[int | None]
    channel_id: Mapped[int]
    pair: Mapped[str]
    """The two ids, the smaller one first: a pair has one open duel in a channel."""
    challenger_id: Mapped[int]
    challenger_name: Mapped[str]
    rival_id: Mapped[int]
    rival_name: Mapped[str]
    topic_id: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="asked")
    """See `lessons.duels`."""
    place: Mapped[int] = mapped_column(server_default=text("0"))
    """The question that stands in the channel, from 1; 0 before the first."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_duels_open", "channel_id", "pair", unique=True, postgresql_where=text("ended_at is null")),
    )


class DuelQuestionRow(Base):
    """One question of a duel: all that is needed to make it again."""

    __tablename__ = "duel_questions"

    duel_id: Mapped[int] = mapped_column(ForeignKey(DuelRow.id, ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """From 1."""
    skill_id: Mapped[str]
    item_id: Mapped[str]
    seed: Mapped[int]
    asked_at: Mapped[datetime | None]
    skipped_at: Mapped[datetime | None]


class DuelAnswerRow(Base):
    """One of the two answers to a question of a duel."""

    __tablename__ = "duel_answers"

    duel_id: Mapped[int] = mapped_column(ForeignKey(DuelRow.id, ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    chosen: Mapped[int]
    right: Mapped[bool]
    answered_at: Mapped[datetime]


class Certificate(Base):
    """A proof that was issued; what it says stays as it was on that day."""

    __tablename__ = "certificates"

    code: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    display_name: Mapped[str]
    phase_id: Mapped[str]
    issued_on: Mapped[date]
    content: Mapped[dict[str, Any]]
    """See `lessons.certificates`."""

    __table_args__ = (Index("uq_certificates_user_id_phase_id", "user_id", "phase_id", unique=True),)


class PhaseRole(Base):
    """The role of a server that says that its bearer has finished a phase."""

    __tablename__ = "phase_roles"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phase_id: Mapped[str] = mapped_column(primary_key=True)
    role_id: Mapped[int]
