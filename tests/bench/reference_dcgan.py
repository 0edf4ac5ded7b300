"""The method and settings of pytorch/examples `dcgan`, written anew for the bench: what `bench_gan` measures against.

    python -m tests.bench.reference_dcgan SIDE ITERATIONS CACHE_FOLDER DATA_FOLDER

Transposed convolutions of 64 × 8, 4, 2, 1 channels from 100 random numbers to a picture of 64 pixels, the mirror image
of it as discriminator, batches of 64, Adam with rate 0.0002 and betas 0.5 and 0.999, real pictures are 1 and drawings
0. It has no classes. With SIDE 32 each network has one layer less, so that it works on pictures about as large as ours.

Real pictures are enlarged to 64 pixels and the drawings made small again (SIDE 64), or padded to 32 pixels and cut to
28 again (SIDE 32), so that our judge looks at 28 pixels in either case. Its last line is JSON with the figures.
"""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes import mnist
from workers.recipes.gan_judge import judge_of
from workers.recipes.gan_quality import quality
from workers.recipes.sources import DataSources

LATENT, CHANNELS, BATCH, DRAWINGS = 100, 64, 64, 10_000


def nets(side: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Generator and discriminator for pictures of `side` pixels, a power of two from 16."""
    doublings = side.bit_length() - 4  # between the 4×4 beginning and the last layer, which doubles as well
    widest = CHANNELS * 2**doublings
    draws: list[nn.Module] = [
        nn.ConvTranspose2d(LATENT, widest, 4, 1, 0, bias=False),
        nn.BatchNorm2d(widest),
        nn.ReLU(),
    ]
    tells: list[nn.Module] = [nn.Conv2d(1, CHANNELS, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for place in range(doublings):
        many, few = widest // 2**place, widest // 2 ** (place + 1)
        draws += [nn.ConvTranspose2d(many, few, 4, 2, 1, bias=False), nn.BatchNorm2d(few), nn.ReLU()]
        few = CHANNELS * 2**place
        tells += [nn.Conv2d(few, 2 * few, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * few), nn.LeakyReLU(0.2)]
    draws += [nn.ConvTranspose2d(CHANNELS, 1, 4, 2, 1, bias=False), nn.Tanh()]
    tells += [nn.Conv2d(widest, 1, 4, 1, 0, bias=False), nn.Flatten(0)]
    both = nn.Sequential(*draws), nn.Sequential(*tells)
    for layer in (layer for net in both for layer in net):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
    return both


def enlarged(pictures: Tensor, side: int) -> Tensor:
    """``uint8[N, 28, 28]`` to ``float[N, 1, side, side]`` from -1 to 1."""
    x = pictures.unsqueeze(1).float() / 127.5 - 1
    return F.pad(x, (2, 2, 2, 2), value=-1.0) if side == 32 else F.interpolate(x, side, mode="bilinear", antialias=True)


def made_small(drawn: Tensor, side: int) -> Tensor:
    """The way back, to ``uint8[N, 28, 28]``."""
    x = drawn[:, :, 2:-2, 2:-2] if side == 32 else F.interpolate(drawn, 28, mode="bilinear", antialias=True)
    return ((x[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def main() -> None:
    """Trains for a number of iterations and judges 10,000 drawings."""
    side, iterations, cache, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    torch.manual_seed(1)
    sources = DataSources(cache, folder)
    data = mnist.load(sources, lambda _: None)
    run: Any = SimpleNamespace(
        sources=sources,
        device="cpu",
        job=SimpleNamespace(dataset="mnist"),
        stage=lambda _: None,
        stop_if_asked=lambda: None,
    )
    judge = judge_of(run, data)
    draws, tells = nets(side)
    rates: dict[str, Any] = {"lr": 0.0002, "betas": (0.5, 0.999)}
    for_draws, for_tells = (torch.optim.Adam(net.parameters(), **rates) for net in (draws, tells))
    loss = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(BATCH), torch.zeros(BATCH)
    started, processor = time.perf_counter(), time.process_time()
    for _ in range(iterations):
        chosen = torch.randint(len(data.train_x), (BATCH,))
        tells.zero_grad()
        loss(tells(enlarged(data.train_x[chosen], side)), real).backward()
        drawn = cast("Tensor", draws(torch.randn(BATCH, LATENT, 1, 1)))
        loss(tells(drawn.detach()), fake).backward()
        for_tells.step()
        draws.zero_grad()
        loss(tells(drawn), real).backward()
        for_draws.step()
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    draws.eval()
    with torch.no_grad():
        drawn = torch.cat([made_small(draws(torch.randn(500, LATENT, 1, 1)), side) for _ in range(DRAWINGS // 500)])
    judged = quality(judge.look(drawn), None, judge.look(data.test_x), data.test_y)
    told = {
        "train": seconds,
        "train_processor": processor,
        "epochs": iterations * BATCH / len(data.train_x),
        "sure": judged.sure,
        "frechet_distance": judged.frechet,
        "class_entropy": judged.entropy,
        "variety": judged.mean_variety,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
