"""The result of `/run caption`, in the order in which a person should meet it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workers.catalogue_caption import CAPTION
from workers.recipes import caption_plots as plots
from workers.recipes.caption_data import CaptionSet, Part
from workers.recipes.caption_plots import Example, Look
from workers.recipes.caption_scores import Scores
from workers.recipes.caption_search import Said
from workers.recipes.handle import Run
from workers.recipes.scenes import Judgement, meaning
from workers.report import File, Picture, Report, Table, Text
from workers.report import Part as ReportPart

BLIND = 1.3
"""Times the wrong-picture control below which a captioner has hardly looked at the pictures."""
_BEST, _WORST = 3, 3
_LONG = 7  # words of a caption whose attention is worth showing


@dataclass(frozen=True, slots=True)
class Told:
    """A test part and what the network said of its pictures."""

    part: Part
    said: tuple[Said, ...]
    texts: tuple[str, ...]
    scores: Scores
    judged: Judgement | None
    """Of scenes: the shares of what is said that is right."""


def report(run: Run, data: CaptionSet, told: tuple[Told, ...], copied: Scores) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out.

    Args:
        run: Its job, curves and times.
        data: What it was trained on.
        told: The test parts, the most important first.
        copied: What the captions of the most similar training pictures score on the first part.
    """
    run.artifact("captions.png", plots.examples(_groups(data, told)))
    run.artifact("curves.png", plots.learning_curves(run.curves))
    parts: list[ReportPart] = [
        Text(_summary(run, told)),
        Picture("captions.png", "Test pictures, what the network says of them, and a reference caption."),
    ]
    if run.job.options["attention"] != "none":
        run.artifact("attention.png", plots.attention(_looks(data, told)))
        parts.append(Picture("attention.png", "Where the network looked for each word: the brighter, the more."))
    parts.append(Picture("curves.png", "Loss and BLEU-4 over the epochs."))
    if told[0].judged is not None:
        parts.append(_composition(told))
    parts += [
        _comparison(run, told[0].scores, copied),
        File("model.pt", "The trained network."),
        File("metrics.json", "All numbers of this run."),
    ]
    return Report(headline=_headline(told), parts=tuple(parts))


def _headline(told: tuple[Told, ...]) -> str:
    first = told[0]
    if first.judged is None:
        return (
            f"BLEU-4 {CAPTION.headline.show(first.scores.bleu[3])} on {len(first.texts):,} photos it had never seen, "
            f"{_times(first.scores)} as much as for the wrong photos"
        )
    others = [f"{each.judged.exact:.0%} of {each.part.name}" for each in told[1:] if each.judged]
    return f"Told exactly right: {first.judged.exact:.0%} of seen kinds of scenes, {' and '.join(others)}".replace(
        "%", " %"
    )


def _times(scores: Scores) -> str:
    return f"{scores.bleu[3] / scores.control:.1f} times" if scores.control else "many times"


def _summary(run: Run, told: tuple[Told, ...]) -> str:
    first = told[0]
    if first.scores.bleu[3] < BLIND * first.scores.control or first.scores.bleu[3] == 0:
        changed = bool(CAPTION.changed(run.job))
        advice = "A lower learning rate or more epochs usually help." if changed else "Try another seed."
        return f"The captions fit other pictures as well as their own: the network has not learnt to look. {advice}"
    count = len(set(first.texts))
    if first.judged is None:
        return (
            f"{count:,} different captions for {len(first.texts):,} photos. BLEU-4 counts how many runs of up to four "
            f"words a caption shares with what five people wrote. Held against **other** photos' captions they get "
            f"{first.scores.control:.3f}: that much is style, the rest was seen."
        )
    weakest = min((each for each in told if each.judged), key=lambda each: each.judged.exact if each.judged else 1.0)
    words = {
        "seen kinds": "No kind of scene stands out as harder than the others.",
        "new objects": (
            "Hardest are objects that it never met, though it knows their colours and shapes: a network that "
            "learns pairs of words by heart has no name for them."
        ),
        "new arrangements": "Hardest are known objects in arrangements that it never met.",
    }
    return (
        "A caption counts as exactly right if it names every object with size, colour and shape, and says how they "
        f"lie, in whatever words. {words[weakest.part.name]}"
    )


