"""Bring the database to the newest revision.

Safe to call from every process at its start: one does it, the others wait for it.
"""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from db.engine import sqlalchemy_url

log = logging.getLogger(__name__)

LOCK = 0x77617970  # "wayp": the advisory lock under which migrations run


def alembic_config() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def pending(connection: Connection, config: Config) -> bool:
    """Whether the database is behind the newest revision."""
    current = MigrationContext.configure(connection).get_current_heads()
    return set(current) != set(ScriptDirectory.from_config(config).get_heads())


def migrate(url: str) -> bool:
    """Migrate if needed; returns whether anything was done.

    Raises:
        sqlalchemy.exc.OperationalError: the server cannot be reached.
    """
    config = alembic_config()
    engine = create_engine(sqlalchemy_url(url), connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            if not pending(connection, config):
                return False
            connection.rollback()
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()
            try:
                if not pending(connection, config):
                    return False
                connection.rollback()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
                log.info("database migrated to %s", ScriptDirectory.from_config(config).get_current_head())
                return True
            finally:
                connection.rollback()
                connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})
                connection.commit()
    finally:
        engine.dispose()
