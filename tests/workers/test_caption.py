"""The captioner learns to look, gives the same figures for the same seed, and goes on where it was interrupted."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from lessons.errors import PersonError
from tests.workers.test_cnn import artifacts, never
from workers.catalogue_caption import CAPTION
from workers.messages import Checkpoint, Failed, Finished, Sample, TrainedModel, TrainerMessage, TrainingJob
from workers.recipes import caption, caption_data, caption_use
from workers.recipes.caption_data import LONGEST, Vocabulary, made_scenes, plain
from workers.recipes.caption_net import END, PAD, START, UNKNOWN, Captioner, Seen, Shape, attend
from workers.recipes.caption_search import captions, search
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.state import pack, unpack
from workers.report import File, Picture
from workers.using import Wish

SMALL = {"epochs": 2, "batch_size": 10, "width": 32, "embedding": 16, "beam": 2, "pictures": 200, "learning_rate": 0.01}
JOB = TrainingJob("caption", "quick", "scenes", 5, {**CAPTION.preset_values("quick", "scenes"), **SMALL})
STEPS = 40


@pytest.fixture(scope="module", autouse=True)
def few_scenes() -> Iterator[None]:
    """Small parts to validate and test with: their size is no part of what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(caption_data, "HELD_OUT", 20)
        yield


def run(
    job: TrainingJob, *, stop_asked: Callable[[], bool] = never, checkpoint_every: float | None = None
) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    return execute(job, sources, sent.append, stop_asked, checkpoint_every=checkpoint_every), sent


@pytest.fixture(scope="module")
def whole() -> tuple[Finished, list[TrainerMessage]]:
    outcome, sent = run(JOB, checkpoint_every=0.0)
    assert isinstance(outcome, Finished)
    return outcome, sent


