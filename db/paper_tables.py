"""Tables of the weekly paper digest: feeds, papers, servers' votes, rankings, what was sent. See `db.tables`."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base

_NO_STRINGS = text("'{}'::character varying[]")


class PaperFeed(Base):
    """A feed that is followed: how far it got, and how often it was asked for. Days are those of arXiv's clock."""

    __tablename__ = "paper_feeds"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Its categories, joined with ``+``."""
    since: Mapped[date]
    etag: Mapped[str | None]
    """Of the last answer that was stored whole."""
    succeeded_on: Mapped[date | None]
    tried_on: Mapped[date | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_try_at: Mapped[datetime | None]
    last_problem: Mapped[str | None]
    """What went wrong at the last try, in a sentence; none after a good one."""
    gap_from: Mapped[date | None]
    gap_to: Mapped[date | None]
    """Missed announcement days that are still to be filled from the query API, both ends included."""
    told_on: Mapped[date | None]
    """When the operator was told of a silence that goes on."""


class PoliteHost(Base):
    """When the whole deployment may next send a request to somebody else's server."""

    __tablename__ = "polite_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    next_allowed_at: Mapped[datetime]
    holder: Mapped[str] = mapped_column(server_default="")
    """Whose turn it is, or was: only they may shorten the wait."""


class FeedBatch(Base):
    """One answer of a feed that brought something unseen."""

    __tablename__ = "feed_batches"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str]
    """Address or file name."""
    feed_says: Mapped[str | None]
    """The date that the feed gave itself: when it was served, which says nothing about what is in it."""
    fetched_at: Mapped[datetime]
    entries: Mapped[int]
    unseen: Mapped[int]


class PaperRow(Base):
    """A paper, once, whatever its versions."""

    __tablename__ = "papers"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Without the version."""
    version: Mapped[int]
    """The newest that was announced."""
    title: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(ARRAY(String()))
    abstract: Mapped[str]
    summary: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(String()))
    """The primary one first."""
    submitted_at: Mapped[datetime | None]
    """Of the first version; the RSS feed does not say."""
    first_seen_at: Mapped[datetime]
    first_kind: Mapped[str]
    """How it was first announced here: one that came as a replacement is not new to the world."""
    topic_ids: Mapped[list[str]] = mapped_column(ARRAY(String()), server_default=_NO_STRINGS)
    """Topics of the roadmap that it is close to, the closest first; as of the last ranking."""
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("to_tsvector('english'::regconfig, ((title)::text || ' '::text) || (abstract)::text)", persisted=True),
        deferred=True,
    )

    __table_args__ = (
        Index("ix_papers_first_seen_at", "first_seen_at"),
        Index("ix_papers_words", "words", postgresql_using="gin"),
        Index("ix_papers_topic_ids", "topic_ids", postgresql_using="gin"),
        CheckConstraint("version > 0", name="version"),
    )


class Announcement(Base):
    """That a version of a paper stood in a batch."""

    __tablename__ = "paper_announcements"

    paper_id: Mapped[str] = mapped_column(ForeignKey(PaperRow.id, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    """See `lessons.papers.AnnounceKind`."""
    batch_id: Mapped[int] = mapped_column(ForeignKey(FeedBatch.id, ondelete="CASCADE"), index=True)


class GuildMember(Base):
    """That a member was seen in a server: what "this server's members" means without asking Discord for them."""

    __tablename__ = "guild_members"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_guild_members_user_id", "user_id"),)


class DigestSettings(Base):
    """A server that gets the weekly digest, and when and where."""

    __tablename__ = "digest_settings"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    weekday: Mapped[int] = mapped_column(server_default=text("0"))
    """0 is Monday."""
    hour: Mapped[int] = mapped_column(server_default=text("9"))
    time_zone: Mapped[str]
    """IANA name."""
    threads: Mapped[bool] = mapped_column(server_default=text("true"))
    """A thread a week, where the bot may make one."""
    next_due_at: Mapped[datetime] = mapped_column(index=True)
    stopped_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint("hour between 0 and 23", name="hour"),
    )


class PaperVote(Base):
    """What a member of a server thinks of a paper: 1 or -1."""

    __tablename__ = "paper_votes"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    paper_id: Mapped[str] = mapped_column(ForeignKey(PaperRow.id, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vote: Mapped[int]
    voted_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (CheckConstraint("vote in (-1, 1)", name="vote"),)


class PaperSave(Base):
    """A paper that a member keeps: theirs alone, wherever they saved it."""

    __tablename__ = "paper_saves"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    paper_id: Mapped[str] = mapped_column(ForeignKey(PaperRow.id, ondelete="CASCADE"), primary_key=True)
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PaperRanking(Base):
    """A place of a server's last ranking: what its next digest is made from."""

    __tablename__ = "paper_rankings"

    guild_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True)
    """From 1."""
    paper_id: Mapped[str] = mapped_column(ForeignKey(PaperRow.id, ondelete="CASCADE"))
    score: Mapped[float]
    topic_ids: Mapped[list[str]] = mapped_column(ARRAY(String()))
    why: Mapped[str]
    wildcard: Mapped[bool]
    ranked_at: Mapped[datetime]


class Digest(Base):
    """A digest that a server was sent, or is about to be."""

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    guild_id: Mapped[int]
    week: Mapped[date]
    """The Monday of its week, in the server's own time zone."""
    created_at: Mapped[datetime]
    thread_id: Mapped[int | None]

    __table_args__ = (Index("uq_digests_guild_id_week", "guild_id", "week", unique=True),)


class DigestPaper(Base):
    """A paper of a digest, as it was presented."""

    __tablename__ = "digest_papers"

    digest_id: Mapped[int] = mapped_column(ForeignKey(Digest.id, ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int]
    paper_id: Mapped[str] = mapped_column(ForeignKey(PaperRow.id))
    topic_ids: Mapped[list[str]] = mapped_column(ARRAY(String()))
    why: Mapped[str]
    wildcard: Mapped[bool]
    thread_id: Mapped[int | None]
    """Where it is discussed, once somebody opened that."""

    # The promise that no server gets a paper twice, kept by the database.
    __table_args__ = (Index("uq_digest_papers_guild_id_paper_id", "guild_id", "paper_id", unique=True),)


class DigestReader(Base):
    """A member who asked for the digest by direct message, and the server whose ranking they read."""

    __tablename__ = "digest_readers"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild_id: Mapped[int]
    since: Mapped[datetime] = mapped_column(server_default=func.now())
