"""What a member does with a run that ended: look at it, again, change, compare, take the model; find it in a list."""

import json

import pytest

from db.engine import Database
from tests.cogs.chat import Chat, Person, buttons, fields_of, files, pictures, said, sentence
from tests.quizzing import make_familiar
from tests.runs import FAILED, end, fetch_run, finish, sql, take
from workers.messages import Progress
from workers.records import dump_progress


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def trained(alice: Person, database: Database) -> Person:
    """Alice with a finished run 1."""
    await alice.says("run cnn", epochs=3, seed=5)
    await finish(database, 1, 0.96)
    return alice


async def test_a_result_shows_curves_tables_and_all_that_one_needs_to_get_it_again(trained: Person) -> None:
    card = await trained.says("runs show", run=1)
    text = said(card)
    assert "96.0% of test digits right" in text
    assert pictures(card) == ["Loss and accuracy by epoch", "Which digit was taken for which"]
    assert files(card) == ["curves.png", "confusion.png"]
    assert "The worst-confused pair is 8 and 1." in text
    assert "reference" in text
    for part in ("**epochs 3**", "seed 5", "Digits, 1,437 training", "CPU, 2 cores", "training 2.5 s", "torch 2.13.0"):
        assert part in text
    assert buttons(card) == ["Again", "Change", "Compare", "Share", "Use it", "Model file"]


async def test_a_result_says_what_it_means_for_the_topic(trained: Person) -> None:
    assert "The project of *" in said(await trained.says("runs show", run=1))
    assert "ahead of its turn" in said(await trained.says("runs show", run=1))


async def test_a_result_names_the_quiz_that_is_left(trained: Person, database: Database) -> None:
    opened = "insert into topic_progress (user_id, topic_id, opened_at, project_run_at, read_at, done_at) "
    for place, topic in enumerate(("python-math", "neural-networks", "preprocessing", "backpropagation")):
        await sql(
            database,
            f"{opened} values (:user, :topic, now(), now(), now(), now()) "
            "on conflict (user_id, topic_id) do update set read_at = now(), done_at = now()",
            user=trained.id,
            topic=topic,
        )
        expected = "what is left is the quiz (`/quiz`, 0 of 4 skills so far)" if place == 3 else "ahead of its turn"
        assert expected in said(await trained.says("runs show", run=1))
    await sql(database, "update topic_progress set skipped_at = now() where topic_id = 'cnn'")
    assert "what is left of what you set aside is the quiz" in said(await trained.says("runs show", run=1))
    await make_familiar(database, trained.id, "cnn")
    assert "is done. `/next` takes you on" in said(await trained.says("runs show", run=1))


async def test_a_result_is_held_against_the_best_before(trained: Person, database: Database) -> None:
    await trained.says("run cnn")
    await finish(database, 2, 0.98)
    assert "Your best on digits so far: before it was 96.00 % (run 1)" in said(await trained.says("runs show", run=2))
    assert "Your best on digits is still run 2 with 98.00 %" in said(await trained.says("runs show", run=1))


async def test_the_best_before_is_found_however_long_ago_it_was(trained: Person, database: Database) -> None:
    await sql(
        database,
        "insert into runs (user_id, user_name, channel_id, project, preset, dataset, seed, options, state, outcome) "
        "select user_id, user_name, channel_id, project, preset, dataset, seed, options, state, "
        "jsonb_set(outcome, '{metrics,test_accuracy}', '0.5') from runs, generate_series(1, 40)",
    )
    await trained.says("run cnn")
    await finish(database, 42, 0.9)
    assert "Your best on digits is still run 1 with 96.00 %" in said(await trained.says("runs show", run=42))


async def test_a_failed_run_says_why_and_what_to_try(alice: Person, database: Database) -> None:
    await alice.says("run cnn")
    run = await take(database, 1)
    assert run is not None
    await end(database, run, FAILED)
    card = await alice.says("runs show", run=1)
    assert FAILED.sentence in said(card)
    assert FAILED.advice in said(card)
    assert buttons(card) == ["Again", "Change"]


