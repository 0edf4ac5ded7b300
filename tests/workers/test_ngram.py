"""Kneser-Ney n-grams: worked by hand, held against a slow version, and proper distributions."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from workers.recipes.ngram import KneserNey


def slow(ids: list[int], vocabulary: int, context: tuple[int, ...], character: int, *, top: bool = True) -> float:
    """Chen & Goodman's formula, word for word: recursive, with dictionaries, of the order of the context plus 1."""
    order = len(context) + 1
    grams = Counter(tuple(ids[i : i + order]) for i in range(len(ids) - order + 1))
    if not top:  # in how many contexts the n-gram goes on
        before: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for i in range(len(ids) - order):
            before[tuple(ids[i + 1 : i + 1 + order])].add(ids[i])
        grams = Counter({gram: len(seen) for gram, seen in before.items()})
    once, twice = (sum(count == n for count in grams.values()) for n in (1, 2))
    discount = min(max(once / (once + 2 * twice) if once else 0.0, 0.05), 0.95)
    lower = 1 / vocabulary if order == 1 else slow(ids, vocabulary, context[1:], character, top=False)
    following = {gram: count for gram, count in grams.items() if gram[:-1] == context}
    if not following:
        return lower
    kept = max(following.get((*context, character), 0) - discount, 0.0)
    return (kept + discount * len(following) * lower) / sum(following.values())


def test_a_bigram_worked_by_hand() -> None:
    # a b a b a c: bigrams ab 2, ba 2, ac 1. n1 = 1, n2 = 2, so D = 1/5.
    # Lower order: a follows {b}, b follows {a}, c follows {a}: three counts of 1, n2 = 0, D = 0.95 (bounded).
    # P(c) = (1 - .95 + .95 · 3 · 1/3) / 3 = 1/3; P(c | a) = (1 - .2 + .2 · 2 · 1/3) / 3.
    model = KneserNey(np.array([0, 1, 0, 1, 0, 2]), vocabulary=3, order=2)
    assert model.probabilities(np.array([[0, 2]]))[1, 0] == pytest.approx((0.8 + 0.4 / 3) / 3)


def test_every_order_is_what_the_formula_says() -> None:
    generator = np.random.default_rng(1)
    ids = generator.choice(5, 300, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    model = KneserNey(ids, vocabulary=6, order=4)
    windows = generator.integers(0, 6, (60, 4))
    fast = model.probabilities(windows)
    for order in range(1, 5):
        expected = [slow(ids.tolist(), 6, tuple(row[4 - order : 3]), row[3]) for row in windows.tolist()]
        assert fast[order - 1] == pytest.approx(expected), order


def test_the_probabilities_of_all_characters_add_up_to_one_after_any_context() -> None:
    generator = np.random.default_rng(2)
    model = KneserNey(generator.integers(0, 7, 500), vocabulary=9, order=5)
    contexts = generator.integers(0, 9, (40, 4))
    windows = np.concatenate([np.repeat(contexts, 9, axis=0), np.tile(np.arange(9), 40)[:, None]], axis=1)
    chances = model.probabilities(windows)
    assert chances.min() > 0
    assert chances.reshape(5, 40, 9).sum(axis=2) == pytest.approx(np.ones((5, 40)))


def test_surprise_starts_at_the_place_that_was_asked_for() -> None:
    ids = np.array([0, 1, 2] * 40)
    nats = KneserNey(ids[:90], 3, 3).nats(ids, 90)
    assert nats.shape == (3, 30)
    assert nats[0].mean() == pytest.approx(np.log(3), rel=1e-3), "all letters are equally frequent"
    assert nats[2].max() < 0.05, "and fully determined by those before"


def test_a_vocabulary_whose_ngrams_do_not_fit_into_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="10000"):
        KneserNey(np.zeros(10, np.int64), 10_000, 5)
