"""`waypoint train transfer` beside the way of PyTorch's tutorial, on this machine, one after the other.

    python -m tests.bench.bench_transfer [--epochs 25] [--runs 3] [--preset quick]

Ants and bees, SqueezeNet 1.0 with ImageNet weights, both from DATA_DIR. Both are counted from the start of the
interpreter to its end. Feature extraction is run alone as well: it is the way that a member waits for least.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.bench_mnist import DATA, measured
from tests.bench.machine import machine

OURS = """
import sys
from pathlib import Path
from workers.train_cli import train
preset, seed, out, ways = sys.argv[1:]
options = {"ways": ways, "backbone": "squeezenet"}
wish = {"dataset": "hymenoptera", "preset": preset, "seed": int(seed), "options": options}
sys.exit(train("transfer", as_json=True, out=Path(out), **wish))
"""


def main(arguments: list[str] | None = None) -> None:
    """Runs all and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=25, help="epochs of the tutorial's 25")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="quick")
    wish = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)

        def ours(ways: str, seed: int) -> dict[str, Any]:
            return measured(["-c", OURS, wish.preset, str(seed), str(home / "out"), ways], home)

        features = ours("features", 1)  # nothing in it is drawn at random: one run says all
        runs = [ours("all", seed) for seed in range(1, wish.runs + 1)]
        theirs = measured(["-m", "tests.bench.reference_transfer", str(wish.epochs), str(DATA)], home)
    last, best = theirs["accuracies"][-1], max(theirs["accuracies"])
    all_wall, all_processor = (statistics.median(run[key] for run in runs) for key in ("wall", "processor"))
    rows = [
        (
            "feature extraction alone",
            f"{features['metrics']['test_accuracy']:.2%}",
            f"{features['wall']:.1f}",
            f"{features['processor']:.1f}",
        ),
        *(
            (f"{name}, {wish.preset}, {wish.runs} seeds", _mean(runs, key), "", "")
            for name, key in (("fine-tuned", "finetuned_accuracy"), ("from scratch", "scratch_accuracy"))
        ),
        ("all three ways together", "", f"{all_wall:.1f}", f"{all_processor:.1f}"),
        (
            f"tutorial's way, {wish.epochs} of its 25 epochs",
            f"{last:.2%} (best epoch {best:.2%})",
            f"{theirs['wall']:.1f}",
            f"{theirs['processor']:.1f}",
        ),
        (
            "ratio to feature extraction",
            "",
            f"{theirs['wall'] / features['wall']:.1f}",
            f"{theirs['processor'] / features['processor']:.1f}",
        ),
    ]
    head = ("ants and bees", "test accuracy", "seconds", "processor seconds")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    sys.stdout.write("\n".join((f"{machine()}; on {features['device']}", "", *table)) + "\n")


def _mean(runs: list[dict[str, Any]], metric: str) -> str:
    values = [run["metrics"][metric] for run in runs]
    return f"{statistics.mean(values):.2%} ({min(values):.2%} to {max(values):.2%})"


if __name__ == "__main__":
    main()
