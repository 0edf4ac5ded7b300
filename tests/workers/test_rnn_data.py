"""What may be trained on: texts in any encoding, and clear words for what is no text."""

import functools
import http.server
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from workers.catalogue import resolve
from workers.messages import Failed, Finished, TrainerMessage, Upload
from workers.recipes import rnn_data
from workers.recipes.fetching import contents
from workers.recipes.handle import DatasetMissingError, TrainingError
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources

PROSE = "Ein Käse, zwei Käse; wer zählt, hört schöne Wörter.\n" * 150
SHAKESPEARE = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare"


def refused(data: bytes) -> str:
    with pytest.raises(TrainingError) as caught:
        rnn_data.own(Upload("text.txt", data))
    assert caught.value.advice
    return caught.value.sentence


def test_the_manual_is_prose_of_a_size_worth_training_on() -> None:
    text = rnn_data.manual()
    assert 300_000 < len(text) < 700_000
    assert "\n\n\n" not in text
    assert not [line for line in text.splitlines() if line.startswith(("+--", "***", "==="))]
    assert text == rnn_data.manual()


def test_the_last_tenth_is_validation_and_numbers_are_the_characters() -> None:
    corpus = rnn_data.corpus("It", "hello world\n" * 10)
    assert corpus.text(corpus.ids) == "hello world\n" * 10
    assert (corpus.start, len(corpus.ids)) == (108, 120)
    assert corpus.characters == "\n dehlorw"
    assert corpus.title == "It: 108 training and 12 validation characters, 9 different ones"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_reads_the_same(encoding: str) -> None:
    corpus = rnn_data.own(Upload("text.txt", PROSE.encode(encoding)))
    assert corpus.text(corpus.ids) == PROSE
    assert corpus.notes == ()


def test_old_western_encodings_are_read_and_the_result_says_so() -> None:
    corpus = rnn_data.own(Upload("text.txt", PROSE.encode("latin-1")))
    assert corpus.text(corpus.ids) == PROSE
    assert "Windows-1252" in corpus.notes[0]


def test_line_ends_control_characters_and_blanks_are_cleaned() -> None:
    text = "\ufeffone  \r\ntwo\rthree\x00\x07\n\n\n\n\n\nfo\u0308ur\n\n"
    assert rnn_data.cleaned(text) == "one\ntwo\nthree\n\n\nför".replace("för", "föur") + "\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"  \r\n\t \n", "empty"),
        (b"too short", "9 characters|10 characters"),
        (b"a" * 9000, "one character, “a”"),
        (b"\n" * 9000, "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x00\x01\x02\x03" * 4000, "binary"),
        (b"%PDF-1.7 " + PROSE.encode(), "a PDF"),
        (b"PK\x03\x04" + b"\x14" * 9000, "office document"),
        (b"\xff\xfea" + PROSE.encode(), "UTF-16"),
        (b"\x89PNG\r\n\x1a\n" * 999, "a picture"),
    ],
    ids=["empty", "blank", "short", "one-letter", "lines", "bytes", "zeros", "pdf", "zip", "cut-utf16", "png"],
)
def test_what_is_no_text_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    sentence = refused(data)
    assert any(each in sentence for each in said.split("|")), sentence


def test_a_bad_file_ends_the_run_before_any_training() -> None:
    sent: list[TrainerMessage] = []
    job = resolve("rnn", upload=Upload("x.txt", b"short"), seed=1)
    outcome = execute(job, DataSources(Path("/nonexistent")), sent.append, lambda: False)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "person"
    assert [type(message).__name__ for message in sent] == ["Stage"]


def test_a_very_long_text_is_cut_and_the_result_says_so() -> None:
    line = b"All work and no play makes Jack a dull boy.\n"
    corpus = rnn_data.own(Upload("long.txt", line * (50_000_000 // len(line))))
    assert len(corpus.ids) == rnn_data.MOST_CHARACTERS
    assert "first 5,000,000 characters" in corpus.notes[0]


def test_thousands_of_characters_become_the_most_frequent_ones_and_one_for_the_rest() -> None:
    text = "".join(chr(0x4E00 + i) * (3 if i < 2000 else 1) for i in range(4000))
    corpus = rnn_data.corpus("It", text)
    assert len(corpus.characters) == rnn_data.MOST_DISTINCT + 1
    assert corpus.text(corpus.ids)[:6000] == text[:6000]
    assert corpus.text(corpus.ids)[6000:] == rnn_data.RARE * 2000
    assert "the 2,000 rarest (25.0 % of the text)" in corpus.notes[0]


@pytest.mark.parametrize(
    "text",
    ["ab" * 3000, "".join(chr(0x4E00 + i * 7 % 2500) for i in range(6000))],
    ids=["two-letters", "thousands"],
)
def test_strange_texts_train_to_the_end(text: str) -> None:
    small = {"steps": 12, "units": 16, "batch_size": 8, "length": 16}
    job = resolve("rnn", upload=Upload("x.txt", text.encode()), seed=1, options=small)
    outcome = execute(job, DataSources(Path("/nonexistent")), lambda _: None, lambda: False)
    assert isinstance(outcome, Finished), outcome
    assert torch.isfinite(torch.tensor(list(outcome.metrics.values()))).all()


@pytest.fixture
def mirror() -> Generator[str]:
    if not SHAKESPEARE.is_dir():
        pytest.skip("the file is not on this machine")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SHAKESPEARE.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_tiny_shakespeare_comes_from_a_mirror_and_from_the_data_folder(mirror: str, tmp_path: Path) -> None:
    for sources in (DataSources(tmp_path, mirror=mirror), DataSources(tmp_path, SHAKESPEARE.parent)):
        data = contents(rnn_data.SHAKESPEARE, "Tiny Shakespeare", sources, lambda _: None, "")
        assert data.startswith(b"First Citizen:\nBefore we proceed any further")


def test_another_text_under_its_name_is_not_taken_for_tiny_shakespeare(tmp_path: Path) -> None:
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text("To be, or not")
    sources = DataSources(tmp_path, tmp_path, allow_downloads=False)
    with pytest.raises(DatasetMissingError, match="checksum"):
        contents(rnn_data.SHAKESPEARE, "Tiny Shakespeare", sources, lambda _: None, "")
