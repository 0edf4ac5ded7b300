"""A run once more: with one thing changed in two presses, by its member and by others."""

import pytest

from db.engine import Database
from tests.cogs.chat import Chat, Person, buttons, fields_of, said, sentence, walk
from tests.runs import end, fetch_run, finish, finished, sql, take
from workers.messages import Fallback, Finished


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def bob(bob: Person) -> Person:
    await bob.starts()
    return bob


@pytest.fixture
async def trained(alice: Person, database: Database) -> Person:
    """Alice with a finished run 1."""
    await alice.says("run cnn", epochs=3, width=8, seed=5)
    await finish(database, 1, 0.96)
    return alice


async def test_with_one_option_changed_it_is_two_presses(trained: Person, database: Database) -> None:
    card = await trained.says("runs again")
    form = await trained.chooses(card, "epochs")
    assert list(fields_of(form)) == ["Epochs"]
    assert fields_of(form)["Epochs"]["value"] == "3"
    await trained.fills(form, epochs="4")
    first, second = await fetch_run(database, 1), await fetch_run(database, 2)
    assert second.options == {**first.options, "epochs": 4}
    assert (second.seed, second.dataset, second.preset) == (5, "digits", "quick")


async def test_the_card_lists_what_can_be_changed_with_what_it_is_now(trained: Person) -> None:
    card = await trained.says("runs again", run=1)
    assert card.ephemeral
    text = said(card)
    for part in ("Again: 🔢 cnn on digits", "test accuracy 96.00 %", "Epochs: 3", "Learning rate: 0.01", "Seed: 5"):
        assert part in text
    assert "Data set: digits" in text
    assert buttons(card) == ["Run again", "Change several"]


async def test_run_again_is_the_same_run_with_another_seed(trained: Person, database: Database) -> None:
    await trained.presses(await trained.says("runs again"), "Run again")
    first, second = await fetch_run(database, 1), await fetch_run(database, 2)
    assert second.options == first.options
    assert second.seed != first.seed


async def test_choices_are_chosen_and_numbers_typed(trained: Person, database: Database) -> None:
    form = await trained.chooses(await trained.says("runs again"), "pooling")
    field = fields_of(form)["Pooling"]
    assert [option["value"] for option in field["options"]] == ["max", "flatten"]
    assert [option["value"] for option in field["options"] if option.get("default")] == ["flatten"]
    await trained.fills(form, pooling=["max"])
    assert (await fetch_run(database, 2)).options["pooling"] == "max"


async def test_another_data_set_brings_its_presets_values_but_not_over_ones_own(
    trained: Person, database: Database
) -> None:
    form = await trained.chooses(await trained.says("runs again"), "data set")
    await trained.fills(form, data_set=["mnist"])
    run = await fetch_run(database, 2)
    assert (run.dataset, run.options["width"], run.options["epochs"]) == ("mnist", 8, 3)
    assert run.options["batch_size"] == 128  # of the preset for MNIST, where digits has 64


@pytest.mark.parametrize(("said_seed", "expected"), [("77", 77), ("", None)])
async def test_another_seed_is_said_or_drawn(
    trained: Person, database: Database, said_seed: str, expected: int | None
) -> None:
    form = await trained.chooses(await trained.says("runs again"), "seed")
    await trained.fills(form, seed=said_seed)
    run = await fetch_run(database, 2)
    assert run.seed == expected if expected is not None else run.seed != 5
    assert run.options == (await fetch_run(database, 1)).options


@pytest.mark.parametrize(
    ("what", "fields", "expected"),
    [
        ("epochs", {"epochs": "0"}, "epochs must be between 1 and 50; you asked for 0"),
        ("epochs", {"epochs": "lots"}, "epochs must be a whole number; you gave “lots”"),
        ("learning_rate", {"learning_rate": "2"}, "learning_rate must be between 0.00001 and 1"),
        ("seed", {"seed": "x"}, "The seed must be a whole number"),
    ],
)
async def test_a_slip_is_named_and_nothing_is_queued(
    trained: Person, database: Database, what: str, fields: dict[str, str], expected: str
) -> None:
    form = await trained.chooses(await trained.says("runs again"), what)
    assert expected in sentence(await trained.fills(form, **fields))
    assert await sql(database, "select count(*) from runs") == [(1,)]


async def test_without_runs_it_says_how_to_begin(alice: Person) -> None:
    assert "You have no runs yet. `/run cnn`" in sentence(await alice.says("runs again"))


async def test_the_latest_is_meant_where_none_is_named(trained: Person) -> None:
    await trained.says("run cnn", epochs=9)
    assert "Epochs: 9" in said(await trained.says("runs again"))
    assert "Epochs: 3" in said(await trained.says("runs again", run=1))


async def test_nobody_does_anothers_run_again_that_is_not_shared(trained: Person, bob: Person) -> None:
    assert sentence(await bob.says("runs again", run=1)).startswith("Run 1 is Alice's")


async def test_every_form_fits_discord(trained: Person) -> None:
    card = await trained.says("runs again")
    assert card.response is not None
    (picker,) = [part for part in walk(card.response.components) if part["type"] == 3]
    assert 5 < len(picker["options"]) <= 25
    for option in picker["options"]:
        form = await trained.chooses(card, option["value"])
        assert form.modal is not None, option


async def test_what_was_trained_on_other_data_instead_says_so_and_goes_on_with_that(
    alice: Person, database: Database
) -> None:
    await alice.says("run cnn", dataset="mnist", epochs=2)
    run = await take(database, 1)
    assert run is not None
    plain = finished(0.9)
    instead = Fallback("digits", {**run.options, "epochs": 2})
    report = type(plain.report)("90 % of digits read right (mnist was not to be had)", plain.report.parts)
    fell_back = Finished(
        plain.metrics, plain.dataset, plain.seconds, plain.device, plain.versions, report, plain.curves, instead
    )
    assert await end(database, run, fell_back)
    text = said(await alice.says("runs show", run=1))
    assert "(mnist was not to be had)" in text
    assert "cnn on digits · quick · run 1" in text
    await alice.presses(await alice.says("runs again"), "Run again")
    assert (await fetch_run(database, 2)).dataset == "digits"


async def test_others_make_a_shared_run_again_with_its_seed(
    chat: Chat, trained: Person, bob: Person, database: Database
) -> None:
    shared = await trained.presses(await trained.says("runs show", run=1), "Share")
    await bob.presses(shared, "Make it again")
    first, second = await fetch_run(database, 1), await fetch_run(database, 2)
    assert second.user_id == bob.id
    assert (second.options, second.seed, second.dataset) == (first.options, first.seed, first.dataset)
