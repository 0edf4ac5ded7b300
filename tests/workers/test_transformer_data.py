"""Text data sets: found and checked, refused kindly, and docstrings that are split without leaks."""

import functools
import http.server
import os
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from workers.catalogue import resolve
from workers.messages import Failed, Finished
from workers.recipes import transformer_docstrings as docstrings
from workers.recipes import transformer_files as files
from workers.recipes.handle import DatasetMissingError, TrainingError
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.transformer_baselines import naive_bayes, tf_idf
from workers.recipes.transformer_data import Labelled, TextSet

SHARED = Path(os.environ.get("DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))


def at(folder: Path) -> DataSources:
    return DataSources(cache=folder / "cache", folder=folder, allow_downloads=False)


def nothing(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> TextSet:
    return docstrings.load(tmp_path_factory.mktemp("kept"), a_class=20)


def test_docstrings_are_balanced(few: TextSet) -> None:
    assert len(few.classes) >= 6
    for part, least, most in ((few.train, 9, 14), (few.validation, 1, 2), (few.test, 3, 4)):
        (each,) = set(torch.bincount(part.labels).tolist())
        assert least <= each <= most
    assert "torch 2." in few.title


def test_no_run_of_words_stands_in_two_docstrings(few: TextSet) -> None:
    everything = [*few.train.texts, *few.validation.texts, *few.test.texts]
    runs = [run for text in everything for run in docstrings.runs_of(text)]
    own = sum(len(docstrings.runs_of(text)) for text in everything)
    assert len(set(runs)) == own


def test_no_package_speaks_of_itself(few: TextSet) -> None:
    names = {name for package in docstrings.PACKAGES for name in (package.name, *package.own_names)}
    for text in few.train.texts:
        assert not names & set(text.split())


def test_docstrings_are_kept_and_are_the_same_the_second_time(tmp_path: Path, few: TextSet) -> None:
    again = docstrings.load(tmp_path, a_class=20)
    kept = docstrings.load(tmp_path, a_class=20)
    assert again.train.texts == kept.train.texts == few.train.texts
    assert torch.equal(kept.test.labels, few.test.labels)


def test_whole_modules_go_to_one_part() -> None:
    def text(name: str, module: int, number: int) -> str:
        return f"{name} {module} {number} {name}a {name}b {name}c"

    found = {
        package: [
            docstrings.Docstring(text(package.name, module, number), str(module))
            for module in range(9)
            for number in range(5)
        ]
        for package in docstrings.PACKAGES[:2]
    }
    parts = docstrings._split(found, 40)
    modules = [{tuple(text.split()[:2]) for text, _ in parts[name]} for name in ("train", "validation", "test")]
    assert all(modules)
    assert not modules[0] & modules[1]
    assert not modules[0] & modules[2]
    assert not modules[1] & modules[2]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Like :func:`torch.add`, but for NumPy arrays.\n\n>>> import numpy as np\n>>> np.add(1, 2)\n3", None),
        ("Fit the scikit-learn model.", "fit the _ - _ model ."),
        ("See https://pytorch.org for PyTorch's 2 tensors.\n.. versionadded:: 1.0", "see _ for _ ' s 0 tensors ."),
    ],
)
def test_code_and_names_are_cut_out(raw: str, clean: str | None) -> None:
    got = docstrings.cleaned(raw)
    assert "numpy" not in got
    assert "add" not in got
    if clean is not None:
        assert got.replace("'s", "' s") == clean


def test_files_that_cannot_be_parsed_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("print 'a'")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00'''x'''")
    (tmp_path / "deep.py").write_text("x = " + "(" * 5000)
    (tmp_path / "good.py").write_text('"""Eight words are the least that is taken here."""')
    assert [each.text for each in docstrings._gathered(tmp_path, 5)] == [
        "eight words are the least that is taken here ."
    ]


def test_ag_news_is_read_with_and_without_a_header(tmp_path: Path) -> None:
    folder = tmp_path / "ag_news"
    folder.mkdir()
    rows = [f'"{1 + number % 4}","Title {number}","Some, text \\ {number}"' for number in range(80)]
    (folder / "train.csv").write_text("\n".join(rows))
    (folder / "test.csv").write_text("Class Index,Title,Description\n" + "\n".join(rows[:8]) + "\n")
    data = files.load("ag_news", at(tmp_path), nothing)
    assert data.title == "AG News: 76 training, 4 validation and 8 test news"
    assert data.test.texts[0] == "Title 0 . Some, text   0"
    assert data.test.labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1,only a title\n", "Line 1 of train.csv of AG News should be a class from 1 to 4"),
        ("1,a,b\n7,a,b\n", "Line 2 of train.csv"),
        ("1,a,b\n" * 9, "The training part of AG News on this worker's disk has 0 news of the class sports"),
        (b"\xff\xfe\xff", "train.csv of AG News cannot be read"),
        ("", "has 0 news of the class world"),
    ],
)
def test_wrong_files_of_ag_news_are_told(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    folder = tmp_path / "ag_news"
    folder.mkdir()
    (folder / "train.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "test.csv").write_text("1,a,b\n2,a,b\n3,a,b\n4,a,b\n" * 2)
    with pytest.raises(TrainingError, match=sentence):
        files.load("ag_news", at(tmp_path), nothing)


@pytest.mark.parametrize(("dataset", "place"), [("ag_news", "DATA_DIR/ag_news"), ("imdb", "aclImdb"), ("sst2", "sst2")])
def test_what_is_missing_is_said_with_what_can_be_done(dataset: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetMissingError) as error:
        files.load(dataset, at(tmp_path), nothing)
    assert "on this worker's disk" in error.value.sentence
    assert "dataset:docstrings" in error.value.advice
    assert place in error.value.advice


def test_half_of_imdb_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "aclImdb" / "train" / "pos").mkdir(parents=True)
    with pytest.raises(DatasetMissingError):
        files.load("imdb", at(tmp_path), nothing)


def test_reviews_are_cut_and_broken_bytes_do_no_harm(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for kind in ("neg", "pos"):
            folder = tmp_path / "aclImdb" / part / kind
            folder.mkdir(parents=True)
            for number in range(4):
                (folder / f"{number}.txt").write_bytes(b"fine<br />\xff " + b"x" * 200_000)
    data = files.load("imdb", at(tmp_path), nothing)
    assert max(map(len, data.train.texts)) <= files.LARGEST_TEXT
    assert data.test.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_without_sst2_a_member_who_named_nothing_gets_docstrings_and_is_told(tmp_path: Path, few: TextSet) -> None:
    job = resolve("transformer", seed=1)
    assert job.dataset == "sst2"
    assert job.fallback is not None
    tiny = {**job.fallback.options, "epochs": 1, "width": 8, "batch_size": 64, "letters": "off"}
    sources = at(tmp_path)
    docstrings.load(sources.cache, a_class=20)  # fewer than there are, where the recipe looks for what was kept
    docstrings.kept_file(sources.cache, 20).rename(docstrings.kept_file(sources.cache))
    job = replace(job, fallback=replace(job.fallback, options=tiny))
    outcome = execute(job, sources, lambda _: None, lambda: False)
    assert isinstance(outcome, Finished)
    assert outcome.report.headline.endswith("(sst2 was not to be had)")
    named = execute(resolve("transformer", dataset="sst2"), sources, lambda _: None, lambda: False)
    assert isinstance(named, Failed)
    assert named.cause == "person"


@pytest.fixture
def mirror() -> Generator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:  # type: ignore[override]
            pass

    handler = functools.partial(Quiet, directory=str(SHARED))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(not (SHARED / "sst2").is_dir(), reason="the files of SST-2 are not here")
def test_sst2_comes_from_a_mirror(mirror: str, tmp_path: Path) -> None:
    data = files.load("sst2", DataSources(cache=tmp_path, mirror=mirror), nothing)
    assert data.title == "SST-2: 6,920 training, 872 validation and 1,821 test sentences"
    assert torch.bincount(data.train.labels).tolist() == [3310, 3610]
    assert data.test.texts[0] == "no movement , no yuks , not much of anything"


def test_a_cut_file_of_sst2_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "sst2").mkdir()
    (tmp_path / "sst2" / "train.tsv").write_text("good\t1\n")
    with pytest.raises(DatasetMissingError, match="checksum"):
        files.load("sst2", at(tmp_path), nothing)


def test_the_baselines_use_the_test_part_only_for_their_figure() -> None:
    def part(count: int) -> Labelled:
        labels = torch.arange(count) % 2
        return Labelled(tuple(f"{'warm' if y else 'cold'} film {i % 7}" for i, y in enumerate(labels.tolist())), labels)

    data = TextSet("Toy", ("bad", "good"), part(60), part(20), part(40))
    turned = replace(data, test=Labelled(data.test.texts, 1 - data.test.labels))
    for baseline in (tf_idf, naive_bayes):
        here, there = baseline(data), baseline(turned)
        assert (here.test_accuracy, there.test_accuracy) == (1.0, 0.0)
        assert here.about == there.about, "what was chosen does not depend on the test part"
        assert here.validation_accuracy == 1.0
