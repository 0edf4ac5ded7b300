"""Labelled texts in three parts, and how a text becomes numbers: words, and the letters that they are made of."""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PADDING, UNKNOWN, HIDDEN = 0, 1, 2
"""Word numbers with a meaning of their own: no word, a word outside the vocabulary, a word that training hides."""
PIECES = 16
"""Letter groups kept of a word."""
_TOKEN = re.compile(r"[^\W_]+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|[^\W_]+|[^\w\s]|_+")
"""A word, a mark, or the end of a contraction, split as in the Penn Treebank: ``do n't``, ``it 's``."""
_MOST_CHARACTERS = 20_000  # of a text that are looked at: a megabyte on one line costs no minutes


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts and their classes, ``int64[N]``."""

    texts: tuple[str, ...]
    labels: Tensor


@dataclass(frozen=True, slots=True)
class TextSet:
    """A text classification data set.

    The validation part serves the curves and every choice. The test part is looked at once, at the end.
    """

    name: str
    classes: tuple[str, ...]
    train: Labelled
    validation: Labelled
    test: Labelled
    about: str = ""
    """What else a reader should know, e.g. which packages and versions."""
    unit: str = "texts"

    @property
    def title(self) -> str:
        """In words, with the sizes, e.g. ``SST-2: 6,920 training, 872 validation and 1,821 test sentences``."""
        sizes = [f"{len(part.labels):,}" for part in (self.train, self.validation, self.test)]
        end = f" ({self.about})" if self.about else ""
        return f"{self.name}: {sizes[0]} training, {sizes[1]} validation and {sizes[2]} test {self.unit}{end}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Texts as numbers, padded at the end.

    Attributes:
        places: Each token's row in the two tables ``int64[N, T]``; 0 is padding.
        words: The vocabulary number of each distinct word, ``int64[L]``.
        letters: Numbers of its letter groups ``int64[L, K]``, padded with 0; K may be 0.
    """

    places: Tensor
    words: Tensor
    letters: Tensor

    @property
    def lengths(self) -> Tensor:
        """Tokens of each text, ``int64[N]``."""
        return (self.places != 0).sum(1)

    def batch(self, chosen: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """Words ``int64[B, T]`` and letter groups ``int64[B, T, K]`` of the chosen texts, `longest` columns wide."""
        places = self.places[chosen, :longest]
        return self.words[places], self.letters[places]

    def to(self, device: str) -> "Tokens":
        """The same numbers on a device."""
        return Tokens(self.places.to(device), self.words.to(device), self.letters.to(device))


def tokens_of(text: str, most: int) -> list[str]:
    """The first `most` words and punctuation marks of a text, in lower case."""
    found: list[str] = []
    for match in _TOKEN.finditer(text[:_MOST_CHARACTERS].lower().replace("’", "'")):
        found.append(match.group())
        if len(found) == most:
            break
    return found


def letter_groups(word: str, buckets: int) -> list[int]:
    """The word's groups of 3 to 5 letters, hashed to 1 … `buckets` (Bojanowski et al. 2017, section 3.2).

    They tell something about words that training never saw: ``unwatchably`` shares most of ``unwatchable``.
    """
    if buckets == 0:
        return []
    marked = f"<{word}>"
    groups = (marked[start : start + size] for size in (3, 4, 5) for start in range(len(marked) - size + 1))
    return [1 + zlib.crc32(group.encode(errors="replace")) % buckets for group in groups][:PIECES]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What turns texts into numbers.

    Attributes:
        words: The words by number; the first three are `PADDING`, `UNKNOWN` and `HIDDEN`.
        buckets: Into how many numbers groups of letters are hashed; 0 for none.
        longest: Tokens of a text that are looked at.
    """

    words: tuple[str, ...]
    buckets: int
    longest: int

    @classmethod
    def of(
        cls, texts: Sequence[str], *, buckets: int, longest: int, at_least: int = 2, most: int = 30_000
    ) -> "Vocabulary":
        """The words that `texts` hold at least `at_least` times, the most frequent first."""
        counts = Counter(word for text in texts for word in tokens_of(text, longest))
        kept = [
            word for word, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])) if count >= at_least
        ]
        return cls(("", "<unknown>", "<hidden>", *kept[:most]), buckets, longest)

    def numbers(self, texts: Sequence[str]) -> Tokens:
        """The texts as numbers; a text without any word gets one unknown word."""
        known = {word: number for number, word in enumerate(self.words) if number > HIDDEN}
        split = [tokens_of(text, self.longest) or [self.words[UNKNOWN]] for text in texts]
        lexicon = {word: number for number, word in enumerate(sorted({word for words in split for word in words}), 1)}
        width = max((len(words) for words in split), default=1)
        places = torch.zeros(len(split), width, dtype=torch.int64)
        for row, words in enumerate(split):
            places[row, : len(words)] = torch.tensor([lexicon[word] for word in words])
        numbers = torch.tensor([PADDING, *(known.get(word, UNKNOWN) for word in lexicon)])
        letters = torch.zeros(len(lexicon) + 1, PIECES if self.buckets else 0, dtype=torch.int64)
        for word, row in lexicon.items():
            if word != self.words[UNKNOWN] and (groups := letter_groups(word, self.buckets)):
                letters[row, : len(groups)] = torch.tensor(groups)
        return Tokens(places, numbers, letters)
