"""Tables of nudges: who asked for them and when, and what was sent. See `db.tables`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base, Member


class NudgePlan(Base):
    """A member who asked for nudges. No row, no nudge."""

    __tablename__ = "nudge_plans"

    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When they first pressed the button: where the comparison with the held-out group begins."""
    stopped_at: Mapped[datetime | None]
    hour: Mapped[int] = mapped_column(server_default=text("18"))
    days: Mapped[int] = mapped_column(server_default=text("127"))
    """A bit for each weekday, the lowest is Monday."""
    quiet_from: Mapped[int] = mapped_column(server_default=text("21"))
    quiet_to: Mapped[int] = mapped_column(server_default=text("9"))
    by_dm: Mapped[bool] = mapped_column(server_default=text("true"))
    channel_id: Mapped[int | None]
    """Where to be mentioned: instead of the DM, or when that is closed."""
    fewer: Mapped[bool] = mapped_column(server_default=text("false"))
    paused_until: Mapped[datetime | None]
    resting_since: Mapped[datetime | None]
    """Since the last note after a long silence; the next command ends it."""
    dm_closed_at: Mapped[datetime | None]
    """When Discord refused the last DM; tried again only after a later `active_at`."""
    unheard: Mapped[int] = mapped_column(server_default=text("0"))
    """Nudges in a row that no command followed."""
    active_at: Mapped[datetime | None]
    held_out: Mapped[bool] = mapped_column(server_default=text("false"))
    next_at: Mapped[datetime | None]
    """When to look at this row next; one that is none of the member's times is only replaced by the next that is."""

    __table_args__ = (
        CheckConstraint("hour between 0 and 23", name="hour"),
        CheckConstraint("quiet_from between 0 and 23 and quiet_to between 0 and 23", name="quiet"),
        CheckConstraint("days between 1 and 127", name="days"),
        Index("ix_nudge_plans_next_at", "next_at", postgresql_where=text("stopped_at is null")),
    )


class NudgeRow(Base):
    """A nudge. The key is the promise that nobody gets two on one of their days."""

    __tablename__ = "nudges"

    user_id: Mapped[int] = mapped_column(ForeignKey(Member.user_id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    """The member's local date."""
    sent_at: Mapped[datetime]
    about: Mapped[dict[str, Any]]
    """The message as it was composed."""


class NudgeChannel(Base):
    """A channel in which an organiser allows mentions."""

    __tablename__ = "nudge_channels"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild_id: Mapped[int]
    allowed_by: Mapped[int]