def _comparison(run: Run, scores: Scores, copied: Scores) -> Table:
    rows = [
        ("this run", *_figures(scores), f"{run.seconds['train']:.0f} s"),
        ("same captions, wrong pictures", "–", f"{scores.control:.3f}", "–", "–"),
        ("caption of the nearest training picture", *_figures(copied), "–"),
    ]
    if (reference := CAPTION.references.get(run.job.dataset)) is not None:
        rows.append((reference.text, "–", f"{reference.value:.3f}", "–", "–"))
    return Table(("", "BLEU-1", "BLEU-4", "CIDEr-D", "training"), tuple(rows), title="Beside what needs no looking")


def _figures(scores: Scores) -> tuple[str, str, str]:
    return f"{scores.bleu[0]:.3f}", f"{scores.bleu[3]:.3f}", f"{scores.cider:.2f}"


def _composition(told: Sequence[Told]) -> Table:
    def share(value: float) -> str:
        return "–" if math.isnan(value) else f"{value:.0%}".replace("%", " %")

    rows = tuple(
        (each.part.name, *map(share, (judged.exact, judged.colour, judged.shape, judged.size, judged.relation)))
        for each in told
        if (judged := each.judged) is not None
    )
    return Table(("", "all", "colour", "shape", "size", "relation"), rows, title="Told right")


def _groups(data: CaptionSet, told: Sequence[Told]) -> list[tuple[str, list[Example]]]:
    if told[0].judged is None:
        order = sorted(range(len(told[0].texts)), key=lambda i: -told[0].scores.each[i])
        half = len(order) // 2
        return [
            ("Best, by CIDEr-D", _examples(data, told[0], _different(told[0], order)[:_BEST], good=True)),
            ("In the middle", _examples(data, told[0], order[half : half + 2], good=None)),
            ("Worst", _examples(data, told[0], order[-_WORST:], good=False)),
        ]
    groups: list[tuple[str, list[Example]]] = []
    for each in told:
        right = [i for i, text in enumerate(each.texts) if meaning(text) == each.part.scenes[i]]
        wrong = [i for i in range(len(each.texts)) if i not in set(right)]
        shown = [*_examples(data, each, _telling(each, right), good=True)]
        shown += _examples(data, each, _telling(each, wrong), good=False)
        groups.append((f"{each.part.name.capitalize()}: {len(right)} of {len(each.texts)} right", shown))
    return groups


def _different(told: Told, order: Sequence[int]) -> list[int]:
    """Those of `order` whose caption is not that of an earlier one."""
    first: dict[str, int] = {}
    for i in order:
        first.setdefault(told.texts[i], i)
    return list(first.values())


def _telling(told: Told, rows: list[int]) -> list[int]:
    """One of the rows, with two objects if there is such a one."""
    return sorted(rows, key=lambda i: -len(told.part.scenes[i].things))[:1]


def _examples(data: CaptionSet, told: Told, rows: Sequence[int], *, good: bool | None) -> list[Example]:
    return [
        Example(
            data.picture(int(told.part.rows[i])),
            f"{('✓ ' if good else '✗ ') if told.judged else ''}{told.texts[i]}",
            told.part.references[i][0],
            good,
        )
        for i in rows
    ]


def _looks(data: CaptionSet, told: Sequence[Told]) -> list[Look]:
    """Two pictures: of photos, two good captions of some length; of scenes, one of each of the first two parts."""
    if told[0].judged is None:
        first = told[0]
        order = sorted(range(len(first.texts)), key=lambda i: -first.scores.each[i])
        long = [i for i in _different(first, order) if len(first.texts[i].split()) >= _LONG]
        chosen = [(first, i) for i in long[:2] or order[:1]]
    else:
        chosen = [(each, (_telling(each, list(range(len(each.texts)))))[0]) for each in told[:2]]
    return [
        Look(data.picture(int(each.part.rows[i])), tuple(each.texts[i].split()), each.said[i].maps)
        for each, i in chosen
    ]
