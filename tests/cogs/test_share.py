"""A run that its member shares: how to make it again, who may do what with it, and taking it back."""

import re
import shlex

import pytest

from bot.share_cards import chat_line, terminal_line
from db.engine import Database
from db.tables import Run
from tests.cogs.chat import Person, buttons, said, sentence
from tests.runs import FAILED, end, fetch_run, finish, sql, take
from workers.catalogue import project, resolve


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def trained(alice: Person, database: Database) -> Person:
    """Alice with a finished run 1."""
    await alice.says("run cnn", epochs=3, learning_rate=0.00012, seed=5)
    await finish(database, 1, 0.96)
    return alice


async def test_sharing_posts_for_everybody_how_to_make_it_again_to_the_digit(
    trained: Person, database: Database
) -> None:
    card = await trained.presses(await trained.says("runs show", run=1), "Share")
    assert not card.ephemeral
    text = said(card)
    assert "Alice: 96.0% of test digits right" in text
    assert "/run cnn preset:quick dataset:digits epochs:3 learning_rate:0.00012 " in text
    assert "waypoint train cnn --preset quick --dataset digits --epochs 3 --learning-rate 0.00012 " in text
    for part in ("seed:5", "--seed 5", "Digits, 1,437 training", "CPU, 2 cores", "torch 2.13.0", "same digits"):
        assert part in text
    assert buttons(card) == ["Make it again", "Show", "Compare", "Stop sharing"]
    assert (await fetch_run(database, 1)).shared_at is not None


def test_both_lines_say_every_option_so_that_they_give_the_same_job() -> None:
    job = resolve("cnn", preset="standard", dataset="mnist", seed=9, options={"learning_rate": 0.012345678, "shift": 3})
    run = Run(project="cnn", preset="standard", dataset="mnist", seed=9, options=dict(job.options))
    chosen = project("cnn")
    said_in_chat = dict(re.findall(r"(\w+):(\S+)", chat_line(run)))
    words = shlex.split(terminal_line(run, None))
    said_in_terminal = {
        name.removeprefix("--").replace("-", "_"): value for name, value in zip(words[3::2], words[4::2], strict=True)
    }
    for said_there in (said_in_chat, said_in_terminal):
        preset, dataset, seed = (said_there.pop(name) for name in ("preset", "dataset", "seed"))
        options = {name: chosen.option(name).parse(value) for name, value in said_there.items()}
        assert set(options) == set(job.options)
        assert resolve("cnn", preset=preset, dataset=dataset, seed=int(seed), options=options) == job


async def test_others_see_a_shared_run_and_only_a_shared_one(trained: Person, bob: Person) -> None:
    assert sentence(await bob.says("runs show", run=1)).startswith("Run 1 is Alice's")
    shared = await trained.presses(await trained.says("runs show", run=1), "Share")
    assert "96.0% of test digits right" in said(await bob.presses(shared, "Show"))
    assert "96.0% of test digits right" in said(await bob.says("runs show", run=1))


async def test_sharing_is_taken_back_by_its_member_only(trained: Person, bob: Person, database: Database) -> None:
    shared = await trained.presses(await trained.says("runs show", run=1), "Share")
    assert sentence(await bob.presses(shared, "Stop sharing")).startswith("Run 1 is Alice's")
    await trained.presses(shared, "Stop sharing")
    assert "Alice shares this run no more" in said(shared)
    assert (await fetch_run(database, 1)).shared_at is None
    assert sentence(await bob.says("runs show", run=1)).startswith("Run 1 is Alice's")


async def test_a_run_is_shared_since_the_first_time(trained: Person, database: Database) -> None:
    card = await trained.says("runs show", run=1)
    await trained.presses(card, "Share")
    since = (await fetch_run(database, 1)).shared_at
    await trained.presses(card, "Share")
    assert (await fetch_run(database, 1)).shared_at == since


async def test_a_run_without_a_result_is_not_shared(alice: Person, database: Database) -> None:
    await alice.says("run cnn")
    run = await take(database, 1)
    assert run is not None
    await end(database, run, FAILED)
    card = await alice.says("runs show", run=1)
    assert "Share" not in buttons(card)
    assert await sql(database, "select shared_at from runs") == [(None,)]
