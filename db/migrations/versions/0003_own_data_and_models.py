"""Members' own data, models that are used, shared and served."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create uploads, questions to models, deployments; let a run say what it came from."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "uploads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", time, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_user_id", "uploads", ["user_id"])
    op.add_column("runs", sa.Column("fallback", postgresql.JSONB(), nullable=True))
    op.add_column("runs", sa.Column("upload_id", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("model_run_id", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("shared_at", time, nullable=True))
    op.create_foreign_key("fk_runs_upload_id_uploads", "runs", "uploads", ["upload_id"], ["id"], ondelete="SET NULL")
    op.create_foreign_key("fk_runs_model_run_id_runs", "runs", "runs", ["model_run_id"], ["id"], ondelete="SET NULL")
    op.create_table(
        "model_asks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("wish", postgresql.JSONB(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("answered_at", time, nullable=True),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_model_asks_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_model_asks"),
    )
    op.create_index("ix_model_asks_asked_at", "model_asks", ["asked_at"])
    op.create_table(
        "model_ask_files",
        sa.Column("ask_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ask_id"], ["model_asks.id"], name="fk_model_ask_files_ask_id_model_asks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ask_id", "name", name="pk_model_ask_files"),
    )
    op.create_table(
        "deployments",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("started_at", time, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("stop_requested_at", time, nullable=True),
        sa.Column("ended_at", time, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_deployments_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name="pk_deployments"),
    )
    op.create_index("ix_deployments_user_id", "deployments", ["user_id"])
    op.execute("create schema if not exists optuna")  # whose tables Optuna makes by itself


def downgrade() -> None:
    """Drop all of it."""
    op.execute("drop schema if exists optuna cascade")
    for table in ("deployments", "model_ask_files", "model_asks"):
        op.drop_table(table)
    op.drop_constraint("fk_runs_model_run_id_runs", "runs")
    op.drop_constraint("fk_runs_upload_id_uploads", "runs")
    for column in ("shared_at", "model_run_id", "upload_id", "fallback"):
        op.drop_column("runs", column)
    op.drop_table("uploads")
