"""Who asked for a running run to be stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; runs that were stopped before keep the name in their outcome."""
    op.add_column("runs", sa.Column("cancelled_by", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("runs", "cancelled_by")