async def test_again_asks_for_the_same_run_with_another_seed(trained: Person, database: Database) -> None:
    card = await trained.presses(await trained.says("runs show", run=1), "Again")
    assert not card.ephemeral
    first, second = await fetch_run(database, 1), await fetch_run(database, 2)
    assert (second.preset, second.dataset, second.options) == (first.preset, first.dataset, first.options)
    assert second.seed != first.seed
    assert second.message_id == card.response.id


async def test_change_opens_a_form_with_the_run_as_it_was(trained: Person, database: Database) -> None:
    form = await trained.presses(await trained.says("runs show", run=1), "Change")
    fields = fields_of(form)
    assert fields["Options"]["value"].splitlines()[:2] == ["epochs: 3", "learning_rate: 0.01"]
    assert fields["Seed"]["value"] == "5"
    await trained.fills(form, options="epochs: 4\nLearning rate = 1e-3\n\nwidth:8", seed="")
    changed = await fetch_run(database, 2)
    assert (changed.options["epochs"], changed.options["learning_rate"], changed.options["width"]) == (4, 0.001, 8)
    assert changed.options["batch_size"] == 64  # what was left out is the preset's
    assert changed.dataset == "digits"


async def test_change_takes_another_data_set(trained: Person, database: Database) -> None:
    form = await trained.presses(await trained.says("runs show", run=1), "Change")
    await trained.fills(form, data_set=["mnist"])
    assert (await fetch_run(database, 2)).dataset == "mnist"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"options": "epoch: 5"}, "Did you mean “epochs”?"),
        ({"options": "epochs: 500"}, "epochs must be between 1 and 50; you asked for 500"),
        ({"options": "epochs: many"}, "epochs must be a whole number"),
        ({"options": "epochs 5"}, "Write one option a line"),
        ({"options": "learning_rate: nan"}, "learning_rate must be a number"),
        ({"options": "pooling: average"}, "pooling must be one of max, flatten"),
        ({"seed": "lucky"}, "The seed must be a whole number; you gave “lucky”"),
        ({"seed": "-3"}, "The seed must be a whole number"),
        ({"seed": "99999999999"}, "seed must be between 0 and"),
    ],
)
async def test_a_slip_in_the_form_is_named_and_nothing_is_queued(
    trained: Person, database: Database, fields: dict[str, str], expected: str
) -> None:
    form = await trained.presses(await trained.says("runs show", run=1), "Change")
    assert expected in sentence(await trained.fills(form, **fields))
    assert await sql(database, "select count(*) from runs") == [(1,)]


async def test_compare_puts_ones_runs_in_a_table_best_first(trained: Person, database: Database) -> None:
    alone = await trained.presses(await trained.says("runs show", run=1), "Compare")
    assert "Train it again with other options to compare" in said(alone)
    await trained.says("run cnn", epochs=9)
    await finish(database, 2, 0.99)
    table = said(await trained.presses(await trained.says("runs show", run=1), "Compare"))
    lines = table.splitlines()
    best, mine = (next(n for n, line in enumerate(lines) if line.startswith(mark)) for mark in (" 2", "▸1"))
    assert best < mine
    assert "99.00 %" in lines[best]
    assert lines[best].endswith("9")
    assert "epochs" in table
    assert "width" not in table  # it was the same in both


async def test_the_model_file_is_handed_out_with_how_to_load_it(trained: Person) -> None:
    card = await trained.presses(await trained.says("runs show", run=1), "Model file")
    assert files(card) == ["cnn-digits-run1.pt"]
    assert "torch.load('cnn-digits-run1.pt'" in said(card)
    assert card.ephemeral
    assert card.response is not None
    assert card.response.attachments[0].size == len(b"PK\x03\x04 weights")


async def test_a_run_without_a_model_says_so(trained: Person, database: Database) -> None:
    await sql(database, "delete from artifacts where name = 'model.pt'")
    assert "kept no model file" in sentence(await trained.presses(await trained.says("runs show", run=1), "Model file"))


