"""`waypoint train cnn --dataset mnist` beside the public reference, on this machine, one after the other.

    python -m tests.bench.bench_mnist [--epochs 3] [--runs 3] [--preset best]

Both are counted from the start of the interpreter to its end; the data is unpacked before, on neither's account.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.machine import machine

DATA = Path(os.environ.get("DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
OURS = """
import sys
from pathlib import Path
from workers.train_cli import train
preset, seed, out = sys.argv[1:]
sys.exit(train("cnn", dataset="mnist", preset=preset, seed=int(seed), as_json=True, out=Path(out)))
"""


def measured(command: list[str], home: Path) -> dict[str, Any]:
    """Runs a Python program whose last line is JSON; adds its wall and processor seconds."""
    environment = {**os.environ, "DATA_DIR": str(DATA), "WAYPOINT_HOME": str(home)}
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - started, os.times()
    if done.returncode != 0:
        sys.exit(done.stderr)
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": wall, "processor": processor}


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1, help="epochs of the reference, of its 14")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="quick")
    wish = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first = measured(["-c", OURS, "quick", "0", str(home / "out")], home)  # unpacks the data
        runs = [
            measured(["-c", OURS, wish.preset, str(seed), str(home / "out")], home) for seed in range(1, wish.runs + 1)
        ]
        cache = str(home / "datasets")
        theirs = measured(["-m", "tests.bench.reference_mnist", str(wish.epochs), cache, str(DATA)], home)
    wall, processor = (statistics.median(run[key] for run in runs) for key in ("wall", "processor"))
    training = statistics.median(run["seconds"]["train"] for run in runs)
    accuracies = sorted(run["metrics"]["test_accuracy"] for run in runs)
    shown = f"{statistics.mean(accuracies):.2%} ({accuracies[0]:.2%} to {accuracies[-1]:.2%})"
    rows = (
        (f"`waypoint train cnn`, {wish.preset}, {wish.runs} seeds", shown, f"{wall:.1f}", f"{processor:.1f}"),
        (
            f"pytorch/examples `mnist`, {wish.epochs} of its 14 epochs",
            f"{theirs['accuracies'][-1]:.2%}",
            f"{theirs['wall']:.1f}",
            f"{theirs['processor']:.1f}",
        ),
        ("ratio", "", f"{theirs['wall'] / wall:.1f}", f"{theirs['processor'] / processor:.1f}"),
    )
    head = ("MNIST", "test accuracy", "seconds", "processor seconds")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    about = f"{machine()}; on {first['device']}; {training:.1f} of our {wall:.1f} s are training"
    lines = [about, "", *table]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
