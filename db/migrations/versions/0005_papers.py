"""Papers: feeds, what they brought, what servers think of them, rankings and digests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all of it."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "digest_readers",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("since", time, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_digest_readers"),
    )
    op.create_table(
        "digest_settings",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("hour", sa.BigInteger(), server_default=sa.text("9"), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("threads", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("next_due_at", time, nullable=False),
        sa.Column("stopped_at", time, nullable=True),
        sa.Column("created_at", time, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("hour between 0 and 23", name="ck_digest_settings_hour"),
        sa.CheckConstraint("weekday between 0 and 6", name="ck_digest_settings_weekday"),
        sa.PrimaryKeyConstraint("guild_id", name="pk_digest_settings"),
    )
    op.create_index("ix_digest_settings_next_due_at", "digest_settings", ["next_due_at"], unique=False)
    op.create_table(
        "digests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
    )
    op.create_index("uq_digests_guild_id_week", "digests", ["guild_id", "week"], unique=True)
    op.create_table(
        "feed_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("feed_says", sa.String(), nullable=True),
        sa.Column("fetched_at", time, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("unseen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_batches"),
    )
    op.create_table(
        "guild_members",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", time, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_guild_members"),
    )
    op.create_index("ix_guild_members_user_id", "guild_members", ["user_id"], unique=False)
    op.create_table(
        "paper_feeds",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("succeeded_on", sa.Date(), nullable=True),
        sa.Column("tried_on", sa.Date(), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_try_at", time, nullable=True),
        sa.Column("last_problem", sa.String(), nullable=True),
        sa.Column("gap_from", sa.Date(), nullable=True),
        sa.Column("gap_to", sa.Date(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_paper_feeds"),
    )
    op.create_table(
        "papers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("authors", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("categories", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("submitted_at", time, nullable=True),
        sa.Column("first_seen_at", time, nullable=False),
        sa.Column("first_kind", sa.String(), nullable=False),
        sa.Column(
            "topic_ids", sa.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]"), nullable=False
        ),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('english'::regconfig, ((title)::text || ' '::text) || (abstract)::text)", persisted=True
            ),
            nullable=False,
        ),
        sa.CheckConstraint("version > 0", name="ck_papers_version"),
        sa.PrimaryKeyConstraint("id", name="pk_papers"),
    )
    op.create_index("ix_papers_first_seen_at", "papers", ["first_seen_at"], unique=False)
    op.create_index("ix_papers_topic_ids", "papers", ["topic_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_papers_words", "papers", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "polite_hosts",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("next_allowed_at", time, nullable=False),
        sa.Column("holder", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_polite_hosts"),
    )
    op.create_table(
        "digest_papers",
        sa.Column("digest_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("topic_ids", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("wildcard", sa.Boolean(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name="fk_digest_papers_digest_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_digest_papers_paper_id"),
        sa.PrimaryKeyConstraint("digest_id", "place", name="pk_digest_papers"),
    )
    op.create_index("uq_digest_papers_guild_id_paper_id", "digest_papers", ["guild_id", "paper_id"], unique=True)
    op.create_table(
        "paper_announcements",
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feed_batches.id"], name="fk_paper_announcements_batch_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["papers.id"], name="fk_paper_announcements_paper_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("paper_id", "version", "kind", name="pk_paper_announcements"),
    )
    op.create_index("ix_paper_announcements_batch_id", "paper_announcements", ["batch_id"], unique=False)
    op.create_table(
        "paper_rankings",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("topic_ids", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("wildcard", sa.Boolean(), nullable=False),
        sa.Column("ranked_at", time, nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_paper_rankings_paper_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "place", name="pk_paper_rankings"),
    )
    op.create_table(
        "paper_saves",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("saved_at", time, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_paper_saves_paper_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "paper_id", name="pk_paper_saves"),
    )
    op.create_table(
        "paper_votes",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vote", sa.BigInteger(), nullable=False),
        sa.Column("voted_at", time, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("vote in (-1, 1)", name="ck_paper_votes_vote"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_paper_votes_paper_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "paper_id", "user_id", name="pk_paper_votes"),
    )


def downgrade() -> None:
    """Drop all of it."""
    for table in (
        "digest_papers",
        "digests",
        "digest_readers",
        "digest_settings",
        "paper_rankings",
        "paper_saves",
        "paper_votes",
        "guild_members",
        "paper_announcements",
        "papers",
        "feed_batches",
        "polite_hosts",
        "paper_feeds",
    ):
        op.drop_table(table)
