"""When something is wrong: a clear sentence for the person, the traceback for the log, nothing lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from db.engine import Database, libpq_url
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.runs import fetch_run, finish, sql

OLDER = "That card is from an older version of me. Say the command again for a new one."


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@asynccontextmanager
async def database_away(postgres: str, database: Database) -> AsyncIterator[None]:
    """Nobody can reach this one database, and who was connected is thrown out."""
    name = database.engine.url.database
    async with await psycopg.AsyncConnection.connect(libpq_url(postgres), autocommit=True) as admin:
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        try:
            yield
        finally:
            await admin.execute(f'alter database "{name}" allow_connections true')


async def test_buttons_on_cards_from_before_a_restart_work(chat: Chat, alice: Person, database: Database) -> None:
    topic, run, listed = await alice.says("next"), await alice.says("run cnn"), await alice.says("runs list")
    await chat.restart()
    await alice.presses(topic, "I've done the reading")
    assert "Noted." in said(topic)
    assert "cnn on digits" in said(await alice.chooses(listed, 1))
    await alice.presses(run, "Cancel")
    assert "Cancelled by Alice" in said(run)
    await alice.presses(run, "Again")
    await finish(database, 2)
    result = await alice.says("runs show", run=2)
    await chat.restart()
    assert "of your 1 finished run, best first" in said(await alice.presses(result, "Compare"))


async def test_a_button_of_an_older_version_says_so(chat: Chat, alice: Person) -> None:
    card = await alice.says("roadmap")
    for custom_id in ("wp:quiz:answer:17:1:a", "old-button", "wp:run:cancel:seventeen"):
        chat.relabel(card, buttons(card)[0], "Old", custom_id)
        assert sentence(await alice.presses(card, "Old")) == OLDER


async def test_a_form_that_was_open_during_a_restart_says_so(chat: Chat, alice: Person) -> None:
    form = await alice.says("start")
    await chat.restart()
    # Each process begins the ids of its forms in its own way; this one was opened by another process.
    form._interaction.modal["custom_id"] = "wp:modal:0badcafe:1234567890abcdef"
    answer = await alice.fills(form, time_zone="Lima")
    assert sentence(answer).startswith("I was restarted while you were typing")


async def test_a_form_that_is_not_from_before_a_restart_is_taken(chat: Chat, alice: Person) -> None:
    await chat.restart()
    assert "America/Lima" in said(await alice.fills(await alice.says("start"), time_zone="Lima"))


async def test_a_bug_gives_the_person_a_number_and_the_log_the_traceback(
    alice: Person, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await alice.says("run cnn")
    await sql(database, """update runs set outcome = '{"kind": "nonsense"}'""")
    answer = await alice.says("runs list")
    told = re.fullmatch(
        r"Something went wrong on my side, and nothing was changed\. It is in the log as `(\d+)`\.", sentence(answer)
    )
    assert told is not None
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told[1] in record.getMessage()
    assert str(alice.id) in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError
    caplog.clear()


async def test_a_bug_behind_a_button_is_answered_in_the_same_way(
    alice: Person, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    card = await alice.says("run cnn")
    await sql(database, "update runs set state = 'failed', finished_at = now()")
    await sql(database, "update runs set outcome = null")
    listed = await alice.says("runs list")
    assert "It is in the log as" in sentence(await alice.chooses(listed, 1))
    assert "has ended already" in sentence(await alice.presses(card, "Cancel"))
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    caplog.clear()


async def test_while_the_database_is_away_everybody_is_told_and_after_it_all_is_there(
    chat: Chat, alice: Person, postgres: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    topic, run = await alice.says("next"), await alice.says("run cnn")
    form = await alice.says("start")
    async with database_away(postgres, database):
        for attempt in (
            alice.says("next"),
            alice.says("run cnn"),
            alice.says("runs list"),
            alice.presses(topic, "I've done the reading"),
            alice.presses(run, "Cancel"),
            alice.fills(form, time_zone="Lima"),
        ):
            assert sentence(await attempt) == (
                "My database can't be reached right now. Nothing is lost; please try again in a minute."
            )
    caplog.clear()
    assert (await fetch_run(database, 1)).state == "queued"
    await alice.presses(run, "Cancel")
    assert "Cancelled by Alice" in said(run)
    assert "Europe/Berlin" in said(await alice.says("start", pace="middle"))


async def test_a_database_that_was_restarted_meanwhile_is_noticed_by_nobody(
    alice: Person, postgres: str, database: Database
) -> None:
    async with database_away(postgres, database):
        pass
    assert "Learn Python and Math Foundations" in said(await alice.says("next"))


async def test_an_answer_about_the_database_comes_before_discord_gives_up(
    chat: Chat, alice: Person, postgres: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with database_away(postgres, database), asyncio.timeout(2.5):
        assert "can't be reached" in sentence(await alice.says("next"))
    caplog.clear()


async def test_a_full_disk_has_its_own_sentence(
    alice: Person, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await sql(
        database,
        "create function full_disk() returns trigger language plpgsql as "
        "$$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$",
    )
    await sql(database, "create trigger full_disk before insert on runs execute function full_disk()")
    assert sentence(await alice.says("run cnn")).startswith("The disk of my database is full")
    caplog.clear()
    assert await sql(database, "select count(*) from procrastinate_jobs") == [(0,)]


async def test_an_answer_that_discord_does_not_take_leaves_the_run_where_it_can_be_found(
    chat: Chat, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    chat.env.inject_error("POST", "/interactions/*/callback", status=503)
    await alice.says("run cnn")
    caplog.clear()
    assert "cnn on digits · quick · run 1" in said(await alice.says("runs list"))


async def test_somebody_who_is_too_late_for_discord_is_no_error(
    chat: Chat, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    chat.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction")
    await alice.says("next")
    assert [record.levelname for record in caplog.records if record.name == "bot.errors"] == ["WARNING"]
