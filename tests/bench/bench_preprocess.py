"""`waypoint train preprocess` beside the plain way to look for duplicates, pair by pair, on this machine.

    python -m tests.bench.bench_preprocess [--pictures 6000]

There is no public reference for a data report. What costs is the comparison of all pairs: the plain way correlates each
picture with all before it in a loop, as one would write it first; ours is one product of matrices a block.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from tests.bench.bench_mnist import DATA
from tests.bench.machine import machine
from workers.recipes import mnist
from workers.recipes.inspecting import inspect
from workers.recipes.sources import DataSources


def plain(pictures: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", alike: float) -> int:
    """Pairs that are alike, found one picture at a time."""
    found = 0
    rows = pictures - pictures.mean(1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for place in range(1, len(rows)):
        for other in range(place):
            found += float(np.dot(rows[place], rows[other])) >= alike
    return found


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--plain", type=int, default=1500, help="pictures of the plain way: its cost grows squarely")
    parser.add_argument("--home", type=Path, default=Path("/tmp/waypoint-bench"))  # noqa: S108 a cache
    wish = parser.parse_args(arguments)
    data = mnist.load(DataSources(cache=wish.home, folder=DATA), lambda _: None)
    pictures = data.train_x[: wish.pictures].unsqueeze(1)
    started = time.perf_counter()
    ours = inspect(pictures, data.train_y[: wish.pictures], 10, 0.97)
    mine = time.perf_counter() - started
    few = pictures[: wish.plain].flatten(1).float().numpy()
    started = time.perf_counter()
    pairs = plain(few, 0.97)
    theirs = time.perf_counter() - started
    whole = theirs * (wish.pictures / wish.plain) ** 2
    same = len(
        inspect(torch.from_numpy(few).view(-1, 1, 28, 28).to(torch.uint8), data.train_y[: wish.plain], 10, 0.97).pairs
    )
    print("| MNIST, all pairs | pictures | pairs found | seconds |")
    print("|---|---|---|---|")
    print(f"| `inspect`: duplicates, groups, outliers | {wish.pictures:,} | {len(ours.pairs)} | {mine:.2f} |")
    print(f"| pair by pair | {wish.plain:,} | {pairs} (ours there: {same}) | {theirs:.1f} |")
    print(
        f"\n{machine()}; at {wish.pictures:,} pictures the plain way would take {whole:.0f} s: ratio {whole / mine:.0f}"
    )


if __name__ == "__main__":
    main()