def test_a_few_steps_are_enough_to_learn_the_grammar(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = whole
    losses = [value for _, value in outcome.curves["validation_loss"]]
    assert losses[-1] < losses[0] - 0.3, "from about 3.3 nats a word, with 38 words to choose from"
    assert outcome.dataset == "Scenes: 200 training, 20 validation and 3 × 20 test pictures"
    assert outcome.metrics.keys() >= {"bleu_1", "bleu_4", "cider_d", "wrong_picture_bleu_4", "exact_right_new_objects"}
    assert sum(isinstance(message, Sample) and message.picture is not None for message in sent) == 3


def test_every_file_that_the_report_names_is_there_and_opens(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    outcome, sent = whole
    files = artifacts(sent)
    named = {part.artifact for part in outcome.report.parts if isinstance(part, Picture | File)}
    assert named == files.keys() == {"captions.png", "attention.png", "curves.png", "model.pt", "metrics.json"}
    for name in ("captions.png", "attention.png", "curves.png"):
        with Image.open(io.BytesIO(files[name])) as picture:
            assert picture.width == 1080
            picture.load()
    written = json.loads(files["metrics.json"])
    assert written["config"] == JOB.options
    assert len(written["captions"]) == 30


def test_the_saved_model_writes_the_captions_that_were_reported(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    files = artifacts(whole[1])
    net, vocabulary = caption_use.rebuilt(unpack(files["model.pt"]), "cpu")
    data = made_scenes(200)
    said = captions(net, data.inputs[data.tests[0].rows[:10]], beam=2, longest=LONGEST)
    written = [each["caption"] for each in json.loads(files["metrics.json"])["captions"][:10]]
    assert [vocabulary.decode(each.words) for each in said] == written


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    short = replace(JOB, options={**JOB.options, "epochs": 1, "pictures": 100})
    first, again, other = (run(replace(short, seed=seed))[0] for seed in (5, 5, 6))
    assert isinstance(first, Finished)
    assert isinstance(again, Finished)
    assert isinstance(other, Finished)
    assert (again.metrics, again.curves) == (first.metrics, first.curves)
    assert again.curves != other.curves


@pytest.mark.parametrize("at", [17, STEPS - 2])
def test_a_run_that_is_interrupted_anywhere_ends_like_one_that_was_not(
    whole: tuple[Finished, list[TrainerMessage]], at: int
) -> None:
    outcome, sent = whole
    checkpoints = [message for message in sent if isinstance(message, Checkpoint)]
    assert [checkpoint.step for checkpoint in checkpoints] == list(range(1, STEPS + 1))
    resumed, again = run(replace(JOB, checkpoint=checkpoints[at].data))
    assert isinstance(resumed, Finished)
    assert (resumed.metrics, resumed.curves) == (outcome.metrics, outcome.curves)
    weights, expected = (unpack(artifacts(each)["model.pt"])["weights"] for each in (again, sent))
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_run_that_is_asked_to_stop_does_so_after_the_step_and_saves_its_state() -> None:
    asked = iter([False] * 10 + [True] * 100)
    outcome, sent = run(JOB, stop_asked=lambda: next(asked), checkpoint_every=3600.0)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    (checkpoint,) = [message for message in sent if isinstance(message, Checkpoint)]
    assert 1 <= checkpoint.step < STEPS


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("attention", ["xu", "luong", "none"])
def test_word_after_word_is_the_same_as_all_words_at_once(cell: str, attention: str) -> None:
    torch.manual_seed(1)
    net = Captioner(Shape(20, "features", 3, 7, cell, 16, 8, attention)).eval()
    seen = net.see(torch.randn(4, 9, 7).half())
    words = torch.randint(4, 20, (4, 6))
    state, steps = net.begin(seen), []
    for word in words.split(1, 1):
        said, maps, state = net.write(seen, word, state)
        steps.append((said, maps))
    said, maps, _ = net.write(seen, words, net.begin(seen))
    torch.testing.assert_close(torch.cat([step for step, _ in steps], 1), said)
    torch.testing.assert_close(torch.cat([step for _, step in steps], 1), maps)
    torch.testing.assert_close(maps.sum(-1), torch.ones(4, 6))


def test_attention_and_its_gradients_are_those_of_torch() -> None:
    torch.manual_seed(2)
    ours = [torch.randn(2, size, 5, dtype=torch.float64, requires_grad=True) for size in (3, 4, 4)]
    theirs = [each.detach().clone().requires_grad_() for each in ours]
    found, expected = attend(*ours)[0], scaled_dot_product_attention(*theirs)
    torch.testing.assert_close(found, expected)
    found.sin().sum().backward()
    expected.sin().sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    assert torch.autograd.gradcheck(attend, ours)


def test_attention_to_very_large_scores_stays_a_distribution() -> None:
    maps = attend(torch.full((1, 1, 4), 1e4), torch.eye(4)[None] * 1e4, torch.eye(4)[None])[1]
    torch.testing.assert_close(maps.sum(), torch.tensor(1.0))


class Scripted(nn.Module):
    """A language of two words, whose scores depend on the last word alone: what a beam search must find is known."""

    TABLE = torch.tensor([[0.6, 0.4, 0.0], [0.36, 0.34, 0.3], [0.05, 0.05, 0.9]]).log()  # after start, 4 and 5

    def begin(self, seen: object) -> torch.Tensor:
        return torch.zeros(1, len(seen.gist), 1)  # type: ignore[attr-defined]

    def write(self, _seen: object, words: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, None, torch.Tensor]:
        return words, None, state

    def score(self, words: torch.Tensor) -> torch.Tensor:
        scores = torch.full((*words.shape, 6), -torch.inf)
        row = (words - 3).clamp_min(0)
        scores[..., 4], scores[..., 5], scores[..., END] = self.TABLE[row].unbind(-1)
        return scores


@pytest.mark.parametrize(("beam", "expected"), [(1, [4, 4]), (2, [5])])
def test_a_beam_finds_what_greed_misses(beam: int, expected: list[int]) -> None:
    seen = Seen(torch.zeros(3, 1, 1), torch.zeros(3, 1))
    words = search(Scripted(), seen, beam, longest=2)  # type: ignore[arg-type]
    for row in words.tolist():
        assert row[: len(expected) + 2] == [START, *expected, END]
        assert set(row[len(expected) + 2 :]) <= {PAD}


def test_words_to_numbers_and_back() -> None:
    assert plain("A black dog's “tri-colored” ball , 2 !") == "a black dog's tri colored ball 2"
    vocabulary = Vocabulary.of(["a dog runs", "a dog sits", "a cat"], min_count=2)
    assert vocabulary.words[4:] == ("a", "dog")
    row = vocabulary.encode(["a cat " * LONGEST])[0].tolist()
    assert (row[:3], row[-1], len(row)) == ([START, 4, UNKNOWN], END, LONGEST + 2)
    assert vocabulary.encode(["dog"])[0, :4].tolist() == [START, 5, END, PAD]


def test_an_epoch_shows_every_picture_once_and_in_five_epochs_every_caption() -> None:
    part = made_scenes(100).train
    vocabulary = Vocabulary.of((text for own in part.references for text in own), 1)
    lessons = caption.Lessons.of(part, vocabulary, seed=3, device="cpu")
    shown: set[tuple[int, ...]] = set()
    for epoch in range(5):
        batches = lessons.batches(3, epoch, 20, chunk=epoch)
        assert sorted(torch.cat([rows for rows, _ in batches]).tolist()) == list(range(100))
        shown |= {
            (row, *filter(None, text))
            for rows, words in batches
            for row, text in zip(rows.tolist(), words.tolist(), strict=True)
        }
    assert len(shown) == 500


def model_of(whole: tuple[Finished, list[TrainerMessage]]) -> TrainedModel:
    return TrainedModel(1, "caption", "scenes", artifacts(whole[1])["model.pt"])


def test_a_member_s_own_picture_gets_a_caption_and_its_maps(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    answer = caption_use.load(model_of(whole), "cpu")
    for mode, size in (("RGB", (300, 200)), ("L", (1, 1)), ("CMYK", (64, 64))):
        stream = io.BytesIO()
        Image.new(mode, size, 90).save(stream, "JPEG")
        said = answer(Wish("caption", picture=stream.getvalue()))
        assert said.report.headline.startswith("“")
        assert "only knows coloured shapes" in str(said.report.parts[0])
        with Image.open(io.BytesIO(said.artifacts[0].data)) as picture:
            assert picture.width == 1080


def test_what_is_no_picture_or_no_captioner_is_told(whole: tuple[Finished, list[TrainerMessage]]) -> None:
    answer = caption_use.load(model_of(whole), "cpu")
    with pytest.raises(PersonError, match="needs a picture"):
        answer(Wish("caption"))
    with pytest.raises(PersonError, match="can't be used"):
        answer(Wish("caption", picture=b"hello"))
    with pytest.raises(PersonError, match="writes no captions"):
        caption_use.load(TrainedModel(1, "cnn", "digits", pack({"recipe": "cnn"})), "cpu")


def test_the_smallest_and_the_oddest_options_train() -> None:
    odd = {
        "epochs": 1,
        "batch_size": 1024,
        "cell": "lstm",
        "attention": "none",
        "width": 16,
        "embedding": 16,
        "pictures": 100,
    }
    odd |= {"dropout": 0.8, "smoothing": 0.3, "beam": 1, "min_count": 50}
    outcome, sent = run(replace(JOB, options={**JOB.options, **odd}))
    assert isinstance(outcome, Finished)
    assert "attention.png" not in artifacts(sent)
    assert "has not learnt to look" in str(outcome.report.parts[0])
