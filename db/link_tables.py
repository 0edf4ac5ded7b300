"""Table of the content's links. See `db.tables`."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class LinkCheck(Base):
    """What the last look at a link brought."""

    __tablename__ = "link_checks"

    url: Mapped[str] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """In a row."""
    problem: Mapped[str | None]
    """What is wrong, or why it can't be told."""
    told_at: Mapped[datetime | None]
    """When organisers were told that it is dead."""

    __table_args__ = (Index("ix_link_checks_failures", "failures", postgresql_where=text("failures > 0")),)
