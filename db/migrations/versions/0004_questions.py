"""Questions, what members know, deadlines, duels, certificates, roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all of it."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "certificates",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("phase_id", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_certificates"),
    )
    op.create_index("uq_certificates_user_id_phase_id", "certificates", ["user_id", "phase_id"], unique=True)
    op.create_table(
        "duels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("challenger_id", sa.BigInteger(), nullable=False),
        sa.Column("challenger_name", sa.String(), nullable=False),
        sa.Column("rival_id", sa.BigInteger(), nullable=False),
        sa.Column("rival_name", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("place", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", time, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_duels"),
    )
    op.create_index(
        "uq_duels_open", "duels", ["channel_id", "pair"], unique=True, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "duel_questions",
        sa.Column("duel_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", time, nullable=True),
        sa.Column("skipped_at", time, nullable=True),
        sa.ForeignKeyConstraint(["duel_id"], ["duels.id"], name="fk_duel_questions_duel_id_duels", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("duel_id", "place", name="pk_duel_questions"),
    )
    op.create_table(
        "phase_roles",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phase_id", sa.String(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "phase_id", name="pk_phase_roles"),
    )
    op.create_table(
        "active_days",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["members.user_id"], name="fk_active_days_user_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "day", name="pk_active_days"),
    )
    op.create_table(
        "commitments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("buddy_id", sa.BigInteger(), nullable=True),
        sa.Column("buddy_name", sa.String(), nullable=True),
        sa.Column("buddy_state", sa.String(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("met_at", time, nullable=True),
        sa.Column("withdrawn_at", time, nullable=True),
        sa.Column("told_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["members.user_id"], name="fk_commitments_user_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_commitments"),
    )
    op.create_index(
        "ix_commitments_due",
        "commitments",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("met_at is null and withdrawn_at is null and told_at is null"),
    )
    op.create_index(
        "uq_commitments_open",
        "commitments",
        ["user_id", "topic_id"],
        unique=True,
        postgresql_where=sa.text("met_at is null and withdrawn_at is null"),
    )
    op.create_table(
        "duel_answers",
        sa.Column("duel_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chosen", sa.BigInteger(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("answered_at", time, nullable=False),
        sa.ForeignKeyConstraint(["duel_id"], ["duels.id"], name="fk_duel_answers_duel_id_duels", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("duel_id", "place", "user_id", name="pk_duel_answers"),
    )
    op.create_table(
        "skill_states",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("recent", sa.String(), server_default="", nullable=False),
        sa.Column("proficient_on", sa.Date(), nullable=True),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("reviewed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("stability", sa.Float(), nullable=False),
        sa.Column("difficulty", sa.Float(), nullable=False),
        sa.Column("last_answer_at", time, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["members.user_id"], name="fk_skill_states_user_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "skill_id", name="pk_skill_states"),
    )
    op.create_index("ix_skill_states_user_id_due_at", "skill_states", ["user_id", "due_at"], unique=False)
    op.create_table(
        "quizzes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", time, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_quizzes_run_id_runs", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_quizzes"),
    )
    op.create_index(
        "ix_quizzes_open", "quizzes", ["user_id", "kind"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_index("ix_quizzes_user_id_started_at", "quizzes", ["user_id", "started_at"], unique=False)
    op.create_table(
        "quiz_questions",
        sa.Column("quiz_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("typed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_at", time, nullable=True),
        sa.Column("answered_at", time, nullable=True),
        sa.Column("chosen", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["quiz_id"], ["quizzes.id"], name="fk_quiz_questions_quiz_id_quizzes", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quiz_id", "place", name="pk_quiz_questions"),
    )
    op.create_index(
        "ix_quiz_questions_item",
        "quiz_questions",
        ["item_id"],
        unique=False,
        postgresql_where=sa.text("answered_at is not null"),
    )
    op.create_index("ix_quiz_questions_user_id_answered_at", "quiz_questions", ["user_id", "answered_at"], unique=False)
    op.add_column(
        "members", sa.Column("shares_progress", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("topic_progress", sa.Column("placed_at", time, nullable=True))


def downgrade() -> None:
    """Drop all of it."""
    op.drop_column("topic_progress", "placed_at")
    op.drop_column("members", "shares_progress")
    for table in (
        "phase_roles",
        "certificates",
        "duel_answers",
        "duel_questions",
        "duels",
        "commitments",
        "active_days",
        "quiz_questions",
        "quizzes",
        "skill_states",
    ):
        op.drop_table(table)
