"""Fashion-MNIST: 70,000 pictures of clothes in MNIST's format (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747)."""

from collections.abc import Callable

from workers.recipes.fetching import RemoteFile
from workers.recipes.idx import IdxSet
from workers.recipes.pictures import PictureSet
from workers.recipes.sources import DataSources

PUBLIC_MIRROR = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
"""torchvision's."""
FOLDERS = ("fashion-mnist", "FashionMNIST/raw", "fashion_mnist", "fashion")


def _file(name: str, size: int, md5: str) -> RemoteFile:
    """Size and checksum are those of the .gz, as its authors and torchvision give them."""
    return RemoteFile(name, size, md5, "md5", folders=FOLDERS, urls=(f"{PUBLIC_MIRROR}/{name}",))


FASHION = IdxSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    classes=("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    files=(
        _file("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        _file("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        _file("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        _file("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    validation=1 / 30,
    advice=(
        "Try dataset:digits, which is built in; the operator of this bot can put the four .gz files under "
        "DATA_DIR/fashion-mnist."
    ),
)


def load(sources: DataSources, say: Callable[[str], None]) -> PictureSet:
    """Loads Fashion-MNIST from the cache, else from the data folder, else from the network.

    Raises:
        DatasetMissingError: It is not to be had; the sentence says what was tried.
    """
    return FASHION.load(sources, say)
