"""The way of PyTorch's transfer-learning tutorial, on the backbone that is here: all layers fine-tuned with SGD.

Its settings (Chilamkurthy, "Transfer Learning for Computer Vision Tutorial"), but for the learning rate (`RATE`):
batches of 4, SGD with momentum 0.9, a tenth of the rate every 7 epochs, 25 epochs, random resized crops of 224 and
mirror images; tested
on the middle 224 of 256. Its backbone is ResNet-18; here it is SqueezeNet 1.0, as in ours.

    python -m tests.bench.reference_transfer <epochs> <data folder>

The last line is JSON: the test accuracy after each epoch. The tutorial reports the best of them.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from workers.recipes.torchvision_shim import import_torchvision

WEIGHTS = "squeezenet1_0/squeezenet1_0_deepcomp_fp16.pt"
PICTURES = "hymenoptera160"
RATE = 0.0002
"""A fifth of the tutorial's: SqueezeNet has no batch normalisation, and at 0.001 it collapses to one class."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main(epochs: int, data: Path) -> None:
    """Trains, and prints the accuracies."""
    torch.manual_seed(0)
    vision: Any = import_torchvision()
    t = vision.transforms
    ends = (t.ToTensor(), t.Normalize(MEAN, DEVIATION))
    train_set = vision.datasets.ImageFolder(
        data / PICTURES / "train", t.Compose((t.RandomResizedCrop(224), t.RandomHorizontalFlip(), *ends))
    )
    test_set = vision.datasets.ImageFolder(
        data / PICTURES / "val", t.Compose((t.Resize(256), t.CenterCrop(224), *ends))
    )
    train_loader: Any = torch.utils.data.DataLoader(train_set, batch_size=4, shuffle=True)
    test_loader: Any = torch.utils.data.DataLoader(test_set, batch_size=4)

    net = vision.models.squeezenet1_0()
    state = torch.load(data / WEIGHTS, weights_only=True)
    net.load_state_dict({key: value.float() for key, value in state.items()})
    net.classifier[1] = nn.Conv2d(512, len(train_set.classes), kernel_size=1)
    net.classifier[2] = nn.Identity()  # SqueezeNet's own ReLU on the logits: with it the two new ones die and stay dead
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=7, gamma=0.1)

    accuracies: list[float] = []
    for _ in range(epochs):
        net.train()
        for pictures, labels in train_loader:
            optimiser.zero_grad()
            F.cross_entropy(net(pictures), labels).backward()
            optimiser.step()
        schedule.step()
        net.eval()
        with torch.no_grad():
            right = sum(int((net(pictures).argmax(1) == labels).sum()) for pictures, labels in test_loader)
        accuracies.append(right / len(test_set))
    print(json.dumps({"accuracies": accuracies}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
