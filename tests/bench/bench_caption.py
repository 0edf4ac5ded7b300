"""`waypoint train caption --dataset flickr8k` beside sgrvinod's tutorial's decoder, on this machine, one after another.

    python -m tests.bench.bench_caption [--seconds 280] [--runs 1] [--preset standard]

Both train on the same features, which a first run looks at and keeps: on neither's account. The reference gets as many
seconds as are given; ours takes what its preset takes.
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
preset, seed, out, *more = sys.argv[1:]
wish = {"preset": preset, "seed": int(seed), "options": more, "as_json": True, "out": Path(out)}
sys.exit(train("caption", dataset="flickr8k", **wish))
"""
SHORTEST = ["epochs=1", "pictures=200", "width=16", "beam=1"]


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=280, help="training time of the reference")
    parser.add_argument("--runs", type=int, default=1, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="standard")
    wish = parser.parse_args(arguments)
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # as `waypoint train` sets it, for both
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first = measured(["-c", OURS, "quick", "0", str(home / "out"), *SHORTEST], home)  # looks at the photos
        runs = [
            measured(["-c", OURS, wish.preset, str(seed), str(home / "out")], home) for seed in range(1, wish.runs + 1)
        ]
        theirs = measured(
            ["-m", "tests.bench.reference_caption", str(wish.seconds), str(home / "datasets"), str(DATA)], home
        )
    middle = statistics.median(run["seconds"]["train"] for run in runs)
    wall, processor = (statistics.median(run[key] for run in runs) for key in ("wall", "processor"))
    bleu, control, cider = (
        statistics.mean(run["metrics"][name] for run in runs) for name in ("bleu_4", "wrong_picture_bleu_4", "cider_d")
    )
    ours = f"`waypoint train caption`, {wish.preset}, {wish.runs} seed{'s' if wish.runs > 1 else ''}"
    reference = f"the tutorial's decoder, {theirs['epochs']:.1f} epochs of all captions"
    rows = (
        ("Flickr8k", "BLEU-4", "wrong photos", "CIDEr-D", "training, s", "seconds", "processor seconds"),
        ("---",) * 7,
        (ours, f"{bleu:.3f}", f"{control:.3f}", f"{cider:.2f}", f"{middle:.0f}", f"{wall:.0f}", f"{processor:.0f}"),
        (
            reference,
            f"{theirs['bleu_4']:.3f}",
            f"{theirs['control']:.3f}",
            f"{theirs['cider_d']:.2f}",
            f"{theirs['train']:.0f}",
            f"{theirs['wall']:.0f}",
            f"{theirs['processor']:.0f}",
        ),
        (
            "ratio",
            f"{bleu / theirs['bleu_4']:.2f}" if theirs["bleu_4"] else "–",
            "",
            "",
            f"{theirs['train'] / middle:.1f}",
            f"{theirs['wall'] / wall:.1f}",
            f"{theirs['processor'] / processor:.1f}",
        ),
    )
    looked = f"the photos were looked at once, in {first['seconds']['load']:.0f} s"
    lines = [f"{machine()}; on {first['device']}; {looked}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
