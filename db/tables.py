"""All tables. Snowflakes are BIGINT, times are ``timestamptz``, names are those of the rules in `lessons`."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.types import AwareDateTime


class RunState(StrEnum):
    """Where a run is in its life; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing will happen to the run any more."""
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


ACTIVE_STATES = (RunState.QUEUED, RunState.RUNNING)


class Base(DeclarativeBase):
    """The declarative base, with stable constraint names so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {int: BigInteger, datetime: AwareDateTime, dict[str, Any]: JSONB}


class Member(Base):
    """A person who said ``/start``: one row for all servers, since progress is the person's own."""

    __tablename__ = "members"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    display_name: Mapped[str]
    pace: Mapped[str]
    time_zone: Mapped[str]
    """IANA name."""
    started_on: Mapped[date]
    """Local date of the first ``/start``: the timeline's day one."""
    shares_progress: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether others may look at it with ``/progress @member``."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class TopicProgress(Base):
    """What a member has done in a topic; a row appears when the topic is opened."""

    __tablename__ = "topic_progress"

    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    project_run_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    skipped_at: Mapped[datetime | None]
    placed_at: Mapped[datetime | None]


class Run(Base):
    """One training run. Workers write to it only with the `attempt` that they raised when they took it."""

    __tablename__ = "runs"
    # The defaults come back with the INSERT itself: one round trip less while a person waits.
    __mapper_args__: ClassVar = {"eager_defaults": True}

    id: Mapped[int] = mapped_column(Identity(start=1), primary_key=True)
    user_id: Mapped[int]
    user_name: Mapped[str]
    guild_id: Mapped[int | None]
    channel_id: Mapped[int]
    message_id: Mapped[int | None]
    """The card, known once Discord has taken the reply."""
    project: Mapped[str]
    preset: Mapped[str]
    dataset: Mapped[str]
    seed: Mapped[int]
    options: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=RunState.QUEUED)
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    job_id: Mapped[int | None]
    worker_id: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    first_step_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    """Who asked for it, by display name: its member, or who manages the server."""
    progress: Mapped[dict[str, Any] | None]
    """The latest stage or step, see `workers.records`."""
    outcome: Mapped[dict[str, Any] | None]
    """How it ended, see `workers.records`."""
    fallback: Mapped[dict[str, Any] | None]
    """What to train on if the data set is not to be had and its member named none, see `workers.messages.Fallback`."""
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    """The member's own data."""
    model_run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    """The finished run whose model this one works on."""
    shared_at: Mapped[datetime | None]
    """Since when others may use the model, compare with the run and make it again."""
    card_digest: Mapped[str | None]
    """Hash of what the card shows, so that an edit is sent only when something changed."""
    card_edited_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('queued','running','succeeded','failed','cancelled')", name="state"),
        Index("ix_runs_user_id_id", "user_id", "id"),
        Index("ix_runs_active", "id", postgresql_where=text("state in ('queued','running')")),
        Index("ix_runs_done", "project", "preset", "dataset", postgresql_where=text("state = 'succeeded'")),
    )


class Upload(Base):
    """A file that a member gave for their runs."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    name: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ModelAsk(Base):
    """One ``/use``: a question to a trained model, and its answer."""

    __tablename__ = "model_asks"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    kind: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    wish: Mapped[dict[str, Any]]
    """See `workers.using.Wish`, without its picture."""
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any] | None]
    """See `workers.using.Answer`, without its files."""


class ModelAskFile(Base):
    """A picture or file of an answer."""

    __tablename__ = "model_ask_files"

    ask_id: Mapped[int] = mapped_column(ForeignKey(ModelAsk.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Deployment(Base):
    """A model that a worker serves over HTTP, for a while."""

    __tablename__ = "deployments"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    """The ``/run deploy`` that made it."""
    user_id: Mapped[int] = mapped_column(index=True)
    worker_id: Mapped[str]
    address: Mapped[str]
    key: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    stop_requested_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RunEvent(Base):
    """What happened during a run, in order: stages, steps, samples. Kept for curves and for looking back."""

    __tablename__ = "run_events"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]


class Artifact(Base):
    """A file that a run made: plot, GIF, weights. In the database, since workers reach nothing else."""

    __tablename__ = "artifacts"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RunCheckpoint(Base):
    """The newest state from which a run can go on; deleted when it ends."""

    __tablename__ = "checkpoints"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), primary_key=True)
    step: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkerPresence(Base):
    """A worker that is, or was, up."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    device: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    stopped_at: Mapped[datetime | None]


class OutboxRow(Base):
    """Something the bot has to say unasked, written in the transaction that caused it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """What makes it one of a kind, e.g. ``run:17:result``: a second row with the same key is not written."""
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    channel_id: Mapped[int | None]
    user_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None]

    __table_args__ = (Index("ix_outbox_due", "due_at", postgresql_where=text("sent_at is null and failed_at is null")),)
