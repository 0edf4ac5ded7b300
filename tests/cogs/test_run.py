"""What a member gets who asks for a run, and who stops one."""

import pytest
from simcord.backend.errors import SetupError

from db import presence
from db.engine import Database
from db.runs import request_cancel
from db.tables import RunState
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.runs import at, end, fetch_run, finish, finished, sql, take
from workers.catalogue import project
from workers.records import Cancelled


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def bob(bob: Person) -> Person:
    await bob.starts()
    return bob


async def worker_up(database: Database) -> None:
    async with database.transaction() as session:
        await presence.say_here(session, "worker-1", "gpu-box", "NVIDIA H100", at())


async def test_a_run_gets_a_card_that_everybody_sees_with_all_its_options(alice: Person, database: Database) -> None:
    await worker_up(database)
    card = await alice.says("run cnn", preset="standard", dataset="mnist", epochs=7, learning_rate=0.02, seed=11)
    text = said(card)
    assert not card.ephemeral
    assert "cnn on mnist · standard · run 1" in text
    assert "**epochs 7**" in text
    assert "**learning rate 0.02**" in text
    assert "· width 16 ·" in text
    assert "seed 11" in text
    assert "Next in the queue" in text
    assert buttons(card) == ["Cancel"]
    run = await fetch_run(database, 1)
    assert (run.user_id, run.user_name, run.dataset, run.seed) == (alice.id, "Alice", "mnist", 11)
    preset = project("cnn").preset_values("standard", "mnist")
    assert run.options == {**preset, "epochs": 7, "learning_rate": 0.02}
    assert card.response is not None
    assert run.message_id == card.response.id
    assert await sql(database, "select count(*) from procrastinate_jobs where status = 'todo'") == [(1,)]


async def test_without_options_it_is_the_quick_preset_on_the_data_that_is_always_there(alice: Person) -> None:
    assert "cnn on digits · quick · run 1" in said(await alice.says("run cnn"))


@pytest.mark.parametrize(
    "option", [{"epochs": 0}, {"epochs": 51}, {"learning_rate": 2.0}, {"seed": -1}, {"dataset": "cats"}, {"width": 3}]
)
async def test_discord_itself_refuses_values_out_of_bounds(
    alice: Person, database: Database, option: dict[str, object]
) -> None:
    with pytest.raises(SetupError):
        await alice.says("run cnn", **option)
    assert await sql(database, "select id from runs") == []


async def test_the_card_says_who_is_before_and_how_long_it_takes(
    alice: Person, bob: Person, database: Database
) -> None:
    await worker_up(database)
    await alice.says("run cnn")
    await finish(database, 1)
    await sql(database, "update runs set finished_at = started_at + interval '40 seconds'")
    await bob.says("run cnn")
    await take(database, 2)
    await bob.says("run cnn")
    text = said(await alice.says("run cnn"))
    assert "Number 3 in the queue** (1 waiting and 1 running before it)" in text
    assert "Going by past runs, it starts in about 80 s" in text


async def test_without_a_worker_the_card_says_so_and_since_when(alice: Person, database: Database) -> None:
    card = said(await alice.says("run cnn"))
    assert "No worker is up:** none has been up yet" in card
    assert "Your run keeps its place" in card
    await worker_up(database)
    await sql(database, "update workers set seen_at = to_timestamp(1767600000)")
    assert "the last one was seen <t:1767600000:R>" in said(await alice.says("run cnn"))


async def test_over_the_quota_a_member_is_told_what_to_do(alice: Person, bob: Person, database: Database) -> None:
    for _ in range(4):
        await alice.says("run cnn")
    refused = sentence(await alice.says("run cnn"))
    assert refused.startswith("You have 4 waiting")
    assert "`/runs list`" in refused
    assert await sql(database, "select count(*) from runs") == [(4,)]
    assert "cnn on digits" in said(await bob.says("run cnn"))
    await take(database, 1)
    assert "1 running and 3 waiting" in sentence(await alice.says("run cnn"))
    await sql(database, "update runs set state = 'failed', finished_at = now() where id = 1")
    assert "cnn on digits" in said(await alice.says("run cnn"))


async def test_a_run_in_a_dm_works_and_its_result_will_come_there(alice: Person, database: Database) -> None:
    card = await alice.whispers("run cnn", epochs=1)
    assert "cnn on digits" in said(card)
    run = await fetch_run(database, 1)
    assert (run.guild_id, run.channel_id) == (None, alice.user.dm_channel.id)


async def test_a_queued_run_is_cancelled_at_once(alice: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    await alice.presses(card, "Cancel")
    assert "Cancelled by Alice before it started. Nothing was kept." in said(card)
    assert buttons(card) == ["Again", "Change"]
    assert (await fetch_run(database, 1)).state == RunState.CANCELLED
    assert await sql(database, "select status::text from procrastinate_jobs") == [("cancelled",)]


async def test_a_running_run_is_stopped_by_its_worker_and_says_so_meanwhile(alice: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    await take(database, 1)
    await alice.presses(card, "Cancel")
    assert "Stopping…" in said(card)
    assert buttons(card) == []
    run = await fetch_run(database, 1)
    assert run.state == RunState.RUNNING
    assert run.cancel_requested_at is not None


async def test_a_second_press_on_cancel_says_that_it_was_cancelled_before(alice: Person) -> None:
    card = await alice.says("run cnn")
    listed = await alice.says("runs list")
    await alice.presses(listed, "Cancel run 1")
    assert "was cancelled before" in sentence(await alice.presses(card, "Cancel"))


async def test_what_has_ended_cannot_be_cancelled_from_an_old_card(alice: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    await finish(database, 1)
    assert "has ended already" in sentence(await alice.presses(card, "Cancel"))
    assert (await fetch_run(database, 1)).state == RunState.SUCCEEDED


async def test_somebody_elses_run_is_not_ones_own_to_cancel(alice: Person, bob: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    refused = sentence(await bob.presses(card, "Cancel"))
    assert refused.startswith("Run 1 is Alice's")
    assert "`/run cnn`" in refused
    assert (await fetch_run(database, 1)).state == RunState.QUEUED


async def test_who_manages_the_server_cancels_any_run_in_it(alice: Person, mara: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    await mara.presses(card, "Cancel")
    assert "Cancelled by Mara before it started" in said(card)
    assert (await fetch_run(database, 1)).state == RunState.CANCELLED


async def test_who_manages_one_server_cancels_no_run_of_another(
    chat: Chat, alice: Person, mara: Person, database: Database
) -> None:
    await alice.whispers("run cnn")
    own = await alice.says("run cnn")
    chat.relabel(own, "Cancel", "Cancel", "wp:run:cancel:1")
    assert "There is no run 1 here" in sentence(await mara.presses(own, "Cancel"))
    assert (await fetch_run(database, 1)).state == RunState.QUEUED


async def test_a_card_knows_who_stopped_a_running_run(alice: Person, mara: Person, database: Database) -> None:
    card = await alice.says("run cnn")
    run = await take(database, 1)
    assert run is not None
    await mara.presses(card, "Cancel")
    await end(database, run, Cancelled(by="Mara", step=40))
    assert "Cancelled by Mara while it ran at step 40" in said(await alice.says("runs show", run=1))


async def test_a_cancel_that_comes_too_late_leaves_the_result(alice: Person, database: Database) -> None:
    await alice.says("run cnn")
    run = await take(database, 1)
    assert run is not None
    async with database.transaction() as session:
        await request_cancel(session, 1, at(), by="Alice")
    await end(database, run, finished(0.98))
    assert "98.0% of test digits right" in said(await alice.says("runs show", run=1))
