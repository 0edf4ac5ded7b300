"""The baseline that a character model has to beat: an n-gram model with interpolated Kneser-Ney smoothing.

Method: R. Kneser & H. Ney, "Improved backing-off for m-gram language modeling" (ICASSP 1995), in the interpolated
form of S. F. Chen & J. Goodman, "An empirical study of smoothing techniques for language modeling" (Computer Speech &
Language 13, 1999, section 2.7), with one absolute discount an order, ``D = n₁ / (n₁ + 2 n₂)``. n-grams are numbers
in base V, counted by sorting: a million characters take about a second.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LEAST_DISCOUNT, _MOST_DISCOUNT = 0.05, 0.95  # on a tiny text n₁ or n₂ can be 0: no probability may become 0


@dataclass(frozen=True, slots=True)
class _Order:
    """Counts of one order, discounted: probability = (count - D)⁺ / total + D · followers / total · lower order's."""

    grams: Ints
    """Sorted."""
    counts: Floats
    contexts: Ints
    """Sorted."""
    totals: Floats
    """Of each context: the sum of its counts."""
    followers: Floats
    """Of each context: how many different characters were seen after it."""
    discount: float

    def mixed(self, grams: Ints, contexts: Ints, lower: Floats) -> Floats:
        """Probabilities of `grams`, given those of the next lower order; that one's own where a context is new."""
        counts = _looked_up(self.grams, self.counts, grams)
        totals = _looked_up(self.contexts, self.totals, contexts)
        followers = _looked_up(self.contexts, self.followers, contexts)
        known = totals > 0
        totals = np.where(known, totals, 1.0)
        mixed = (np.maximum(counts - self.discount, 0.0) + self.discount * followers * lower) / totals
        return np.where(known, mixed, lower)


class KneserNey:
    """n-gram models of all orders up to `order`, of characters 0 to `vocabulary` - 1.

    Args:
        ids: The text, ``int64[N]``.
        vocabulary: How many characters there are; its power `order` must fit into 63 bits.
        order: The longest n-gram, its predicted character included.
    """

    def __init__(self, ids: Ints, vocabulary: int, order: int = 5) -> None:
        if vocabulary**order >= 2**63:
            raise ValueError(vocabulary)
        self.vocabulary, self.order = vocabulary, order
        self._seen: list[_Order] = []
        self._continued: list[_Order] = []
        above: Ints | None = None
        for each in range(order, 0, -1):
            grams, counts = np.unique(_keys(ids, vocabulary, each), return_counts=True)
            self._seen.insert(0, _order(grams, counts, vocabulary))
            if above is not None:  # in how many different contexts an n-gram goes on: what lower orders are asked for
                self._continued.insert(0, _order(*np.unique(above % vocabulary**each, return_counts=True), vocabulary))
            above = grams

    def probabilities(self, windows: Ints) -> Floats:
        """What each order gives the last character of each window after those before it.

        Args:
            windows: ``int64[N, order]``.

        Returns:
            ``float64[order, N]``: row 0 is the unigram, the last row the longest n-gram.
        """
        powers = self.vocabulary ** np.arange(self.order - 1, -1, -1, dtype=np.int64)
        whole = windows @ powers
        lower = np.full(len(windows), 1 / self.vocabulary)
        rows: list[Floats] = []
        for each in range(1, self.order + 1):
            grams = whole % self.vocabulary**each
            contexts = grams // self.vocabulary
            rows.append(self._seen[each - 1].mixed(grams, contexts, lower))
            if each < self.order:
                lower = self._continued[each - 1].mixed(grams, contexts, lower)
        return np.stack(rows)

    def nats(self, ids: Ints, start: int) -> Floats:
        """Surprise at each character of a text from place `start` (at least ``order - 1``): ``float64[order, N]``."""
        windows = np.lib.stride_tricks.sliding_window_view(ids[start - self.order + 1 :], self.order)
        return -np.log(self.probabilities(windows))


def _keys(ids: Ints, vocabulary: int, order: int) -> Ints:
    """Every n-gram of the text as a number whose last digit in base V is its last character."""
    keys = np.zeros(len(ids) - order + 1, np.int64)
    for place in range(order):
        keys = keys * vocabulary + ids[place : len(ids) - order + 1 + place]
    return keys


def _order(grams: Ints, counts: Ints, vocabulary: int) -> _Order:
    contexts, starts, followers = np.unique(grams // vocabulary, return_index=True, return_counts=True)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once else 0.0
    return _Order(
        grams=grams,
        counts=counts.astype(np.float64),
        contexts=contexts,
        totals=np.add.reduceat(counts.astype(np.float64), starts),
        followers=followers.astype(np.float64),
        discount=min(max(discount, _LEAST_DISCOUNT), _MOST_DISCOUNT),
    )


def _looked_up(keys: Ints, values: Floats, asked: Ints) -> Floats:
    """The values of the keys asked for; 0 for a key that is not there."""
    places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[places] == asked, values[places], 0.0)
