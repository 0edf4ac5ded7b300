"""What `/run transfer` learns from: a training part, small as it may be, and a test part that nothing is chosen by."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lessons.errors import PersonError
from workers.messages import Upload
from workers.recipes.handle import DatasetMissingError
from workers.recipes.own_pictures import OwnPictures, Skipped, from_folder, from_zip, skipped_in_words
from workers.recipes.pictures import stratified
from workers.recipes.sources import DataSources

TEST_SHARE = 0.25
"""Of a member's own pictures, where their zip has no val or test folder."""
_FOLDERS = ("hymenoptera160", "hymenoptera_data", "hymenoptera")
_ZIPS = ("hymenoptera_data.zip", "hymenoptera/hymenoptera_data.zip")
_ADVICE = (
    "Try dataset:digits, which is built in. The operator of this bot can unpack PyTorch's hymenoptera_data.zip under "
    "DATA_DIR."
)


@dataclass(frozen=True, slots=True)
class Task:
    """Pictures to tell apart.

    Attributes:
        title: In words, with the sizes.
        classes: Names by index.
        train_x: ``uint8[N, channels, side, side]``.
        train_y: ``int64[N]``.
        test_x: The same of pictures that are looked at to report, and choose nothing.
        test_y: ``int64[M]``.
        note: What was left out, in a sentence; empty when nothing was.
    """

    title: str
    classes: tuple[str, ...]
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    note: str = ""

    def to(self, device: str) -> "Task":
        """The same data on a device."""
        return replace(
            self,
            train_x=self.train_x.to(device),
            train_y=self.train_y.to(device),
            test_x=self.test_x.to(device),
            test_y=self.test_y.to(device),
        )


def hymenoptera(sources: DataSources, side: int, say: Callable[[str], None]) -> Task:
    """The ants and bees of PyTorch's tutorial, from the data folder.

    They are not downloaded: no checksum of the public archive is known here to hold a download against.

    Raises:
        DatasetMissingError: They are not there.
    """
    if sources.folder is not None:
        try:
            for name in _FOLDERS:
                if (folder := sources.folder / name).is_dir():
                    return from_pictures("Ants and bees", from_folder(folder, side, say))
            for name in _ZIPS:
                if (file := sources.folder / name).is_file():
                    return from_pictures("Ants and bees", from_zip(file.read_bytes(), side, say))
        except PersonError as error:
            raise DatasetMissingError(f"The ants and bees under DATA_DIR can't be used: {error}", _ADVICE) from None
    raise DatasetMissingError("The ants and bees are not on this worker's disk.", _ADVICE)


def own(upload: Upload | None, side: int, say: Callable[[str], None]) -> Task:
    """A member's own zip. Raises PersonError in a sentence."""
    if upload is None:
        raise PersonError("dataset:own needs your file: a zip of pictures in one folder a class, as the option `file`.")
    return from_pictures("Your pictures", from_zip(upload.data, side, say))


def from_pictures(title: str, found: OwnPictures) -> Task:
    """Splits pictures into training and test: as their folders say, where these hold every class, else by chance.

    The same file twice is used once, so that no test picture has been trained on; a file in two classes is not used.
    """
    kept, repeated = _once_each(found)
    labels, held_out = found.labels[kept], found.held_out[kept]
    size = len(found.classes)
    in_training = torch.bincount(labels[~held_out], minlength=size)
    if held_out.any() and bool((in_training >= 2).all()) and bool(labels[held_out].unique().numel() == size):
        train, test = (~held_out).nonzero().flatten(), held_out.nonzero().flatten()
    else:
        train, test = stratified(labels, TEST_SHARE)
        if bool((torch.bincount(labels[train], minlength=size) < 2).any()):
            raise PersonError("A class has too few different pictures: the same file lies in your zip several times.")
    rows = torch.tensor(kept)
    return Task(
        title=f"{title}: {len(train):,} training and {len(test):,} test pictures of {size} classes",
        classes=found.classes,
        train_x=found.pictures[rows[train]],
        train_y=labels[train],
        test_x=found.pictures[rows[test]],
        test_y=labels[test],
        note=skipped_in_words((*found.skipped, *repeated)),
    )


