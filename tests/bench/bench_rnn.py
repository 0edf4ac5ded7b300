"""`waypoint train rnn --dataset tinyshakespeare` beside char-rnn's settings, on this machine, one after the other.

    python -m tests.bench.bench_rnn [--epochs 12] [--runs 3] [--preset quick]

Both are counted from the start of the interpreter to its end, and by the processor time that they used; what a start
costs (importing torch) is measured by itself and given too, because a worker has torch loaded before a run comes.
The reference stops as soon as it has reached 1.600 nats; ours gives what its preset reaches.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.bench_mnist import DATA, measured
from tests.bench.machine import machine

OURS = """
import sys
from pathlib import Path
from workers.train_cli import train
preset, seed, out = sys.argv[1:]
sys.exit(train("rnn", dataset="tinyshakespeare", preset=preset, seed=int(seed), as_json=True, out=Path(out)))
"""
START = "import torch, torch.nn; print('{}')"


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12, help="epochs of the reference, at most")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="quick")
    wish = parser.parse_args(arguments)
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # as `waypoint train` sets it, for both
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start = measured(["-c", START], home)
        runs = [
            measured(["-c", OURS, wish.preset, str(seed), str(home / "out")], home) for seed in range(1, wish.runs + 1)
        ]
        theirs = measured(["-m", "tests.bench.reference_char_rnn", str(wish.epochs), str(DATA)], home)
    wall, processor = (statistics.median(run[key] for run in runs) for key in ("wall", "processor"))
    training = statistics.median(run["seconds"]["train"] for run in runs)
    losses = sorted(run["metrics"]["validation_loss"] for run in runs)
    shown = f"{statistics.mean(losses):.3f} ({losses[0]:.3f} to {losses[-1]:.3f})"
    loaded = (theirs["wall"] - start["wall"]) / training
    rows = (
        (f"`waypoint train rnn`, {wish.preset}, {wish.runs} seeds", shown, f"{wall:.1f}", f"{processor:.1f}"),
        (
            f"char-rnn's settings, {theirs['epochs']:g} epochs",
            f"{theirs['losses'][-1]:.3f}",
            f"{theirs['wall']:.1f}",
            f"{theirs['processor']:.1f}",
        ),
        ("ratio", "", f"{theirs['wall'] / wall:.1f}", f"{theirs['processor'] / processor:.1f}"),
        ("ratio of training alone", "", f"{loaded:.1f}", ""),
    )
    head = ("Tiny Shakespeare", "validation, nats", "seconds", "processor seconds")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    about = (
        f"{machine()}; on {runs[0]['device']}; {training:.1f} of our {wall:.1f} s are training, "
        f"{start['wall']:.1f} s importing torch"
    )
    sys.stdout.write("\n".join([about, "", *table]) + "\n")


if __name__ == "__main__":
    main()
