"""The method and settings of pytorch/examples `mnist`, written anew for the bench: what `bench_mnist` measures against.

    python -m tests.bench.reference_mnist EPOCHS CACHE_FOLDER DATA_FOLDER

Two 3×3 convolutions of 32 and 64 channels, dropout, two linear layers (1.2 million weights), batches of 64 from a
loader that makes each picture on its own, Adadelta at 1.0, and a rate that falls to 0.7 of itself after each epoch.
Like the original it does not shuffle on a CPU. Its last line is JSON with the test accuracy after each epoch.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from workers.recipes import mnist
from workers.recipes.sources import DataSources
from workers.recipes.torchvision_shim import import_torchvision

transforms = import_torchvision().transforms


class Pictures(Dataset[tuple[Tensor, int]]):
    """One picture at a time, from bytes to a normalised tensor, as torchvision's own data set does it."""

    def __init__(self, pictures: Tensor, labels: Tensor) -> None:
        self.pictures, self.labels = pictures, labels
        self.prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.prepare(Image.fromarray(self.pictures[index].numpy())), int(self.labels[index])


class Net(nn.Module):
    """The reference's network."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.hidden, self.out = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.second(F.relu(self.first(x)))), 2)
        x = F.dropout(x, 0.25, self.training).flatten(1)
        x = F.dropout(F.relu(self.hidden(x)), 0.5, self.training)
        return F.log_softmax(self.out(x), 1)


def main() -> None:
    """Trains on all 60,000 training pictures and tests after each epoch."""
    epochs, cache, folder = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(1)
    data = mnist.load(DataSources(cache, folder), lambda _: None)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    everything = torch.cat([data.train_x, data.validation_x]), torch.cat([data.train_y, data.validation_y])
    train_loader = DataLoader(Pictures(*everything), batch_size=64, shuffle=device == "cuda")
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
            right = sum(int((net(batch.to(device)).argmax(1).cpu() == labels).sum()) for batch, labels in test_loader)
        accuracies.append(right / len(data.test_y))
    sys.stdout.write(json.dumps({"accuracies": accuracies}) + "\n")


if __name__ == "__main__":
    main()
