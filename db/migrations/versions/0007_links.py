"""Links: what the last look at each brought."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "link_checks",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("checked_at", time, nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("told_at", time, nullable=True),
        sa.PrimaryKeyConstraint("url", name="pk_link_checks"),
    )
    op.create_index("ix_link_checks_failures", "link_checks", ["failures"], postgresql_where=sa.text("failures > 0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("link_checks")
