"""What a transformer is held against: tf-idf with logistic regression, and a bag of embeddings; and a hint of 2012."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.recipes.transformer_data import TextSet, Tokens, Vocabulary, tokens_of

_STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_MIDDLE = 4.0  # at which pairs and rare words are chosen, before the strength
_TUNED_ON = 10_000  # texts: with more, the choice is the same and takes minutes
_BAG_EPOCHS = 12
_BAG_BATCH = 64
_BAG_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Baseline:
    """How a simpler model does on the same split; every choice of it was made on the validation part."""

    name: str
    about: str
    validation_accuracy: float
    test_accuracy: float


def tf_idf(data: TextSet) -> Baseline:
    """Logistic regression on words and pairs of words weighted by tf-idf: the honest baseline of text classification.

    Pairs or words alone, rare words or not, and the strength of the regularisation are chosen on the validation part.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 a second that only a run pays for
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 comes with scikit-learn

    def vectorizer(pairs: int, rare: int) -> TfidfVectorizer:
        analyzer: Any = _words_and_pairs if pairs == 2 else _words
        return TfidfVectorizer(min_df=rare, sublinear_tf=True, analyzer=analyzer)

    def classifier(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=300)

    some, labels = data.train.texts[:_TUNED_ON], data.train.labels.numpy()
    validation_labels, test_labels = data.validation.labels.numpy(), data.test.labels.numpy()
    best, chosen = -1.0, (2, 1, _STRENGTHS[0])

    def tried(pairs: int, rare: int, strengths: Sequence[float]) -> None:
        nonlocal best, chosen
        words = vectorizer(pairs, rare)
        x, validation = words.fit_transform(some), words.transform(data.validation.texts)
        for strength in strengths:
            model = classifier(strength).fit(x, labels[:_TUNED_ON])
            if (score := float(model.score(validation, validation_labels))) > best:
                best, chosen = score, (pairs, rare, strength)

    with threadpool_limits(1):  # on sparse rows a second thread of the linear algebra only waits
        for pairs, rare in product((1, 2), (1, 2)):
            tried(pairs, rare, (_MIDDLE,))
        tried(chosen[0], chosen[1], [strength for strength in _STRENGTHS if strength != _MIDDLE])
        pairs, rare, strength = chosen
        words, model = vectorizer(pairs, rare), classifier(strength)
        model.fit(words.fit_transform(data.train.texts), labels)
    return Baseline(
        "tf-idf + logistic regression",
        f"words{' and pairs' if pairs == 2 else ''}, C = {strength:g}",
        float(model.score(words.transform(data.validation.texts), validation_labels)),
        float(model.score(words.transform(data.test.texts), test_labels)),
    )


def naive_bayes(data: TextSet) -> Baseline:
    """Multinomial naive Bayes on which words and pairs of words a text holds (Wang and Manning 2012: MNB-bi).

    Words alone or pairs too is chosen on the validation part.
    """
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415
    from sklearn.naive_bayes import MultinomialNB  # noqa: PLC0415

    labels, validation_labels = data.train.labels.numpy(), data.validation.labels.numpy()
    found: list[Baseline] = []
    for analyzer, what in ((_words, "words"), (_words_and_pairs, "words and pairs")):
        chosen: Any = analyzer
        counter = CountVectorizer(analyzer=chosen, binary=True)
        model = MultinomialNB().fit(counter.fit_transform(data.train.texts), labels)
        scores = (
            float(model.score(counter.transform(part.texts), expected))
            for part, expected in ((data.validation, validation_labels), (data.test, data.test.labels.numpy()))
        )
        found.append(Baseline("naive Bayes", what, *scores))
    return max(found, key=lambda each: each.validation_accuracy)


def _words(text: str) -> list[str]:
    return tokens_of(text, 10_000)


def _words_and_pairs(text: str) -> list[str]:
    words = _words(text)
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


def bag_of_embeddings(data: TextSet, seed: int, device: str) -> Baseline:
    """The mean of a text's word vectors and one linear layer (fastText: Joulin et al. 2017): no order, no attention.

    The epoch is chosen on the validation part.
    """
    torch.manual_seed(seed)
    vocabulary = Vocabulary.of(data.train.texts, buckets=0, longest=256)
    train, validation, test = (
        vocabulary.numbers(part.texts).to(device) for part in (data.train, data.validation, data.test)
    )
    vectors = nn.EmbeddingBag(len(vocabulary.words), _BAG_WIDTH, mode="mean", padding_idx=0).to(device)
    classify = nn.Linear(_BAG_WIDTH, len(data.classes)).to(device)
    optimiser = torch.optim.AdamW([*vectors.parameters(), *classify.parameters()], lr=3e-3, weight_decay=0.05)
    labels = data.train.labels.to(device)

    def right(tokens: Tokens, expected: Tensor) -> float:
        with torch.no_grad():
            return float((classify(vectors(tokens.words[tokens.places])).argmax(1).cpu() == expected).float().mean())

    best = (-1.0, 0.0)
    for _ in range(_BAG_EPOCHS):
        for chosen in torch.randperm(len(labels), device=device).split(_BAG_BATCH):
            words = train.words[train.places[chosen]]
            hidden = F.dropout(vectors(words), 0.3)
            loss = F.cross_entropy(classify(hidden), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        score = right(validation, data.validation.labels)
        if score > best[0]:
            best = (score, right(test, data.test.labels))
    return Baseline("bag of embeddings", f"the mean of {_BAG_WIDTH} numbers a word", *best)