def _once_each(found: OwnPictures) -> tuple[list[int], list[Skipped]]:
    """Rows of pictures without repetitions, and what is left out for that."""
    first: dict[bytes, int] = {}
    classes: dict[bytes, set[int]] = {}
    for row, (digest, label) in enumerate(zip(found.digests, found.labels.tolist(), strict=True)):
        first.setdefault(digest, row)
        classes.setdefault(digest, set()).add(label)
    kept: list[int] = []
    repeated: list[Skipped] = []
    for row, digest in enumerate(found.digests):
        if len(classes[digest]) > 1:
            repeated.append(Skipped(found.names[row], "the same file lies in two classes"))
        elif first[digest] != row:
            repeated.append(Skipped(found.names[row], "the same file a second time"))
        else:
            kept.append(row)
    if len(set(found.labels[kept].tolist())) < len(found.classes):
        raise PersonError(
            "A class of yours holds only files that lie in another class as well. Sort them, and try again."
        )
    return kept, repeated


def digits() -> tuple[Task, Task]:
    """scikit-learn's digits twice: 0 to 4 to pretrain on, and 5 to 9 to transfer to.

    Half of the 5 to 9 is the test part; few of the other half will be used.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415 a second that runs on other data need not wait for

    bunch = load_digits()
    pictures = torch.from_numpy(bunch.images).to(torch.uint8)[:, None]  # pyright: ignore[reportAttributeAccessIssue]
    labels = torch.from_numpy(bunch.target).to(torch.int64)  # pyright: ignore[reportAttributeAccessIssue]
    return (
        turned(_half(pictures, labels, range(5), 0.1, "Digits 0 to 4")),
        _half(pictures, labels, range(5, 10), 0.5, "Digits 5 to 9"),
    )


def turned(task: Task) -> Task:
    """The training part eight times, turned and mirrored in all ways, as eight times as many classes.

    More classes make more general features: the usual step in learning from few examples (Santoro et al. 2016, 4.1).
    """
    ways = [(turns, mirrored) for mirrored in (False, True) for turns in range(4)]
    pictures = [
        torch.rot90(task.train_x.flip(3) if mirrored else task.train_x, turns, (2, 3)) for turns, mirrored in ways
    ]
    size = len(task.classes)
    return replace(
        task,
        classes=tuple(f"{name}, way {way + 1}" for way in range(len(ways)) for name in task.classes),
        train_x=torch.cat(pictures),
        train_y=torch.cat([task.train_y + size * way for way in range(len(ways))]),
    )


def _half(pictures: Tensor, labels: Tensor, wanted: range, test_share: float, title: str) -> Task:
    inside = (labels >= wanted.start) & (labels < wanted.stop)
    pictures, labels = pictures[inside], labels[inside] - wanted.start
    train, test = stratified(labels, test_share)
    return Task(
        f"{title}: {len(train):,} training and {len(test):,} test pictures",
        tuple(str(digit) for digit in wanted),
        pictures[train],
        labels[train],
        pictures[test],
        labels[test],
    )


def few(task: Task, labelled: int, seed: int) -> Task:
    """The task with at most `labelled` training pictures of each class, drawn by the seed; 0 for all."""
    if not labelled:
        return task
    generator = torch.Generator().manual_seed(seed)
    rows: list[Tensor] = []
    for label in range(len(task.classes)):
        members = (task.train_y == label).nonzero().flatten()
        rows.append(members[torch.randperm(len(members), generator=generator)[:labelled]])
    chosen = torch.cat(rows).sort().values
    title = task.title.split(":")[0]
    counts = f"{len(chosen):,} training and {len(task.test_y):,} test pictures of {len(task.classes)} classes"
    return replace(task, title=f"{title}: {counts}", train_x=task.train_x[chosen], train_y=task.train_y[chosen])
