"""SST-2, AG News and IMDB: found, read, and checked."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import torch

from workers.recipes import transformer_docstrings
from workers.recipes.fetching import RemoteFile, contents
from workers.recipes.handle import DatasetMissingError, TrainingError
from workers.recipes.pictures import stratified
from workers.recipes.sources import DataSources
from workers.recipes.transformer_data import Labelled, TextSet

SST2_URL = "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/master/data/SST2/"
SST2_FILES = tuple(
    RemoteFile(name, size, digest, folders=("sst2", "SST2", "SST-2"), urls=(SST2_URL + name,))
    for name, size, digest in (
        ("train.tsv", 720_259, "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"),
        ("dev.tsv", 92_057, "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"),
        ("test.tsv", 188_749, "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"),
    )
)
AG_NEWS_CLASSES = ("world", "sports", "business", "science")
VALIDATION_SHARE = 0.05
LARGEST_TEXT = 100_000
"""Bytes read of one IMDB review; the longest real one has 14,000."""
_BUILT_IN = "Try dataset:docstrings, which is built in"


def load(dataset: str, sources: DataSources, say: Callable[[str], None]) -> TextSet:
    """The data set of that id.

    Raises:
        DatasetMissingError: It is not to be had here.
        TrainingError: It is here, and is not what it should be.
    """
    match dataset:
        case "sst2":
            say("Loading SST-2")
            return sst2(sources, say)
        case "ag_news":
            say("Loading AG News")
            return ag_news(sources)
        case "imdb":
            say("Loading IMDB")
            return imdb(sources)
        case "docstrings":
            say("Reading the docstrings of this machine's packages")
            return transformer_docstrings.load(sources.cache)
        case other:
            raise ValueError(other)


def sst2(sources: DataSources, say: Callable[[str], None]) -> TextSet:
    """The Stanford Sentiment Treebank's sentences (Socher et al. 2013), positive or negative, in their usual split."""
    advice = f"{_BUILT_IN}; the operator of this bot can put train.tsv, dev.tsv and test.tsv under DATA_DIR/sst2."
    train, validation, test = (
        _tab_separated(contents(file, "SST-2", sources, say, advice).decode("utf-8")) for file in SST2_FILES
    )
    return TextSet("SST-2", ("negative", "positive"), train, validation, test, unit="sentences")


def _tab_separated(content: str) -> Labelled:
    """Lines of a sentence, a tab, and 0 or 1."""
    pairs = [line.rsplit("\t", 1) for line in content.split("\n") if line]
    return Labelled(tuple(text for text, _ in pairs), torch.tensor([int(label) for _, label in pairs]))


def ag_news(sources: DataSources) -> TextSet:
    """AG's corpus of news (Zhang et al. 2015): title and description, four classes."""
    folder = _folder(sources, ("ag_news", "AG_NEWS", "ag_news_csv"), "train.csv")
    if folder is None or not (folder / "test.csv").is_file():
        raise DatasetMissingError(
            "AG News is not on this worker's disk.",
            f"{_BUILT_IN}; the operator of this bot can put train.csv and test.csv (class, title, description) "
            "under DATA_DIR/ag_news.",
        )
    return _with_validation("AG News", AG_NEWS_CLASSES, _news(folder / "train.csv"), _news(folder / "test.csv"), "news")


def _news(path: Path) -> Labelled:
    """Rows of class (1 to 4), title and description; a header line is passed over."""
    texts: list[str] = []
    labels: list[int] = []
    try:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path.name} of AG News cannot be read: {error}.", _BUILT_IN + ".") from None
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and not row[0].isdigit()):
            continue
        if len(row) != 3 or row[0] not in {"1", "2", "3", "4"}:
            raise TrainingError(
                f"Line {number:,} of {path.name} of AG News should be a class from 1 to 4, a title and a description.",
                "Ask the operator of this bot to look at the file.",
            )
        labels.append(int(row[0]) - 1)
        texts.append(f"{row[1]} . {row[2]}".replace("\\", " "))
    return Labelled(tuple(texts), torch.tensor(labels, dtype=torch.int64))


def imdb(sources: DataSources) -> TextSet:
    """Film reviews (Maas et al. 2011), positive or negative."""
    folder = _folder(sources, ("aclImdb", "imdb/aclImdb", "imdb", "IMDB"), "train")
    parts = [folder / part / kind for part in ("train", "test") for kind in ("neg", "pos")] if folder else []
    if not parts or not all(part.is_dir() for part in parts):
        raise DatasetMissingError(
            "IMDB is not on this worker's disk.",
            f"{_BUILT_IN}; the operator of this bot can unpack aclImdb (train and test, each with pos and neg) "
            "under DATA_DIR.",
        )
    train, test = _reviews(parts[:2]), _reviews(parts[2:])
    return _with_validation("IMDB", ("negative", "positive"), train, test, "reviews")


def _reviews(folders: list[Path]) -> Labelled:
    texts: list[str] = []
    labels: list[int] = []
    for label, folder in enumerate(folders):
        for path in sorted(folder.glob("*.txt")):
            with path.open("rb") as stream:
                texts.append(stream.read(LARGEST_TEXT).decode("utf-8", "replace").replace("<br />", " "))
            labels.append(label)
    return Labelled(tuple(texts), torch.tensor(labels, dtype=torch.int64))


def _with_validation(name: str, classes: tuple[str, ...], train: Labelled, test: Labelled, unit: str) -> TextSet:
    """Cuts a validation part off the training part, after a look at whether each class is there."""
    for part, words in ((train, "training"), (test, "test")):
        counts = torch.bincount(part.labels, minlength=len(classes)).tolist()
        if min(counts) < 2:
            lacking = classes[counts.index(min(counts))]
            raise TrainingError(
                f"The {words} part of {name} on this worker's disk has {min(counts)} {unit} of the class {lacking}; "
                "it takes at least 2 of each.",
                "Ask the operator of this bot to look at the files.",
            )
    kept, held_out = stratified(train.labels, VALIDATION_SHARE)
    return TextSet(name, classes, _chosen(train, kept), _chosen(train, held_out), test, unit=unit)


def _chosen(part: Labelled, rows: torch.Tensor) -> Labelled:
    return Labelled(tuple(part.texts[row] for row in rows.tolist()), part.labels[rows])


def _folder(sources: DataSources, names: tuple[str, ...], inside: str) -> Path | None:
    """The first of the folders under DATA_DIR that has `inside`."""
    if sources.folder is None:
        return None
    return next((sources.folder / name for name in names if (sources.folder / name / inside).exists()), None)
