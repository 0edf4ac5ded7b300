"""A new database gets its tables at the first start, from however many processes at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from db.engine import libpq_url, sqlalchemy_url
from db.every_table import Base
from db.migrate import LOCK, migrate
from tests.conftest import with_database

MIGRATE = "import sys; from db.migrate import migrate; print(migrate(sys.argv[1]))"


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    """The URL of a database without any table."""
    name = f"e{uuid4().hex[:12]}"
    with psycopg.connect(libpq_url(postgres), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template template0')
    yield with_database(postgres, name)
    with psycopg.connect(libpq_url(postgres), autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


def table_names(url: str) -> set[str]:
    engine = create_engine(sqlalchemy_url(url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_the_first_start_makes_every_table_and_the_second_has_nothing_to_do(empty_url: str) -> None:
    assert migrate(empty_url) is True
    assert set(Base.metadata.tables) | {"procrastinate_jobs", "procrastinate_workers"} <= table_names(empty_url)
    assert migrate(empty_url) is False


def start_migrating(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", MIGRATE, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_that_start_at_once_migrate_once_and_both_go_on(empty_url: str) -> None:
    starts = [start_migrating(empty_url) for _ in range(2)]
    said = [start.communicate(timeout=60) for start in starts]
    assert [start.returncode for start in starts] == [0, 0], said
    assert sorted(out.decode().split()[-1] for out, _ in said) == ["False", "True"]
    assert "runs" in table_names(empty_url)


def test_a_process_waits_while_another_migrates(empty_url: str) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with psycopg.connect(libpq_url(empty_url), autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [LOCK])
        start = start_migrating(empty_url)
        while other.execute(waiting).fetchone() == (0,):
            assert start.poll() is None, "it did not wait"
            time.sleep(0.05)
        assert table_names(empty_url) == set()
    out, errors = start.communicate(timeout=60)
    assert out.decode().split()[-1] == "True", errors
    assert "runs" in table_names(empty_url)


def test_the_migrations_make_exactly_the_tables_that_the_code_reads(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    ours = set(Base.metadata.tables)

    def is_ours(name: str | None, kind: str, parents: object) -> bool:
        return kind != "table" or name in ours

    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"include_name": is_ours, "compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, Base.metadata) == []
    finally:
        engine.dispose()
