"""`waypoint train cnn --dataset mnist` beside the public reference, on this machine, one after the other.

    python -m tests.bench.bench_mnist [--epochs 3] [--runs 3]

The reference is the method and settings of pytorch/examples `mnist`, written here anew: two 3×3 convolutions of 32 and
64 channels, dropout, two linear layers (1.2 million weights), batches of 64 from a loader that makes each picture
on its own, Adadelta at 1.0, and a rate that falls to 0.7 of itself after each epoch. Like the original it does not
shuffle on a CPU, and counts from the start of the interpreter, as ours does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))


def ours(cache: Path, preset: str, seed: int) -> dict[str, Any]:
    """One `waypoint train`, in a process of its own."""
    script = (
        "import sys; from pathlib import Path; from workers.train_cli import train; "
        f"sys.exit(train('cnn', dataset='mnist', preset={preset!r}, seed={seed}, as_json=True, "
        f"out=Path({str(cache / 'out')!r})))"
    )
    return measured([sys.executable, "-c", script], cache)


def measured(command: list[str], cache: Path) -> dict[str, Any]:
    """Runs a command whose last line is JSON; adds its wall and processor seconds, start-up included."""
    environment = {**os.environ, "DATA_DIR": str(DATA), "WAYPOINT_HOME": str(cache)}
    before = os.times()
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    wall = time.perf_counter() - started
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": wall, "processor": processor}


def reference(epochs: int, seed: int, cache: Path) -> None:
    """Trains the reference and prints its accuracy after each epoch as one line of JSON."""
    import torch
    import torch.nn.functional as F
    from PIL import Image
    from torch import nn
    from torch.utils.data import DataLoader, Dataset

    from workers.recipes import mnist
    from workers.recipes.sources import DataSources
    from workers.recipes.torchvision_shim import import_torchvision

    transforms = import_torchvision().transforms

    class Pictures(Dataset[tuple[torch.Tensor, int]]):
        """One picture at a time, from bytes to a normalised tensor, as torchvision's own data set does it."""

        def __init__(self, pictures: torch.Tensor, labels: torch.Tensor) -> None:
            self.pictures, self.labels = pictures, labels
            self.prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return self.prepare(Image.fromarray(self.pictures[index].numpy())), int(self.labels[index])

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
            self.hidden, self.out = nn.Linear(9216, 128), nn.Linear(128, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.max_pool2d(F.relu(self.second(F.relu(self.first(x)))), 2)
            x = F.dropout(x, 0.25, self.training).flatten(1)
            x = F.dropout(F.relu(self.hidden(x)), 0.5, self.training)
            return F.log_softmax(self.out(x), 1)

    torch.manual_seed(seed)
    data = mnist.load(DataSources(cache / "datasets", DATA), lambda _: None)
    everything = Pictures(torch.cat([data.train_x, data.validation_x]), torch.cat([data.train_y, data.validation_y]))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_loader = DataLoader(everything, batch_size=64, shuffle=device == "cuda")
    test_loader = DataLoader(Pictures(data.test_x, data.test_y), batch_size=1000)
    net = Net().to(device)
    optimiser = torch.optim.Adadelta(net.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=0.7)
    accuracies: list[float] = []
    for _ in range(epochs):
        net.train()
        for pictures, labels in train_loader:
            optimiser.zero_grad()
            F.nll_loss(net(pictures.to(device)), labels.to(device)).backward()
            optimiser.step()
        schedule.step()
        net.eval()
        with torch.no_grad():
            right = sum(
                int((net(pictures.to(device)).argmax(1).cpu() == labels).sum()) for pictures, labels in test_loader
            )
        accuracies.append(right / len(data.test_y))
    sys.stdout.write(json.dumps({"accuracies": accuracies, "device": device}) + "\n")


def main() -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1, help="epochs of the reference")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, each with its own seed")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--reference", type=Path, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.reference is not None:
        reference(wish.epochs, 1, wish.reference)
        return
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        first = ours(cache, "quick", 0)  # unpacks the data: not counted on either side
        runs = [ours(cache, wish.preset, seed) for seed in range(1, wish.runs + 1)]
        command = [sys.executable, "-m", "tests.bench.bench_mnist", "--epochs", str(wish.epochs)]
        theirs = measured([*command, "--reference", str(cache)], cache)
    wall, processor = (statistics.median(run[key] for run in runs) for key in ("wall", "processor"))
    accuracies = sorted(run["metrics"]["test_accuracy"] for run in runs)
    versions = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    train = statistics.median(run["seconds"]["train"] for run in runs)
    now = datetime.now(UTC)
    sys.stdout.write(
        f"MNIST, {now:%Y-%m-%d %H:%M} UTC, {first['device']}, {versions}. Seconds from the start of the interpreter; "
        f"load of the machine before: {os.getloadavg()[2]:.1f}.\n\n"
        "| | test accuracy | seconds | processor seconds |\n|---|---|---|---|\n"
        f"| waypoint train cnn, {wish.preset}, {wish.runs} seeds | {statistics.mean(accuracies):.2%} "
        f"({accuracies[0]:.2%} to {accuracies[-1]:.2%}) | {wall:.1f} (training {train:.1f}) | {processor:.1f} |\n"
        f"| pytorch/examples mnist, {wish.epochs} of its 14 epochs | {theirs['accuracies'][-1]:.2%} "
        f"| {theirs['wall']:.1f} | {theirs['processor']:.1f} |\n"
        f"| ratio | | {theirs['wall'] / wall:.1f} | {theirs['processor'] / processor:.1f} |\n"
    )


if __name__ == "__main__":
    main()
