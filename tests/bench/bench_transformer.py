"""`waypoint train transformer` beside tf-idf with logistic regression and a plain nn.TransformerEncoder, on SST-2.

    python -m tests.bench.bench_transformer [--preset best] [--runs 5] [--reference-runs 2] [--epochs 8]

All on this machine, one after the other, on the same split. Ours and the plain transformer are counted from the start
of the interpreter to its end; ours trains its baselines in that time too. tf-idf is tuned on the validation part in
the same run.
"""

import argparse
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
sys.exit(train("transformer", dataset="sst2", preset=preset, seed=int(seed), as_json=True, out=Path(out)))
"""


def main(arguments: list[str] | None = None) -> None:
    """Runs all and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", default="best")
    parser.add_argument("--runs", type=int, default=5, help="runs of ours, each with its own seed")
    parser.add_argument("--reference-runs", type=int, default=2, help="runs of the plain transformer")
    parser.add_argument("--epochs", type=int, default=8, help="epochs of the plain transformer")
    wish = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ours = [
            measured(["-c", OURS, wish.preset, str(seed), str(home / "out")], home) for seed in range(1, wish.runs + 1)
        ]
        command = ["-m", "tests.bench.reference_text", str(wish.epochs)]
        plain = [
            measured([*command, str(seed), str(home), str(DATA)], home) for seed in range(1, wish.reference_runs + 1)
        ]
    metrics = ours[0]["metrics"]
    our_wall, our_processor = (statistics.median(run[key] for run in ours) for key in ("wall", "processor"))
    wall, processor = (statistics.median(run[key] for run in plain) for key in ("wall", "processor"))
    rows = (
        (
            f"`waypoint train transformer`, {wish.preset}, {wish.runs} seeds",
            _accuracies([run["metrics"]["test_accuracy"] for run in ours]),
            f"{our_wall:.1f}",
            f"{our_processor:.1f}",
        ),
        ("tf-idf + logistic regression", f"{metrics['tf_idf_accuracy']:.2%}", "", ""),
        ("naive Bayes", f"{metrics['naive_bayes_accuracy']:.2%}", "", ""),
        ("bag of embeddings", _accuracies([run["metrics"]["bag_accuracy"] for run in ours]), "", ""),
        (
            f"plain nn.TransformerEncoder, best of {wish.epochs} epochs, {wish.reference_runs} seeds",
            _accuracies([run["accuracy"] for run in plain]),
            f"{wall:.1f}",
            f"{processor:.1f}",
        ),
        ("ratio", "", f"{wall / our_wall:.2f}", f"{processor / our_processor:.2f}"),
    )
    head = ("SST-2", "test accuracy", "seconds", "processor seconds")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    training = statistics.median(run["seconds"]["train"] for run in ours)
    about = f"{machine()}; on {ours[0]['device']}; {training:.1f} of our {our_wall:.1f} s are training"
    sys.stdout.write("\n".join([about, "", *table]) + "\n")


def _accuracies(values: list[float]) -> str:
    return f"{statistics.mean(values):.2%} ({min(values):.2%} to {max(values):.2%})"


if __name__ == "__main__":
    main()
