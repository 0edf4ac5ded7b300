"""MNIST is found, downloaded, checked and kept; when it cannot be had, a person is told what to do."""

import gzip
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from workers.recipes import mnist
from workers.recipes.cifar import CIFAR_FILE
from workers.recipes.fashion import FASHION
from workers.recipes.fetching import RemoteFile
from workers.recipes.handle import TrainingError
from workers.recipes.mnist import MNIST_FILES
from workers.recipes.pictures import PictureSet
from workers.recipes.sources import DataSources
from workers.recipes.torchvision_shim import import_torchvision

SHARED = Path(__file__).parents[3] / "shared" / "data" / "mnist"
PER_CLASS = 40
Serve = Callable[[Path], str]


def idx(shape: tuple[int, ...], data: bytes) -> bytes:
    """The idx format: two zero bytes, 8 for unsigned bytes, the number of dimensions, the dimensions, the values."""
    return bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape) + data


@pytest.fixture(scope="module")
def tiny() -> dict[RemoteFile, bytes]:
    """A MNIST of 4×4 pictures: 400 to train and 400 to test, 40 a class, each filled with 10 times its class."""
    contents: dict[str, bytes] = {}
    for part in ("train", "t10k"):
        labels = [label for label in range(10) for _ in range(PER_CLASS)]
        contents[f"{part}-images-idx3-ubyte"] = idx(
            (400, 4, 4), bytes(10 * label for label in labels for _ in range(16))
        )
        contents[f"{part}-labels-idx1-ubyte"] = idx((400,), bytes(labels))
    files: dict[RemoteFile, bytes] = {}
    for file in MNIST_FILES:
        content = contents[file.name.removesuffix(".gz")]
        files[replace(file, size=len(content), digest=hashlib.sha256(content).hexdigest(), urls=())] = content
    return files


@pytest.fixture
def packed(tiny: dict[RemoteFile, bytes], tmp_path: Path) -> Path:
    """A folder with the tiny files as .gz."""
    folder = tmp_path / "packed"
    folder.mkdir()
    for file, content in tiny.items():
        (folder / file.name).write_bytes(gzip.compress(content))
    return folder


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a folder over HTTP on loopback and gives its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    def start(folder: Path) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def load(sources: DataSources, tiny: dict[RemoteFile, bytes], public: tuple[str, ...] = ()) -> PictureSet:
    return mnist.load(sources, lambda _: None, files=published(tiny, public))


def published(tiny: dict[RemoteFile, bytes], public: tuple[str, ...]) -> tuple[RemoteFile, ...]:
    """The tiny files with public addresses below these."""
    return tuple(replace(file, urls=tuple(f"{base}{file.name}" for base in public)) for file in tiny)


def is_tiny(data: PictureSet) -> bool:
    pictures = torch.cat([data.train_x, data.validation_x, data.test_x])
    labels = torch.cat([data.train_y, data.validation_y, data.test_y])
    return pictures.shape == (800, 4, 4) and bool((pictures == 10 * labels[:, None, None]).all())


@pytest.mark.parametrize("layout", ["mnist", "MNIST/raw", "."])
@pytest.mark.parametrize("unpacked", [False, True])
def test_files_in_the_data_folder_are_found_as_people_and_torchvision_lay_them_out(
    tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path, layout: str, unpacked: bool
) -> None:
    folder = tmp_path / "data"
    (folder / layout).mkdir(parents=True, exist_ok=True)
    for file, content in tiny.items():
        if unpacked:
            (folder / layout / file.name.removesuffix(".gz")).write_bytes(content)
        else:
            shutil.copy(packed / file.name, folder / layout)
    data = load(DataSources(tmp_path / "cache", folder, allow_downloads=False), tiny)
    assert is_tiny(data)
    assert data.title == "MNIST: 390 training, 10 validation and 400 test pictures"


def test_what_was_unpacked_once_is_kept(tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path) -> None:
    load(DataSources(tmp_path / "cache", packed), tiny)
    shutil.rmtree(packed)
    assert is_tiny(load(DataSources(tmp_path / "cache", allow_downloads=False), tiny))
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".pt"], "nothing half-done stays"


def test_the_mirror_is_asked_before_the_public_addresses(
    tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path, serve: Serve
) -> None:
    said: list[str] = []
    sources = DataSources(tmp_path / "cache", mirror=serve(packed))
    data = mnist.load(sources, said.append, files=published(tiny, ("http://127.0.0.1:9/",)))
    assert is_tiny(data)
    assert any(text.startswith("Downloading MNIST (train-images-idx3-ubyte") for text in said)


def damage_nothing_there(path: Path) -> None:
    path.unlink()


def damage_cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def damage_other_content(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0" * len(gzip.decompress(path.read_bytes()))))


def damage_web_page(path: Path) -> None:
    path.write_text("<html>Please log in to this network</html>")


def damage_bomb(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(10**8)))


