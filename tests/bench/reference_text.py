"""A plain transformer for text, as tutorials build it from PyTorch's own parts: what `bench_transformer` runs against.

    python -m tests.bench.reference_text EPOCHS SEED CACHE_FOLDER DATA_FOLDER

torch.nn.TransformerEncoder with two layers of width 128, four heads, an inner layer of 512, dropout 0.3, one word in
ten left out, label smoothing 0.05, learned positions, embeddings that start at N(0, 0.02) as BERT's do (Devlin et al.,
2019, their code), the mean of the tokens, and AdamW at 5e-4 with batches of 64 in random order padded to the longest,
words that training holds at least twice. Its last line is JSON with the test accuracy at the epoch that did best on
the validation part, of EPOCHS.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes import transformer_files
from workers.recipes.sources import DataSources
from workers.recipes.transformer_data import PADDING, Vocabulary

LONGEST = 64


class Plain(nn.Module):
    """Embeddings, an encoder of PyTorch's own, a linear layer."""

    def __init__(self, words: int, classes: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, 128, padding_idx=PADDING), nn.Embedding(LONGEST, 128)
        layer = nn.TransformerEncoderLayer(128, 4, 512, 0.3, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(128, classes)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.02)
        with torch.no_grad():
            self.words.weight[PADDING] = 0

    def forward(self, words: Tensor) -> Tensor:
        padding = words == PADDING
        x = self.words(words) + self.places(torch.arange(words.shape[1], device=words.device))
        x = self.encoder(x, src_key_padding_mask=padding).masked_fill(padding[..., None], 0)
        return self.out(x.sum(1) / (~padding).sum(1, keepdim=True))


def main() -> None:
    """Trains, and tests at the epoch that validation chose."""
    epochs, seed, cache, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    data = transformer_files.load("sst2", DataSources(cache, folder), lambda _: None)
    vocabulary = Vocabulary.of(data.train.texts, buckets=0, longest=LONGEST)
    words = [
        (tokens := vocabulary.numbers(part.texts)).words[tokens.places]
        for part in (data.train, data.validation, data.test)
    ]
    torch.manual_seed(seed)
    net = Plain(len(vocabulary.words), len(data.classes))
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-4)
    best = (-1.0, 0.0)
    for _ in range(epochs):
        net.train()
        for chosen in torch.randperm(len(words[0])).split(64):
            batch = words[0][chosen]
            batch = batch[:, : int((batch != PADDING).sum(1).max())]
            kept = batch.masked_fill(torch.rand(batch.shape) < 0.1, PADDING)
            kept[:, 0] = batch[:, 0]  # at least one word, or the mean has nothing to divide by
            optimiser.zero_grad()
            F.cross_entropy(net(kept), data.train.labels[chosen], label_smoothing=0.05).backward()
            optimiser.step()
        net.eval()
        with torch.no_grad():
            validation, test = (
                float((torch.cat([net(x) for x in part.split(256)]).argmax(1) == expected.labels).float().mean())
                for part, expected in ((words[1], data.validation), (words[2], data.test))
            )
        if validation > best[0]:
            best = (validation, test)
    sys.stdout.write(json.dumps({"accuracy": best[1]}) + "\n")


if __name__ == "__main__":
    main()
