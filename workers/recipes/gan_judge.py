"""A small CNN that looks at what the GAN drew: what it takes it for, how sure it is, and the features it sees.

It is trained on the same real pictures before the GAN, always with the same seed, so that the figures of two runs can
be held beside each other. The GAN never sees it: nothing is trained against it.
"""

import hashlib
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes.augment import epoch_order, moved
from workers.recipes.device import half_precision
from workers.recipes.fetching import written_once
from workers.recipes.handle import Run
from workers.recipes.pictures import PictureSet
from workers.recipes.state import pack, unpack

FEATURES = 64
"""Width of the layer in front of the last one, in which the Fréchet distance is measured."""
_FORMAT = 2  # to be raised when anything about how a judge is made changes: a kept one is then not used any more
_SEED = 0
_BATCH = 128
_AT_ONCE = 1000
_SMALL = 200  # pixels
# What reading a broken file has raised: a wrong archive is a RuntimeError or UnpicklingError of torch; spoilt bytes in
# it, or something else than a judge, end in any of the others.
_BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    pickle.UnpicklingError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is needed to build the judge again."""

    height: int
    breadth: int
    classes: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the judge saw in some pictures."""

    features: Tensor
    """``float32[N, FEATURES]``, of the layer in front of the last one."""
    probabilities: Tensor
    """``float32[N, classes]``."""


class Judge(nn.Module):
    """Three convolutions, a layer of `FEATURES` features, and the classes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.strokes = nn.Conv2d(1, 16, 5, padding=2)
        self.corners = nn.Conv2d(16, 32, 3, padding=1)
        self.parts = nn.Conv2d(32, 64, 3, padding=1)
        self.see = nn.Linear(64 * (shape.height // 4) * (shape.breadth // 4), FEATURES)
        self.say = nn.Linear(FEATURES, shape.classes)

    def features(self, pictures: Tensor) -> Tensor:
        """Pictures ``uint8[N, height, width]`` to ``float[N, FEATURES]``, not negative."""
        x = ((pictures.float() - self.shape.mean) / self.shape.deviation).unsqueeze(1)
        x = x.contiguous(memory_format=torch.channels_last)
        x = F.max_pool2d(F.relu(self.strokes(x)), 2)
        x = F.max_pool2d(F.relu(self.corners(x)), 2)
        x = F.relu(self.parts(x))
        return F.relu(self.see(x.flatten(1)))

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures ``uint8[N, height, width]`` to class scores ``float[N, classes]``."""
        return self.say(self.features(pictures))

    @torch.no_grad()
    def look(self, pictures: Tensor) -> Seen:
        """What it sees in pictures ``uint8[N, height, width]``, in full precision."""
        features = torch.cat([self.features(batch) for batch in pictures.split(_AT_ONCE)])
        return Seen(features, self.say(features).softmax(1))


def judge_of(run: Run, data: PictureSet) -> Judge:
    """The judge for a data set: kept from an earlier run on this machine, or trained now, in seconds.

    Args:
        run: Says what is being done, and where things are kept.
        data: Its training part is learnt from, nothing else is looked at.
    """
    small = data.train_x[0].numel() < _SMALL
    if small:  # less work than finding out whether it is there
        return _trained(run, data, epochs=12, shift=0)
    kept = run.sources.cache / f"gan-judge-{run.job.dataset}-{_mark(data)}.pt"
    if (judge := kept_judge(kept)) is not None:
        return judge.to(run.device)
    judge = _trained(run, data, epochs=2, shift=1)
    try:
        with written_once(kept) as path:
            path.write_bytes(packed(judge))
    except OSError:
        pass  # the next run trains it again
    return judge


def packed(judge: Judge) -> bytes:
    """The judge as bytes that `unpacked` understands."""
    return pack({"shape": asdict(judge.shape), "weights": {k: v.cpu() for k, v in judge.state_dict().items()}})


def unpacked(data: bytes) -> Judge:
    """The judge again, on the CPU."""
    saved = unpack(data)
    judge = Judge(Shape(**saved["shape"]))
    judge.load_state_dict(saved["weights"])
    return judge.eval()


def kept_judge(kept: Path) -> Judge | None:
    """The judge of an earlier run; None where there is none that can be read."""
    try:
        return unpacked(kept.read_bytes())
    except _BROKEN:  # not there, cut off, spoilt, of another version: it is trained again
        return None


def _mark(data: PictureSet) -> str:
    """What a kept judge depends on: how it is made, and the data."""
    told = f"{_FORMAT} {torch.__version__} {tuple(data.train_x.shape)} {int(data.train_x.sum(dtype=torch.int64))}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _trained(run: Run, data: PictureSet, *, epochs: int, shift: int) -> Judge:
    """AdamW under one cycle; batches, moves and weights from the same seed in every run.

    On one thread: sums in another order would make another judge, and its figures could not be compared.
    """
    run.stage("Training the judge of the drawings")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _fitted(run, data, epochs=epochs, shift=shift)
    finally:
        torch.set_num_threads(threads)


def _fitted(run: Run, data: PictureSet, *, epochs: int, shift: int) -> Judge:
    with torch.random.fork_rng(devices=[run.device] if run.device != "cpu" else []):
        torch.manual_seed(_SEED)
        height, breadth = data.train_x.shape[1:]
        mean, deviation = data.mean_and_deviation()
        judge = Judge(Shape(height, breadth, len(data.classes), mean, deviation)).to(run.device)
    judge.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
    count = len(data.train_y)
    steps_per_epoch = -(-count // _BATCH)
    total = epochs * steps_per_epoch
    optimiser = torch.optim.AdamW(judge.parameters(), lr=0.006, betas=(0.9, 0.98), weight_decay=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.006, total_steps=total, pct_start=0.2)
    canvas = F.pad(data.train_x, (shift,) * 4)
    order = torch.empty(0)
    for step in range(total):
        epoch, within = divmod(step, steps_per_epoch)
        if within == 0:
            order = epoch_order(_SEED, epoch, count).to(run.device)
        chosen = order[within * _BATCH : (within + 1) * _BATCH]
        with half_precision(run.device):
            scores = judge(moved(canvas, chosen, shift, _SEED, step))
        loss = F.cross_entropy(scores.float(), data.train_y[chosen])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        run.stop_if_asked()
    return judge.eval()