async def test_a_model_too_large_for_discord_is_not_sent(trained: Person, database: Database) -> None:
    await sql(
        database, "update artifacts set data = decode(repeat('00', 30 * 1024 * 1024), 'hex') where name = 'model.pt'"
    )
    refused = sentence(await trained.presses(await trained.says("runs show", run=1), "Model file"))
    assert "30 MB" in refused
    assert "Whoever runs this bot can hand it to you" in refused


async def test_somebody_elses_result_is_not_ones_own_to_press(chat: Chat, trained: Person, bob: Person) -> None:
    shared = await trained.says("roadmap", share=True)
    for label, custom_id in {
        "Again": "wp:run:again:1",
        "Change": "wp:run:change:1",
        "Compare": "wp:run:compare:1",
        "Model file": "wp:run:model:1",
        "Show": "wp:run:show:1",
    }.items():
        chat.relabel(shared, buttons(shared)[0], label, custom_id)
        assert sentence(await bob.presses(shared, label)).startswith("Run 1 is Alice's")


async def test_a_list_without_runs_says_how_to_begin(alice: Person) -> None:
    assert "No runs yet" in said(await alice.says("runs list"))
    assert "`/run cnn`" in said(await alice.says("runs list"))


async def test_a_list_shows_how_each_run_went(trained: Person, database: Database) -> None:
    for _ in range(3):
        await trained.says("run cnn")
    failed = await take(database, 2)
    assert failed is not None
    await end(database, failed, FAILED)
    await take(database, 3)
    step = dump_progress(Progress(step=45, total=90, metrics={}))
    await sql(database, "update runs set progress = cast(:p as jsonb) where id = 3", p=json.dumps(step))
    text = said(await trained.says("runs list"))
    assert "4 runs, active ones first" in text
    assert "run 1** · test accuracy 96.00 %, 3.1 s" in text
    assert "⚠️" in text
    assert "run 3** · running, 50%" in text
    assert "run 4** · queued" in text
    assert text.index("run 3") < text.index("run 1")


async def test_a_run_is_shown_from_the_list(trained: Person) -> None:
    shown = await trained.chooses(await trained.says("runs list"), 1)
    assert "96.0% of test digits right" in said(shown)


async def test_a_queued_run_is_cancelled_from_the_list(trained: Person, database: Database) -> None:
    await trained.says("run cnn")
    listed = await trained.says("runs list")
    assert buttons(listed) == ["Cancel run 2"]
    await trained.presses(listed, "Cancel run 2")
    assert (await fetch_run(database, 2)).state == "cancelled"


async def test_a_long_list_has_pages(trained: Person, database: Database) -> None:
    for number in range(2, 12):
        await trained.says("run cnn")
        await finish(database, number)
    card = await trained.says("runs list")
    assert "run 11**" in said(card)
    assert "run 3**" not in said(card)
    assert buttons(card) == ["Older"]
    await trained.presses(card, "Older")
    assert "run 3**" in said(card)
    assert buttons(card) == ["Newer"]
    await trained.presses(card, "Newer")
    assert "run 11**" in said(card)


async def test_a_run_of_somebody_else_or_of_nobody_is_not_shown(trained: Person, bob: Person) -> None:
    assert sentence(await bob.says("runs show", run=1)).startswith("Run 1 is Alice's")
    assert sentence(await bob.says("runs show", run=99)) == "There is no run 99. `/runs list` shows yours."


async def test_runs_are_offered_while_typing_ones_own_only(chat: Chat, trained: Person, bob: Person) -> None:
    await trained.says("run cnn", preset="best")
    offered = await trained.member.autocomplete(chat.channel, "runs show", "run", "")
    assert [choice["value"] for choice in offered] == [2, 1]
    assert "test accuracy 96.00 %" in offered[1]["name"]
    found = await trained.member.autocomplete(chat.channel, "runs show", "run", "BEST")
    assert [choice["value"] for choice in found] == [2]
    assert await bob.member.autocomplete(chat.channel, "runs show", "run", "") == []
