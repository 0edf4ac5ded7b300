"""char-rnn's settings, for `bench_rnn`: its method in our words, in float32 and on torch's fused LSTM.

    python -m tests.bench.reference_char_rnn EPOCHS DATA_DIR

From karpathy/char-rnn's `train.lua`: characters as one-hot vectors, 2 LSTM layers of 128 units, 50 streams of 50
characters with the state carried along, RMSprop with rate 2e-3 and decay 0.95, its rate times 0.97 after each epoch
from the tenth on, gradients clipped at ±5, no dropout. It stops at the first evaluation (two an epoch) with a
validation loss of 1.600 nats at most, or after EPOCHS.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from workers.recipes import rnn
from workers.recipes.device import prepare
from workers.recipes.rnn_data import corpus

STREAMS, LENGTH = 50, 50
GOAL = 1.600


class OneHot(nn.Module):
    """Characters as vectors of zeros and a one."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.characters = characters

    def forward(self, ids: Tensor) -> Tensor:
        """``int64[T, N]`` to ``float[T, N, characters]``."""
        return F.one_hot(ids, self.characters).float()


def main() -> None:
    """Trains, and prints the validation loss after each half epoch as JSON."""
    epochs, folder = int(sys.argv[1]), Path(sys.argv[2])
    device = prepare()
    torch.manual_seed(123)
    text = corpus("", (folder / "tinyshakespeare" / "input.txt").read_text())
    net = rnn.Net(rnn.Shape("lstm", 128, 2, 0.0, len(text.characters)))
    net.embed = OneHot(len(text.characters))  # type: ignore[assignment]
    net.memory = nn.LSTM(len(text.characters), 128, 2)
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.08, 0.08)
    net.to(device)
    optimiser = torch.optim.RMSprop(net.parameters(), lr=2e-3, alpha=0.95)
    inputs, targets = rnn.streams(text.ids[: text.start].to(device), STREAMS, LENGTH)
    per_epoch = len(inputs) // LENGTH
    state: rnn.State | None = None
    losses: list[float] = []
    for step in range(epochs * per_epoch):
        place = step % per_epoch
        if place == 0:
            state = None
            if step >= 10 * per_epoch:
                optimiser.param_groups[0]["lr"] *= 0.97
        piece = slice(place * LENGTH, (place + 1) * LENGTH)
        scores, after = net(inputs[piece], state)
        state = rnn.detached(after)
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(scores.flatten(0, 1), targets[piece].flatten()).backward()
        nn.utils.clip_grad_value_(net.parameters(), 5.0)
        optimiser.step()
        if place in (per_epoch // 2, per_epoch - 1):
            losses.append(float(rnn.surprise(net, text.ids, text.start).mean()))
            if losses[-1] <= GOAL:
                break
    sys.stdout.write(json.dumps({"losses": losses, "epochs": len(losses) / 2}) + "\n")


if __name__ == "__main__":
    main()