DAMAGES = [
    (damage_nothing_there, "answered 404"),
    (damage_cut_off, "is cut off, or no gzip file"),
    (damage_other_content, "is not what MNIST's checksum says"),
    (damage_web_page, "is cut off, or no gzip file"),
    (damage_bomb, "MNIST's"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_a_bad_download_is_never_used_and_the_next_address_is_asked(
    tiny: dict[RemoteFile, bytes],
    packed: Path,
    tmp_path: Path,
    serve: Serve,
    damage: Callable[[Path], None],
    reason: str,
) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(packed, bad)
    damage(bad / "t10k-images-idx3-ubyte.gz")
    with pytest.raises(TrainingError, match=reason) as caught:
        load(DataSources(tmp_path / "cache", mirror=serve(bad)), tiny)
    assert caught.value.sentence.startswith("MNIST could not be downloaded: ")
    assert "dataset:digits" in caught.value.advice
    assert list((tmp_path / "cache").iterdir()) == [], "nothing half-done stays"
    assert is_tiny(load(DataSources(tmp_path / "cache", mirror=serve(bad)), tiny, public=(serve(packed),)))


def test_a_connection_that_breaks_in_the_middle_is_a_bad_download(
    tiny: dict[RemoteFile, bytes], tmp_path: Path
) -> None:
    class Cutting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"\x1f\x8b only the beginning")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(TrainingError, match="MNIST could not be downloaded"):
        load(DataSources(tmp_path / "cache", mirror=f"http://127.0.0.1:{server.server_port}"), tiny)
    server.shutdown()
    server.server_close()


def test_a_damaged_file_in_the_data_folder_is_passed_over(
    tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path, serve: Serve
) -> None:
    good = tmp_path / "good"
    shutil.copytree(packed, good)
    damage_cut_off(packed / "train-images-idx3-ubyte.gz")
    assert is_tiny(load(DataSources(tmp_path / "cache", packed, mirror=serve(good)), tiny))


def test_with_downloads_off_a_person_is_told_so(tiny: dict[RemoteFile, bytes], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not on this worker's disk, and downloads are switched off") as caught:
        load(DataSources(tmp_path / "cache", allow_downloads=False), tiny)
    assert "dataset:digits" in caught.value.advice


def test_a_mirror_that_is_no_web_address_is_refused(
    tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="is no http"):
        load(DataSources(tmp_path / "cache", mirror=packed.as_uri()), tiny)


def test_an_unpacking_that_was_killed_is_swept_away_a_day_later(
    tiny: dict[RemoteFile, bytes], packed: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    for name, age in (("unpacking-mnist-old", 2 * 86_400), ("unpacking-mnist-new", 60)):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (time.time() - age,) * 2)
    load(DataSources(cache, packed), tiny)
    assert not (cache / "unpacking-mnist-old").exists()
    assert (cache / "unpacking-mnist-new").exists(), "another worker may be at it"


UNPACK = """
import sys
from pathlib import Path
from workers.recipes import mnist
from workers.recipes.sources import DataSources
print(mnist.load(DataSources(Path(sys.argv[1]), Path(sys.argv[2])), lambda _: None).title)
"""


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/mnist beside this checkout")
def test_two_workers_may_unpack_the_real_mnist_at_once(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", UNPACK, str(tmp_path / "cache"), str(SHARED.parent)]
    workers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    titles = {worker.communicate()[0].strip() for worker in workers}
    assert titles == {"MNIST: 58,000 training, 2,000 validation and 10,000 test pictures"}
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".pt"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/mnist beside this checkout")
def test_the_real_mnist_comes_through_a_mirror(tmp_path: Path, serve: Serve) -> None:
    data = mnist.load(DataSources(tmp_path, mirror=serve(SHARED)), lambda _: None)
    assert data.train_x.shape == (58_000, 28, 28)
    assert torch.bincount(data.test_y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_torchvision_names_the_same_files_and_checksums() -> None:
    resources = import_torchvision().datasets.MNIST.resources
    assert {name for name, _ in resources} == {file.name for file in MNIST_FILES}
    assert dict(import_torchvision().datasets.FashionMNIST.resources) == {
        file.name: file.digest for file in FASHION.files
    }
    cifar10 = import_torchvision().datasets.CIFAR10
    assert (cifar10.filename, cifar10.tgz_md5) == (CIFAR_FILE.name, CIFAR_FILE.digest)


def test_torchvision_imports_beside_a_torch_that_its_compiled_half_does_not_fit() -> None:
    script = (
        "from workers.recipes.torchvision_shim import import_torchvision\n"
        "first = import_torchvision()\n"
        "assert import_torchvision() is first\n"
        "import torch, torchvision.models, torchvision.transforms.v2\n"
        "torch.ops.torchvision.nms\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0
