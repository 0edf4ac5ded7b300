"""Finished runs side by side: what differs, what came out, and the curves over one another from a worker."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from db import asks, presence
from db.engine import Database
from tests.cogs.chat import Chat, Person, files, pictures, said, sentence
from tests.runs import FAILED, at, end, finish, sql, take
from workers.recipes.compare_use import load
from workers.records import dump_answer, load_wish


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def three(alice: Person, database: Database) -> Person:
    """Alice with finished runs 1 to 3."""
    for number, accuracy in enumerate((0.96, 0.99, 0.97), start=1):
        await alice.says("run cnn", epochs=number, seed=5)
        await finish(database, number, accuracy)
    return alice


@pytest.fixture
async def worker(chat: Chat, database: Database) -> AsyncIterator[None]:
    """A worker that is up, and answers what is asked with what the real one draws."""
    async with database.transaction() as session:
        await presence.say_here(session, "worker-1", "box", "CPU", at())
    draw = load(None, "cpu")

    async def work() -> None:
        while True:
            for (ask_id,) in await sql(database, "select id from model_asks where answered_at is null"):
                async with database.transaction() as session:
                    row = await asks.get(session, int(str(ask_id)))
                    assert row is not None
                    answer = draw(load_wish(row.wish, row.picture))
                    await asks.answer(session, row.id, at(), dump_answer(answer.report), answer.artifacts)
            await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(work()), asyncio.create_task(chat.bot.answers.run())]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_runs_stand_side_by_side_with_what_differs_and_what_came_out(three: Person) -> None:
    card = await three.says("compare", run1=1, run2=2, run3=3)
    assert card.ephemeral
    text = said(card)
    assert "cnn: runs 1, 2 and 3 side by side" in text
    accuracy = text[text.index("**Result**") :].splitlines()[1]
    assert accuracy == "- test accuracy: #1 **96.00 %** · #2 **99.00 % ★** · #3 **97.00 %**"
    differs = text[text.index("**What differs**") :].splitlines()
    assert [line.split() for line in differs if line.startswith("run")] == [["run", "#1", "#2", "#3"]]
    assert [line.split() for line in differs if line.startswith("epochs")] == [["epochs", "1", "2", "3"]]
    assert "width" not in text
    assert "seed" not in text


@pytest.mark.usefixtures("worker")
async def test_a_worker_draws_the_curves_over_one_another(three: Person) -> None:
    card = await three.says("compare", run1=1, run2=3)
    assert files(card) == ["compared.png"]
    assert pictures(card) == ["As they trained: train loss."]
    assert "cnn: runs 1 and 3 side by side" in said(card)
    assert "Drawing" not in said(card)


async def test_without_a_worker_the_tables_come_all_the_same(three: Person) -> None:
    text = said(await three.says("compare", run1=1, run2=2))
    assert "99.00 % ★" in text
    assert "No curves this time: " in text
    assert "worker" in text


async def test_runs_are_put_side_by_side_from_the_table_of_all(three: Person) -> None:
    table = await three.presses(await three.says("runs show", run=1), "Compare")
    assert "test accuracy of your 3 finished runs, best first" in said(table)
    assert "cnn: runs 1 and 3 side by side" in said(await three.chooses(table, 3))


async def test_others_compare_a_shared_run_with_their_own(three: Person, bob: Person, database: Database) -> None:
    await bob.starts()
    await bob.says("run cnn", epochs=4)
    await finish(database, 4, 0.95)
    assert sentence(await bob.says("compare", run1=4, run2=1)).startswith("Run 1 is Alice's")
    shared = await three.presses(await three.says("runs show", run=1), "Share")
    text = said(await bob.says("compare", run1=4, run2=1))
    assert "run 1 is Alice's" in text
    assert "96.00 % ★" in text
    assert "runs 1 and 4 side by side" in said(await bob.chooses(await bob.presses(shared, "Compare"), 4))


async def test_what_is_no_pair_of_results_is_named(three: Person, database: Database) -> None:
    assert "two to 4 different runs" in sentence(await three.says("compare", run1=1, run2=1))
    assert "There is no run 99" in sentence(await three.says("compare", run1=1, run2=99))
    await three.says("run cnn")
    assert "Run 4 has no result to compare" in sentence(await three.says("compare", run1=1, run2=4))
    run = await take(database, 4)
    assert run is not None
    await end(database, run, FAILED)
    assert "Run 4 has no result to compare" in sentence(await three.says("compare", run1=4, run2=1))


async def test_runs_on_different_data_are_compared_with_a_warning(three: Person, database: Database) -> None:
    await three.says("run cnn", dataset="mnist")
    await finish(database, 4, 0.999)
    text = said(await three.says("compare", run1=1, run2=4))
    assert "Trained on different data" in text
    assert "mnist" in text


async def test_equal_runs_say_so(three: Person, database: Database) -> None:
    await three.says("run cnn", epochs=1, seed=5)
    await finish(database, 4, 0.96)
    text = said(await three.says("compare", run1=1, run2=4))
    assert "All options are the same" in text
    assert "★" not in text


async def test_finished_runs_are_offered_and_those_named_already_are_not(
    chat: Chat, three: Person, bob: Person
) -> None:
    await three.says("run cnn")
    offered = await three.member.autocomplete(chat.channel, "compare", "run2", "", run1=2)
    assert [choice["value"] for choice in offered] == [3, 1]
    assert await bob.member.autocomplete(chat.channel, "compare", "run1", "") == []
    await three.presses(await three.says("runs show", run=1), "Share")
    (shared,) = await bob.member.autocomplete(chat.channel, "compare", "run1", "")
    assert shared["value"] == 1
    assert shared["name"].startswith("Alice: ")
