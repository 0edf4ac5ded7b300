"""The result of `/run rnn`, in the order in which a person should meet it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from workers.catalogue_rnn import BITS, RNN
from workers.recipes import rnn_plots
from workers.recipes.handle import Run
from workers.recipes.look import Panel, Series, curves
from workers.recipes.rnn_data import Corpus
from workers.recipes.shares import percent
from workers.report import File, Part, Picture, Report, Table, Text

NANOGPT = 1.4697 / math.log(2)
"""Validation loss that nanoGPT's readme gives for its transformer on Tiny Shakespeare, in bits."""
OVERFIT = 0.05
"""Bits by which the last point may lie above the best one before that is worth a sentence."""
Floats = npt.NDArray[np.floating]


def report(
    run: Run,
    corpus: Corpus,
    nats: Floats,
    ngrams: Floats,
    memory: Sequence[float],
    texts: Mapping[float, str],
) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out.

    Args:
        run: Its curves.
        corpus: The text.
        nats: The network's surprise at each validation character, ``float[N]``.
        ngrams: The same of the n-grams by order, ``float[orders, N]``.
        memory: Bits per character by how many characters were read before.
        texts: What was written, by temperature.
    """
    bits, baselines = float(nats.mean()) / math.log(2), ngrams.mean(axis=1) / math.log(2)
    run.artifact("curves.png", _curves(run, baselines))
    run.artifact("memory.png", rnn_plots.memory(memory, baselines.tolist(), run.job.options["cell"]))
    start = rnn_plots.line_start(corpus)
    run.artifact("surprise.png", rnn_plots.surprise(corpus.text(corpus.ids[corpus.start + start :]), nats[start:]))
    parts: tuple[Part, ...] = (
        Text(_summary(run, bits, float(baselines[-1]))),
        *(Text(_note(note)) for note in corpus.notes),
        *(Text(f"**Temperature {each}**{_ABOUT.get(each, '')}\n```\n{_fenced(texts[each])}\n```") for each in texts),
        Picture(
            "curves.png", "Bits per character over the epochs, in training and on validation text, and a 5-gram's."
        ),
        Picture("surprise.png", "Validation text in which each character is coloured by how much it surprised."),
        Picture("memory.png", "Bits per character by how many characters were read before, beside n-grams."),
        _comparison(run, bits, baselines.tolist()),
        File("model.pt", "The trained network."),
        File("metrics.json", "All numbers of this run."),
    )
    beside = "a 5-gram needs" if bits < baselines[-1] else "a 5-gram needs only"
    return Report(f"{BITS.show(bits)} per character of unseen text ({beside} {baselines[-1]:.3f})", parts)


_ABOUT = {0.5: ", safe", 0.8: ", balanced", 1.1: ", daring"}


def _note(note: str) -> str:
    return f"ℹ️ {note}"


def _fenced(text: str) -> str:
    """Text that cannot end the code block that it stands in."""
    return text.replace("```", "'''").strip("\n")


def _summary(run: Run, bits: float, baseline: float) -> str:
    curve = [value for _, value in run.curves["validation_bits"]]
    guesses = 2**bits
    sentence = (
        f"On text it has never seen the network is as unsure of the next character as if it had to choose among "
        f"**{guesses:.1f}** equally likely ones."
    )
    if bits >= baseline:
        sentence += (
            f" Counting 5-grams does better ({baseline:.2f} bits): more steps, more units or another learning rate "
            "should turn that round."
        )
    else:
        sentence += f" It beats 5-gram counts by {percent((1 - bits / baseline), 0)}."
    if curve[-1] > min(curve) + OVERFIT:
        sentence += (
            f" Towards the end it learnt the text by heart (validation rose to {curve[-1]:.2f} bits), so the weights "
            "of the best moment were kept. A longer text, more dropout or fewer steps help."
        )
    return sentence


def _curves(run: Run, baselines: Floats) -> bytes:
    training, validation = run.curves["train_bits"], run.curves["validation_bits"]
    panel = Panel(
        "Bits per character: lower is better",
        (Series("training", training), Series("validation", validation)),
        levels=(Series("5-gram", [(0.0, float(baselines[-1]))]),),
    )
    return curves([panel], across="epochs (times that the text was read)")


def _comparison(run: Run, bits: float, baselines: Sequence[float]) -> Table:
    seconds = run.seconds
    rows = [
        ("this run", f"{bits:.3f}", f"{seconds['train']:.1f} s"),
        ("5-gram, Kneser-Ney", f"{baselines[-1]:.3f}", f"{seconds['baseline']:.1f} s"),
        ("letter frequencies", f"{baselines[0]:.3f}", "–"),
    ]
    if (reference := RNN.references.get(run.job.dataset)) is not None:
        rows.append((reference.text, f"{reference.value:.3f}", "–"))
        rows.append(("nanoGPT, on a GPU", f"{NANOGPT:.3f}", "3 min"))
    return Table(("", "bits", "training"), tuple(rows), title="Bits per character, beside others")
