"""From a trained network to captions: beam search, for many pictures at a time."""

from dataclasses import dataclass

import torch
from torch import Tensor

from workers.recipes.caption_net import END, PAD, START, UNKNOWN, Captioner, Seen, State
from workers.recipes.device import half_precision

LENGTH_POWER = 0.7
"""Scores are divided by length to this power: without it the search likes captions that stop early."""
BATCH = 256


@dataclass(frozen=True, slots=True)
class Said:
    """A caption as word numbers, without start and end, and where each word looked."""

    words: tuple[int, ...]
    maps: Tensor
    """``float[words, P]``; each row sums to 1."""
    score: float
    """Mean log-probability of a word, in nats; the end counts as one."""


def captions(net: Captioner, pictures: Tensor, *, beam: int, longest: int) -> list[Said]:
    """The best caption that a beam search finds for each picture.

    Args:
        net: In evaluation mode.
        pictures: What the network sees: pixels or features, N of them.
        beam: How many beginnings of a caption are kept; 1 is greedy.
        longest: Words of a caption, at most.
    """
    found: list[Said] = []
    device = pictures.device.type
    with torch.no_grad(), half_precision(device):
        for batch in pictures.split(BATCH):
            seen = net.see(batch)
            words = search(net, seen, beam, longest)
            said, maps, _ = net.write(seen, words[:, :-1], net.begin(seen))
            likely = net.score(said).float().log_softmax(-1).gather(2, words[:, 1:, None])[..., 0]
            counted = words[:, 1:] != PAD
            mean = (likely * counted).sum(1) / counted.sum(1)
            for row, map_, score in zip(words[:, 1:].tolist(), maps.float().cpu(), mean.tolist(), strict=True):
                length = row.index(END)
                found.append(Said(tuple(row[:length]), map_[:length], score))
    return found


def search(net: Captioner, seen: Seen, beam: int, longest: int) -> Tensor:
    """Beam search: ``int64[N, T]`` from `START` to `END`, filled up with `PAD`.

    In each step every kept beginning is continued by every word, and the `beam` best continuations of a picture are
    kept. One that has ended stays as it is. What is compared is the log-probability, normalised by length (Wu et al.
    2016, section 7, in its simplest form).
    """
    count, device = len(seen.gist), seen.gist.device
    spread = Seen(seen.places.repeat_interleave(beam, 0), seen.gist.repeat_interleave(beam, 0))
    state = net.begin(spread)
    words = torch.full((count, beam, 1), START, device=device)
    total = torch.full((count, beam), -torch.inf, device=device)
    total[:, 0] = 0  # all beams are the same at first: only one may be continued
    ended = torch.zeros(count, beam, dtype=torch.bool, device=device)
    length = torch.zeros(count, beam, device=device)
    for step in range(longest + 1):
        said, _, state = net.write(spread, words[:, :, -1].reshape(-1, 1), state)
        likely = net.score(said).float().log_softmax(-1).view(count, beam, -1)
        likely[..., [PAD, START, UNKNOWN]] = -torch.inf
        if step == longest:
            likely[..., :] = -torch.inf
            likely[..., END] = 0
        likely[ended] = -torch.inf
        likely[..., PAD][ended] = 0  # an ended caption costs nothing more
        candidates = total[..., None] + likely
        lengths = (length + ~ended)[..., None]
        best = (candidates / lengths**LENGTH_POWER).flatten(1).topk(beam, 1).indices
        parent, word = best // likely.shape[-1], best % likely.shape[-1]
        total = candidates.flatten(1).gather(1, best)
        length = lengths[..., 0].gather(1, parent)
        ended = ended.gather(1, parent) | (word == END)
        words = torch.cat([words.gather(1, parent[..., None].expand_as(words)), word[..., None]], 2)
        if bool(ended.all()):
            break
        state = _of(state, (parent + torch.arange(count, device=device)[:, None] * beam).flatten())
    normalised = total / length**LENGTH_POWER
    return words[torch.arange(count, device=device), normalised.argmax(1)]


def _of(state: State, rows: Tensor) -> State:
    return (state[0][:, rows], state[1][:, rows]) if isinstance(state, tuple) else state[:, rows]
