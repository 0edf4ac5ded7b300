"""`/run rnn`: what can be chosen, and the figures its results are held against."""

import math

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import OWN, DatasetInfo, Metric, Preset, Project, Reference

BITS = Metric("bits_per_character", "Bits per character", percent=False, higher_is_better=False, unit="bits", digits=3)
_QUICK = {
    "cell": "lstm",
    "steps": 600,
    "units": 192,
    "layers": 1,
    "dropout": 0.0,
    "learning_rate": 0.016,
    "optimiser": "muon",
    "batch_size": 32,
    "length": 64,
}

RNN = Project(
    id="rnn",
    title="Text, character by character, with an LSTM",
    topic_id="rnn",
    emoji="✍️",
    summary="A recurrent network reads a text and learns to write more of it, one character at a time.",
    options=(
        ChoiceOption(
            "cell",
            "Cell",
            "What carries the memory: a plain RNN, an LSTM (gates), or a GRU (fewer gates).",
            choices=("rnn", "lstm", "gru"),
        ),
        IntOption(
            "steps",
            "Steps",
            "Optimiser steps; each one reads batch_size × length characters.",
            minimum=10,
            maximum=20_000,
        ),
        IntOption(
            "units", "Units", "Numbers in the hidden state. Multiples of 32 run fastest.", minimum=8, maximum=1024
        ),
        IntOption("layers", "Layers", "Recurrent layers, one reading the states of the other.", minimum=1, maximum=4),
        FloatOption(
            "dropout",
            "Dropout",
            "Share of the units between layers that are switched off at random.",
            minimum=0.0,
            maximum=0.8,
        ),
        FloatOption(
            "learning_rate",
            "Learning rate",
            "The largest step of the optimiser; the schedule warms up to it and falls to zero.",
            minimum=1e-5,
            maximum=1.0,
        ),
        ChoiceOption(
            "optimiser",
            "Optimiser",
            "For the recurrent matrices: Muon, gate by gate, or AdamW as for all the rest.",
            choices=("muon", "adamw"),
        ),
        IntOption("batch_size", "Batch size", "Places of the text that are read side by side.", minimum=4, maximum=256),
        IntOption(
            "length",
            "Length",
            "Characters through which the gradient flows back (truncated backpropagation).",
            minimum=8,
            maximum=256,
        ),
    ),
    presets=(
        Preset("quick", "Better than char-rnn's settings, in seconds on two CPU cores.", values=_QUICK),
        Preset(
            "standard",
            "A wider LSTM that reads the text a few times; under a minute on two CPU cores.",
            values={**_QUICK, "steps": 1500, "units": 256, "dropout": 0.1},
        ),
        Preset(
            "best",
            "Two wide layers with dropout that read it for minutes on two CPU cores.",
            values={**_QUICK, "steps": 2450, "units": 320, "layers": 2, "dropout": 0.25, "learning_rate": 0.0125},
        ),
    ),
    datasets=(
        DatasetInfo(
            "tinyshakespeare",
            "Tiny Shakespeare",
            "40,000 lines of Shakespeare's plays, 1.1 million characters; downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "pydoc",
            "Python's own manual",
            "The language reference that ships with Python, about 400,000 characters; no download.",
            embedded=True,
        ),
        DatasetInfo(OWN, "Your own text", "A .txt file of yours, from 5,000 characters.", embedded=True),
    ),
    default_dataset="tinyshakespeare",
    default_preset="quick",
    headline=BITS,
    progress_metrics=(
        Metric("bits", "Bits per character", percent=False, higher_is_better=False, unit="bits", digits=2),
        Metric("validation_bits", "Validation", percent=False, higher_is_better=False, unit="bits", digits=2),
        Metric("loss", "Loss", percent=False, higher_is_better=False),
    ),
    references={
        "tinyshakespeare": Reference(
            "char-rnn's settings, 8.5 epochs",
            "bits_per_character",
            round(1.600 / math.log(2), 3),
            "https://github.com/karpathy/char-rnn",
        ),
    },
    fallback_dataset="pydoc",
    own_data="text",
    use="write",
)
