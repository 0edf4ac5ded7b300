"""What a person may ask of a training project, and what they are told when it cannot be."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.errors import PersonError
from workers.catalogue import PRESETS, PROJECTS, ChoiceOption, FloatOption, IntOption, OptionValue, project, resolve

ANY_VALUE = st.one_of(st.integers(), st.floats(), st.booleans(), st.text())


def attempt(read: Callable[[Any], OptionValue], given_value: object) -> OptionValue | PersonError:
    try:
        return read(given_value)
    except PersonError as error:
        return error


def test_nothing_asked_for_is_the_default() -> None:
    job = resolve("cnn")
    assert (job.project, job.preset, job.dataset) == ("cnn", "quick", "digits")
    assert job.options == project("cnn").preset_values("quick", "digits")


def test_a_seed_is_drawn_and_can_be_asked_for_again() -> None:
    drawn = {resolve("cnn").seed for _ in range(20)}
    assert len(drawn) > 1
    assert resolve("cnn", seed=max(drawn)).seed == max(drawn)


def test_own_options_go_on_top_of_the_preset() -> None:
    job = resolve("cnn", preset="standard", dataset="mnist", options={"epochs": 7, "width": None, "learning_rate": 1})
    preset = project("cnn").preset_values("standard", "mnist")
    assert job.options == {**preset, "epochs": 7, "learning_rate": 1.0}
    assert project("cnn").changed(job) == {"epochs": 7, "learning_rate": 1.0}


@pytest.mark.parametrize("project_id", PROJECTS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_complete_and_within_the_bounds(project_id: str, preset: str) -> None:
    chosen = project(project_id)
    for dataset in chosen.datasets:
        values = chosen.preset_values(preset, dataset.id)
        assert values.keys() == {option.name for option in chosen.options}
        assert {name: chosen.option(name).check(value) for name, value in values.items()} == values


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"options": {"epochs": 900}}, "epochs must be between 1 and 50; you asked for 900."),
        ({"options": {"epochs": 0}}, "epochs must be between 1 and 50; you asked for 0."),
        ({"options": {"epochs": 2.5}}, "epochs must be a whole number; you gave “2.5”."),
        ({"options": {"epochs": True}}, "epochs must be a whole number; you gave “True”."),
        ({"options": {"epochs": 10**4000}}, "epochs must be between 1 and 50; you asked for far more."),
        (
            {"options": {"learning_rate": 2}},
            "learning_rate must be between 0.00001 and 1; you asked for 2.",
        ),
        ({"options": {"learning_rate": float("nan")}}, "learning_rate must be a number; you gave “nan”."),
        ({"options": {"pooling": "mean"}}, "pooling must be one of max, flatten; you gave “mean”."),
        (
            {"options": {"epoch": 3}},
            (
                "cnn has no option “epoch”. Did you mean “epochs”? "
                "There is: activation, average, batch_size, depth, dropout, epochs, erase, label_smoothing, "
                "learning_rate, mirror, normalisation, optimiser, pooling, schedule, shift, views, warp, "
                "weight_decay, width."
            ),
        ),
        ({"preset": "slow"}, "cnn has no preset “slow”. There is: best, quick, standard."),
        (
            {"dataset": "MNSIT"},
            (
                "cnn has no data set “MNSIT”. Did you mean “mnist”? "
                "There is: cifar10, cifar10-jpeg, digits, fashion-mnist, mnist."
            ),
        ),
        ({"seed": -3}, "seed must be between 0 and 2,147,483,647; you asked for -3."),
    ],
)
def test_a_wrong_wish_gets_one_clear_sentence(wish: dict[str, object], sentence: str) -> None:
    with pytest.raises(PersonError) as caught:
        resolve("cnn", **wish)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_an_unknown_project_is_told_the_known_ones() -> None:
    with pytest.raises(PersonError, match=r"There is no project “cmn”. Did you mean “cnn”\? There is: .*cnn"):
        resolve("cmn")


@given(ANY_VALUE)
def test_whatever_is_given_an_option_returns_a_value_within_its_bounds_or_says_why_not(value: OptionValue) -> None:
    for option in project("cnn").options:
        match option, attempt(option.check, value):
            case _, PersonError(sentence=sentence):
                assert sentence.startswith(f"{option.name} must be ")
            case IntOption(minimum=minimum, maximum=maximum), int() as checked:
                assert minimum <= checked <= maximum
            case FloatOption(minimum=least, maximum=most), float() as checked:
                assert least <= checked <= most
            case ChoiceOption(choices=choices), checked:
                assert checked in choices
            case _, other:
                pytest.fail(f"{option.name} became {other!r}")


@given(st.text())
def test_whatever_is_typed_an_option_is_read_or_says_why_not(text: str) -> None:
    for option in project("cnn").options:
        match attempt(option.parse, text):
            case PersonError(sentence=sentence):
                assert sentence.startswith(f"{option.name} must be ")
            case value:
                assert option.check(value) == value


def test_what_is_shown_of_a_number_can_be_read() -> None:
    accuracy, loss = project("cnn").headline, project("cnn").progress_metrics[0]
    assert accuracy.show(0.99051) == "99.05 %"
    assert loss.show(0.03124) == "0.0312"
    assert accuracy.better(0.99, than=0.98)
    assert loss.better(0.1, than=0.2)
