"""All tables at once, for migrations: a table that nobody imported is in no metadata."""

from db import learning_tables, link_tables, nudge_tables, paper_tables
from db.tables import Base

__all__ = ["Base", "learning_tables", "link_tables", "nudge_tables", "paper_tables"]
