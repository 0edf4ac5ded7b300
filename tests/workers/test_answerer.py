"""Which models an answering process keeps, and on how many threads it asks them."""

import pytest
import torch

from tests.workers.asked import ASKED, line
from workers.recipes import answerer, device
from workers.recipes.answerer import Answerer
from workers.using import Wish
from workers.wire import Question


def held(asked: Answerer, run_id: int, more: int = 0) -> set[int]:
    """What is held after a question to the model of a run."""
    question = Question(Wish("write", text="1"), "tiny", run_id, line(run_id, more=more), package=ASKED)
    return set(asked.reply(question).holds)


def test_only_the_models_asked_last_are_kept() -> None:
    asked = Answerer()
    for run_id in (1, 2, 3, 4):
        held(asked, run_id)
    assert held(asked, 1) == {1, 2, 3, 4}
    assert held(asked, 5) == {1, 3, 4, 5}, "2 was asked longest ago"


def test_a_large_model_takes_the_room_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answerer, "KEEP_BYTES", 100_000)
    asked = Answerer()
    for run_id in (1, 2, 3):
        held(asked, run_id, more=25_000)
    assert held(asked, 4, more=60_000) == {3, 4}
    assert held(asked, 5, more=200_000) == {5}, "one that is too large by itself is answered all the same"


def test_a_small_model_is_asked_on_one_thread_and_a_large_one_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answerer, "SMALL", 50_000)
    before = torch.get_num_threads()
    try:
        held(Answerer(), 1)
        assert torch.get_num_threads() == 1
        held(Answerer(), 1, more=60_000)
        assert torch.get_num_threads() == device.usable_cores()
    finally:
        torch.set_num_threads(before)
