"""`/run gan`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project

_BASE = {
    "generator_rate": 0.002,
    "discriminator_rate": 0.001,
    "batch_size": 64,
    "width": 16,
    "latent": 64,
    "loss": "non-saturating",
    "smoothing": 0.1,
    "average": 0.995,
    "conditional": "yes",
}

GAN = Project(
    id="gan",
    title="Drawing digits with a GAN",
    topic_id="gan",
    emoji="🎨",
    summary="Two networks play against each other until one of them draws digits.",
    options=(
        IntOption("epochs", "Epochs", "How often the networks see every training picture.", minimum=1, maximum=300),
        FloatOption(
            "generator_rate", "Generator rate", "The generator's learning rate at its peak.", minimum=1e-6, maximum=0.1
        ),
        FloatOption(
            "discriminator_rate",
            "Discriminator rate",
            "The discriminator's learning rate at its peak.",
            minimum=1e-6,
            maximum=0.1,
        ),
        IntOption("batch_size", "Batch size", "Real pictures in one step, and as many drawn ones.", 8, 512),
        IntOption(
            "width", "Width", "Channels of the last layer; others have 2 and 4 times as many. 16, 32 run best.", 8, 64
        ),
        IntOption("latent", "Latent size", "Random numbers that each drawing is made from.", minimum=2, maximum=256),
        ChoiceOption(
            "loss",
            "Loss",
            "What the networks play for: the one of the first GAN papers, or margins (hinge).",
            choices=("non-saturating", "hinge"),
        ),
        FloatOption(
            "smoothing",
            "Label smoothing",
            "Real pictures are to be called real with 1 minus this; hinge takes no notice.",
            minimum=0.0,
            maximum=0.4,
        ),
        FloatOption(
            "average",
            "Weight average",
            "How long the generator's averaged weights look back; 0: no average.",
            minimum=0.0,
            maximum=0.9999,
        ),
        ChoiceOption(
            "conditional", "Conditional", "Whether it learns the classes, so that one can be asked for.", ("yes", "no")
        ),
    ),
    presets=(
        Preset(
            "quick",
            "One look at every picture: digits that can be read, in under a minute on two CPU cores.",
            values={**_BASE, "epochs": 1, "generator_rate": 0.003, "discriminator_rate": 0.0015},
            per_dataset={"digits": {"epochs": 60, "generator_rate": 0.001, "discriminator_rate": 0.001}},
        ),
        Preset(
            "standard",
            "A second look: cleaner lines, in a minute or two on two CPU cores.",
            values={**_BASE, "epochs": 2},
            per_dataset={"digits": {"epochs": 120, "generator_rate": 0.001}},
        ),
        Preset(
            "best",
            "They play on for minutes, and the weights are averaged over more of it.",
            values={**_BASE, "epochs": 8, "average": 0.999},
            per_dataset={"digits": {"epochs": 200, "generator_rate": 0.001}},
        ),
    ),
    datasets=(
        DatasetInfo(
            "mnist",
            "MNIST",
            "70,000 handwritten digits of 28×28 pixels; 11 MB, downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "fashion-mnist",
            "Fashion-MNIST",
            "70,000 pictures of clothes, 28×28 pixels; 31 MB, downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "digits", "Digits", "1,797 handwritten digits of 8×8 pixels; built in, no download.", embedded=True
        ),
    ),
    default_dataset="mnist",
    default_preset="quick",
    headline=Metric("sure", "Clear drawings", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("generator_loss", "Generator loss", percent=False, higher_is_better=False),
        Metric("discriminator_loss", "Discriminator loss", percent=False, higher_is_better=False),
        Metric("sure", "Clear drawings", percent=True, higher_is_better=True),
        Metric("as_asked", "As asked", percent=True, higher_is_better=True),
    ),
    references={},
    fallback_dataset="digits",
    use="draw",
)
