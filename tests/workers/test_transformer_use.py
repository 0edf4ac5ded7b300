"""A trained transformer judges a member's sentence."""

import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from lessons.errors import PersonError
from tests.workers.test_transformer import JOB, artifacts, reviews, run
from workers.messages import Finished, TrainedModel
from workers.recipes import transformer_use
from workers.recipes.sources import DataSources
from workers.report import Picture, Table, Text
from workers.using import PROMPT_MAX, Wish


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    torch.set_num_threads(1)
    folder = reviews(tmp_path_factory.mktemp("use"))
    outcome, sent = run(JOB, DataSources(cache=folder, folder=folder, allow_downloads=False))
    assert isinstance(outcome, Finished)
    return TrainedModel(7, "transformer", "imdb", artifacts(sent)["model.pt"])


@pytest.mark.parametrize(
    ("text", "said"), [("A warm, lovely film.", "Positive"), ("The plot is dull, the cast clumsy", "Negative")]
)
def test_a_sentence_is_judged(text: str, said: str, model: TrainedModel) -> None:
    answer = transformer_use.load(model, "cpu")(Wish("sentiment", text=text))
    assert answer.report.headline.startswith(f"{said}, ")
    pictures = {part.artifact for part in answer.report.parts if isinstance(part, Picture)}
    assert pictures == {artifact.name for artifact in answer.artifacts} == {"words.png", "attention.png"}
    for artifact in answer.artifacts:
        with Image.open(io.BytesIO(artifact.data)) as picture:
            assert picture.width == 1080
    (table,) = [part for part in answer.report.parts if isinstance(part, Table)]
    assert table.rows[0][0] == said.lower()
    assert sum(float(share.rstrip("%")) for _, share in table.rows) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize("text", ["", "   ", "?!… 🙂", "x" * (PROMPT_MAX + 1)])
def test_what_is_no_sentence_is_refused_with_a_sentence(text: str, model: TrainedModel) -> None:
    with pytest.raises(PersonError):
        transformer_use.load(model, "cpu")(Wish("sentiment", text=text))


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
@pytest.mark.parametrize(
    "text", ["$x^2$ is \\dull $ {", "日本語の文", "a " * 199, "a\x00b\ud800 warm", "w" * 400, "_ warm _"]
)
def test_odd_sentences_are_judged_and_drawn(text: str, model: TrainedModel) -> None:
    answer = transformer_use.load(model, "cpu")(Wish("sentiment", text=text))
    assert answer.artifacts


def test_words_that_it_never_learnt_are_named(model: TrainedModel) -> None:
    answer = transformer_use.load(model, "cpu")(Wish("sentiment", text="A warm kaleidoscope"))
    assert isinstance(answer.report.parts[0], Text)
    assert "never learnt “kaleidoscope”" in answer.report.parts[0].markdown


def test_a_model_of_docstrings_reads_what_it_read_in_training(model: TrainedModel, tmp_path: Path) -> None:
    named = TrainedModel(7, "transformer", "docstrings", model.data)
    with pytest.raises(PersonError):
        transformer_use.load(named, "cpu")(Wish("sentiment", text="numpy scipy"))
