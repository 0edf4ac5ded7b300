"""`/use write`: the trained model goes on from any prompt."""

from collections.abc import Callable

import pytest
import torch

from lessons.errors import PersonError
from workers.messages import TrainedModel
from workers.recipes import rnn, rnn_use
from workers.recipes.rnn_data import RARE
from workers.recipes.state import pack
from workers.report import Text
from workers.using import Answer, Wish

KNOWN = "\n !',.-abcdefghijklmnopqrstuvwxyzABC`"


@pytest.fixture(params=["rnn", "lstm", "gru"], scope="module")
def write(request: pytest.FixtureRequest) -> Callable[[Wish], Answer]:
    torch.manual_seed(1)
    shape = {"cell": request.param, "units": 12, "layers": 2, "dropout": 0.1, "characters": len(KNOWN)}
    net = rnn.Net(rnn.Shape(**shape))
    data = pack({"shape": shape, "characters": KNOWN, "weights": net.state_dict()})
    return rnn_use.load(TrainedModel(1, "rnn", "own", data), "cpu")


def shown(answer: Answer) -> list[str]:
    return [part.markdown for part in answer.report.parts if isinstance(part, Text)]


def test_it_goes_on_from_the_prompt_and_the_same_seed_writes_the_same(write: Callable[[Wish], Answer]) -> None:
    first, again, other = (shown(write(Wish("write", "hello", seed=seed))) for seed in (1, 1, 2))
    assert first == again != other
    (text,) = first
    assert text.startswith("```\nhello▸")
    assert text.endswith("\n```")
    assert text.count("```") == 2
    assert len(text) > rnn_use.CHARACTERS


def test_no_prompt_is_a_prompt_too(write: Callable[[Wish], Answer]) -> None:
    assert len(shown(write(Wish("write", "")))[0]) > 300
    assert len(shown(write(Wish("write", "   \n")))[0]) > 300


def test_a_character_that_it_never_saw_is_named_and_left_out(write: Callable[[Wish], Answer]) -> None:
    text, note = shown(write(Wish("write", "caf☃e")))
    assert text.startswith("```\ncafe▸")
    assert "☃" in note


def test_a_prompt_of_nothing_that_it_knows_is_refused_with_what_it_knows(write: Callable[[Wish], Answer]) -> None:
    with pytest.raises(PersonError, match=r"It knows: .*a b c"):
        write(Wish("write", "漢字"))


@pytest.mark.parametrize("temperature", [0.0, -1.0, 2.5, float("nan"), float("inf")])
def test_a_temperature_out_of_bounds_is_refused(write: Callable[[Wish], Answer], temperature: float) -> None:
    with pytest.raises(PersonError, match=r"between 0\.1 and 2"):
        write(Wish("write", "a", temperature=temperature))


@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_the_bounds_themselves_are_allowed(write: Callable[[Wish], Answer], temperature: float) -> None:
    write(Wish("write", "a" * 5000, temperature=temperature))


def test_letters_near_to_those_that_it_knows_are_taken() -> None:
    numbers = {character: number for number, character in enumerate(KNOWN)}
    assert rnn_use.understood("“Ähm”—É…", numbers) == ("Ahm-e...", "“”")
    assert rnn_use.understood("ab漢", {**numbers, RARE: 99}) == (f"ab{RARE}", "漢")
