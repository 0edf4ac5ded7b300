"""The method and settings of sgrvinod's captioning tutorial, written anew: what `bench_caption` measures against.

    python -m tests.bench.reference_caption SECONDS CACHE_FOLDER DATA_FOLDER

An LSTM of 512 that looks before each word by additive attention of 512, embeddings of 512, a gate on what it sees,
dropout 0.5, batches of 32 captions, Adam at 4e-4, gradients clipped at 5, doubly stochastic attention, a frozen encoder
(here the same cached features as ours), a vocabulary of words that occur more than five times. It trains for the given
seconds, all captions in random order, and captions the test photos by a beam of 5. Its last line is JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes import flickr8k
from workers.recipes.caption_data import LONGEST, Vocabulary
from workers.recipes.caption_net import PAD, Seen
from workers.recipes.caption_scores import scores
from workers.recipes.caption_search import captions
from workers.recipes.sources import DataSources

WIDTH = 512


class Net(nn.Module):
    """The reference's decoder, with the four steps that our search asks for."""

    def __init__(self, words: int, channels: int) -> None:
        super().__init__()
        self.of_places, self.of_memory = nn.Linear(channels, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.weigh = nn.Linear(WIDTH, 1)
        self.embed, self.dropout = nn.Embedding(words, WIDTH), nn.Dropout(0.5)
        self.cell = nn.LSTMCell(WIDTH + channels, WIDTH)
        self.first_h, self.first_c = nn.Linear(channels, WIDTH), nn.Linear(channels, WIDTH)
        self.gate, self.out = nn.Linear(WIDTH, channels), nn.Linear(WIDTH, words)
        for weights in (self.embed.weight, self.out.weight):
            nn.init.uniform_(weights, -0.1, 0.1)

    def see(self, features: Tensor) -> Seen:
        return Seen(features.float(), features.float().mean(1))

    def begin(self, seen: Seen) -> tuple[Tensor, Tensor]:
        return self.first_h(seen.gist)[None], self.first_c(seen.gist)[None]

    def write(self, seen: Seen, words: Tensor, state: Any) -> tuple[Tensor, Tensor, Any]:
        h, c = state[0][0], state[1][0]
        places, said, maps = self.of_places(seen.places), [], []
        for word in self.embed(words).unbind(1):
            weights = self.weigh(F.relu(places + self.of_memory(h)[:, None]))[..., 0].softmax(1)
            context = self.gate(h).sigmoid() * (weights[..., None] * seen.places).sum(1)
            h, c = self.cell(torch.cat([word, context], 1), (h, c))
            said.append(self.dropout(h))
            maps.append(weights)
        return torch.stack(said, 1), torch.stack(maps, 1), (h[None], c[None])

    def score(self, said: Tensor) -> Tensor:
        return self.out(said)


def main() -> None:
    """Trains for so many seconds, then captions the test photos."""
    seconds, cache, folder = float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(1)
    data = flickr8k.load(DataSources(cache, folder, allow_downloads=False), lambda _: None, 20_000, "cpu")
    vocabulary = Vocabulary.of((text for own in data.train.references for text in own), 6)
    pairs = [
        (row, text) for row, own in zip(data.train.rows.tolist(), data.train.references, strict=True) for text in own
    ]
    rows, words = torch.tensor([row for row, _ in pairs]), vocabulary.encode([text for _, text in pairs])
    net = Net(len(vocabulary), data.channels)
    optimiser = torch.optim.Adam(net.parameters(), lr=4e-4)
    started, step = time.perf_counter(), 0
    order = torch.randperm(len(rows)).split(32)
    while time.perf_counter() - started < seconds:
        chosen = order[step % len(order)]
        batch = words[chosen][:, : int((words[chosen] != PAD).sum(1).max())]
        seen = net.see(data.inputs[rows[chosen]])
        said, maps, _ = net.write(seen, batch[:, :-1], net.begin(seen))
        real = batch[:, 1:] != PAD
        loss = F.cross_entropy(net.score(said[real]), batch[:, 1:][real])
        loss = loss + ((1 - (maps * real[..., None]).sum(1)) ** 2).mean()  # each place is looked at once in all
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(net.parameters(), 5.0)
        optimiser.step()
        step += 1
        if step % len(order) == 0:
            order = torch.randperm(len(rows)).split(32)
    trained = time.perf_counter() - started
    net.eval()
    test = data.tests[0]
    told = captions(net, data.inputs[test.rows], beam=5, longest=LONGEST)  # type: ignore[arg-type]
    found = scores([vocabulary.decode(each.words) for each in told], test.references)
    result = {"bleu_4": found.bleu[3], "control": found.control, "cider_d": found.cider, "train": trained}
    sys.stdout.write(json.dumps({**result, "epochs": step / len(order)}) + "\n")


if __name__ == "__main__":
    main()
