"""`waypoint train gan` beside the public reference, on this machine, one after the other, judged by the same judge.

    python -m tests.bench.bench_gan [--runs 3] [--preset quick] [--iterations 60] [--small 400]

The reference is the method and the settings of pytorch/examples `dcgan`. An epoch of it takes some 20 minutes on two
cores, so it is run for a number of iterations, and what an epoch would take is calculated from them; its quality after
so few is no figure to hold anything against. The fairer comparison is with the same method on pictures of 32 pixels,
given more iterations. It has no classes, so nothing is said about what was asked.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.bench_mnist import DATA, measured
from tests.bench.machine import machine
from workers.recipes.threads import wait_politely

OURS = """
import sys
from pathlib import Path
from workers.train_cli import train
preset, seed, out = sys.argv[1:]
sys.exit(train("gan", dataset="mnist", preset=preset, seed=int(seed), as_json=True, out=Path(out)))
"""
Row = tuple[str, ...]


def main(arguments: list[str] | None = None) -> None:
    """Runs all and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--iterations", type=int, default=60, help="of the reference at 64 pixels; 0 leaves it out")
    parser.add_argument("--small", type=int, default=400, help="of its method at 32 pixels; 0 leaves it out")
    wish = parser.parse_args(arguments)
    wait_politely(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        program = ["-m", "tests.bench.reference_dcgan"]
        where = [str(home / "datasets"), str(DATA)]
        measured([*program, "32", "1", *where], home)  # unpacks the data and trains the judge, on nobody's account
        rows = [_ours(wish.preset, wish.runs, home)]
        for side, iterations in ((32, wish.small), (64, wish.iterations)):
            if iterations:
                rows.append(_theirs(side, iterations, measured([*program, str(side), str(iterations), *where], home)))
    head = ("MNIST", "clear", "Fréchet distance", "seconds", "training", "its processor seconds", "an epoch")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    sys.stdout.write("\n".join([machine(), "", *table]) + "\n")


def _ours(preset: str, runs: int, home: Path) -> Row:
    made: list[dict[str, Any]] = [
        measured(["-c", OURS, preset, str(seed), str(home / "out")], home) for seed in range(1, runs + 1)
    ]

    def median(*path: str) -> float:
        return statistics.median(_at(run, path) for run in made)

    training = median("seconds", "train")
    return (
        f"`waypoint train gan`, {preset}, median of {runs}; as asked {median('metrics', 'as_asked'):.1%}",
        f"{median('metrics', 'sure'):.1%}",
        f"{median('metrics', 'frechet_distance'):.1f} (real: {median('metrics', 'real_frechet_distance'):.1f})",
        f"{median('wall'):.1f}",
        f"{training:.1f}",
        f"{median('processor'):.1f} (of all)",
        f"{training / int(made[0]['config']['epochs']):.1f}",
    )


def _theirs(side: int, iterations: int, run: dict[str, Any]) -> Row:
    return (
        f"pytorch/examples `dcgan`'s method at {side} pixels, {iterations:,} iterations ({run['epochs']:.2f} epochs)",
        f"{run['sure']:.1%}",
        f"{run['frechet_distance']:.1f}",
        f"{run['wall']:.1f}",
        f"{run['train']:.1f}",
        f"{run['train_processor']:.1f}",
        f"{run['train'] / run['epochs']:.0f}{'' if run['epochs'] >= 1 else ' (calculated)'}",
    )


def _at(run: dict[str, Any], path: tuple[str, ...]) -> float:
    value: Any = run
    for name in path:
        value = value[name]
    return float(value)


if __name__ == "__main__":
    main()
