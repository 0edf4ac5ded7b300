"""MNIST: 70,000 handwritten digits of 28×28 pixels (LeCun, Bottou, Bengio and Haffner 1998)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from workers.recipes.fetching import RemoteFile
from workers.recipes.idx import IdxSet
from workers.recipes.pictures import PictureSet
from workers.recipes.sources import DataSources

PUBLIC_MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist", "http://yann.lecun.com/exdb/mnist")
"""torchvision's."""
FOLDERS = ("mnist", "MNIST/raw", "mnist/MNIST/raw", "MNIST", ".")
"""The layouts of people and of torchvision."""


def _file(name: str, size: int, sha256: str) -> RemoteFile:
    """Size and checksum are those of what is inside the .gz, so that a copy that was packed again is as good."""
    urls = tuple(f"{base}/{name}.gz" for base in PUBLIC_MIRRORS)
    return RemoteFile(f"{name}.gz", size, sha256, unpacked=True, folders=FOLDERS, urls=urls)


MNIST_FILES = (
    _file("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    _file("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    _file("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    _file("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
MNIST = IdxSet(
    name="mnist",
    title="MNIST",
    classes=tuple("0123456789"),
    files=MNIST_FILES,
    validation=1 / 30,  # 2,000 pictures: enough for a curve, and 58,000 stay to learn from
    advice="Try dataset:digits, which is built in; the operator of this bot can put the files under DATA_DIR/mnist.",
)


def load(sources: DataSources, say: Callable[[str], None], *, files: Sequence[RemoteFile] = MNIST_FILES) -> PictureSet:
    """Loads MNIST from the cache, else from the data folder, else from the network.

    Args:
        sources: Where to look.
        say: Takes a few words on what is being done.
        files: What the four files must be.

    Raises:
        DatasetMissingError: It is not to be had; the sentence says what was tried.
    """
    return replace(MNIST, files=tuple(files)).load(sources, say)
