"""A trained transformer judges a sentence: its class, how sure it is, and which words it looked at."""

from collections.abc import Callable

import torch

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes import transformer_plots as plots
from workers.recipes.shares import percent
from workers.recipes.transformer_data import tokens_of
from workers.recipes.transformer_docstrings import cleaned
from workers.recipes.transformer_model import Trained, load_model, most_decided_head, probabilities, relevance
from workers.report import Part, Picture, Report, Table, Text
from workers.using import PROMPT_MAX, Answer, Wish

WORDS_PICTURE, MAP_PICTURE = "words.png", "attention.png"
SHOWN_CLASSES = 5
UNSURE = 0.65
"""Of two classes: below this the answer is called a guess."""

EVEN = 0.97
"""Share of the greatest entropy above which a head's attention says little."""


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The networks of a ``model.pt``, ready to judge. A sentence takes a few hundredths of a second and two plots."""
    trained = load_model(model.data)
    trained.ensemble.to(device)

    def answer(wish: Wish) -> Answer:
        return judged(trained, wish.text, device, masked=model.dataset == "docstrings")

    return answer


def judged(trained: Trained, text: str, device: str, *, masked: bool = False) -> Answer:
    """What the networks say of a text.

    Args:
        trained: The model.
        text: One sentence or a few.
        device: Where the model is.
        masked: Whether names of packages and code are cut out first, as they were in training.

    Raises:
        PersonError: There is no word in it, or it is too long.
    """
    if len(text) > PROMPT_MAX:
        raise PersonError(f"That is {len(text):,} characters; a sentence of up to {PROMPT_MAX} works best.")
    text = text.encode(errors="replace").decode().replace("\0", " ")  # half a character of UTF-16 can't be drawn
    read = cleaned(text) if masked else text
    words = tokens_of(read, trained.vocabulary.longest)
    if not any(word[0].isalnum() for word in words):
        raise PersonError("There is no word in that to judge. Write a sentence, for example: a warm and funny film.")
    texts = trained.numbers([read]).to(device)
    said = probabilities(trained.ensemble, texts)[0].cpu()
    confidence, label = (float(said.max()), int(said.argmax()))
    strengths = relevance(trained.ensemble, texts, 0, label).tolist()
    unknown = [word for word in words if word.isalpha() and len(word) > 1 and word not in trained.known]
    line = f"{trained.classes[label]} ({percent(confidence, 0)})"
    artifacts = [
        Artifact(
            WORDS_PICTURE,
            "image/png",
            plots.looked_at(
                [plots.Shown(line, None, words, strengths)],
                "Which words counted",
                "Colour: gradient × attention for this answer\n(Chefer et al. 2021), mean over heads and networks.",
            ),
        )
    ]
    parts: list[Part] = [
        Text(_told(trained, confidence, unknown, len(words))),
        Picture(WORDS_PICTURE, f"The sentence; the brighter a word, the more it counted for {trained.classes[label]}."),
    ]
    if len(words) <= plots.MOST_IN_A_MAP:
        head = most_decided_head(trained.ensemble, texts, 0)
        heading = f"Where head {head.head} of block {head.block} looks"
        drawn = plots.who_looks_at_whom(words, head.weights.tolist(), heading)
        artifacts.append(Artifact(MAP_PICTURE, "image/png", drawn))
        even = ", and even it looks at all words nearly alike" if head.evenness > EVEN else ""
        parts.append(
            Picture(
                MAP_PICTURE, f"The attention of its most decided head{even}: each row is a word, bright where it looks."
            )
        )
    ranked = torch.argsort(said, descending=True, stable=True).tolist()[:SHOWN_CLASSES]
    rows = tuple((trained.classes[place], f"{percent(float(said[place]))}") for place in ranked)
    parts.append(Table(("class", "probability"), rows))
    return Answer(
        Report(f"{trained.classes[label].capitalize()}, {percent(confidence, 0)} sure", tuple(parts)), tuple(artifacts)
    )


def _told(trained: Trained, confidence: float, unknown: list[str], count: int) -> str:
    """How much the answer is worth."""
    text = f"This model learnt from {trained.data} and gets {percent(trained.test_accuracy)} of its test texts right."
    if confidence < (UNSURE if len(trained.classes) == 2 else 2 / len(trained.classes)):
        text += " Here it is nearly guessing."
    if unknown:
        names = ", ".join(f"“{word[:30]}”" for word in dict.fromkeys(unknown[:5]))
        text += f" It never learnt {names}: of such words it sees the letters at most."
    if count == trained.vocabulary.longest:
        text += f" It read the first {count} words."
    return text
