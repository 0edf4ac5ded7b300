"""Nudges: who asked for them, what was sent, and where members may be mentioned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all of it."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "nudge_channels",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("allowed_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_nudge_channels"),
    )
    op.create_table(
        "nudge_plans",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("stopped_at", time, nullable=True),
        sa.Column("hour", sa.BigInteger(), server_default=sa.text("18"), nullable=False),
        sa.Column("days", sa.BigInteger(), server_default=sa.text("127"), nullable=False),
        sa.Column("quiet_from", sa.BigInteger(), server_default=sa.text("21"), nullable=False),
        sa.Column("quiet_to", sa.BigInteger(), server_default=sa.text("9"), nullable=False),
        sa.Column("by_dm", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("fewer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_until", time, nullable=True),
        sa.Column("resting_since", time, nullable=True),
        sa.Column("dm_closed_at", time, nullable=True),
        sa.Column("unheard", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("active_at", time, nullable=True),
        sa.Column("held_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_at", time, nullable=True),
        sa.CheckConstraint("hour between 0 and 23", name="ck_nudge_plans_hour"),
        sa.CheckConstraint("quiet_from between 0 and 23 and quiet_to between 0 and 23", name="ck_nudge_plans_quiet"),
        sa.CheckConstraint("days between 1 and 127", name="ck_nudge_plans_days"),
        sa.ForeignKeyConstraint(["user_id"], ["members.user_id"], name="fk_nudge_plans_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_nudge_plans"),
    )
    op.create_index(
        "ix_nudge_plans_next_at", "nudge_plans", ["next_at"], postgresql_where=sa.text("stopped_at is null")
    )
    op.create_table(
        "nudges",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent_at", time, nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["members.user_id"], name="fk_nudges_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "day", name="pk_nudges"),
    )


def downgrade() -> None:
    """Drop all of it."""
    for table in ("nudges", "nudge_plans", "nudge_channels"):
        op.drop_table(table)
