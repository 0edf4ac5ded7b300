"""`/run preprocess`: what can be chosen."""

from workers.options import FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project

_QUICK = {
    "pictures": 6000,
    "epochs": 8,
    "learning_rate": 0.1,
    "batch_size": 32,
    "width": 64,
    "side": 32,
    "validation": 0.2,
    "alike": 0.99,
}

PREPROCESS = Project(
    id="preprocess",
    title="Look at a data set and prepare it",
    topic_id="preprocessing",
    emoji="🔍",
    summary="A picture data set is inspected, split without leaks and scaled; why that matters is measured.",
    options=(
        IntOption("pictures", "Pictures", "How many pictures are looked at, at most.", 200, 20_000),
        IntOption("epochs", "Epochs", "Of each of the three trainings.", 1, 50),
        FloatOption("learning_rate", "Learning rate", "The same for all three trainings.", 1e-5, 1.0),
        IntOption("batch_size", "Batch size", "Pictures in one optimiser step.", 4, 512),
        IntOption("width", "Width", "Neurons of the small network's hidden layer.", 4, 512),
        IntOption("side", "Side", "Pixels to which the pictures of your own zip are scaled.", 8, 96),
        FloatOption("validation", "Validation", "Share of the pictures that is held out.", 0.05, 0.5),
        FloatOption("alike", "Alike", "Correlation from which two pictures count as near-duplicates.", 0.9, 1.0),
    ),
    presets=(
        Preset("quick", "Seconds: 6,000 pictures at most.", _QUICK),
        Preset("standard", "12,000 pictures.", {**_QUICK, "pictures": 12_000, "epochs": 12}),
        Preset("best", "20,000 pictures, longer trainings.", {**_QUICK, "pictures": 20_000, "epochs": 20}),
    ),
    datasets=(
        DatasetInfo("digits", "Digits", "1,797 handwritten digits of 8×8 pixels; built in.", embedded=True),
        DatasetInfo("mnist", "MNIST", "70,000 handwritten digits; 11 MB, downloaded once.", embedded=False),
        DatasetInfo("fashion-mnist", "Fashion-MNIST", "70,000 grey pictures of clothes; 31 MB, once.", embedded=False),
        DatasetInfo(
            "cifar10", "CIFAR-10", "60,000 colour photos of ten kinds of things; 170 MB, once.", embedded=False
        ),
        DatasetInfo(
            "cifar10-jpeg",
            "CIFAR-10 as JPEG",
            "The same as lossy JPEG files, from the operator's disk.",
            embedded=False,
        ),
        DatasetInfo("own", "Your own zip", "Your pictures, in one folder a class.", embedded=True),
    ),
    default_dataset="digits",
    default_preset="quick",
    headline=Metric("validation_accuracy", "Validation accuracy", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("loss", "Loss", percent=False, higher_is_better=False),
        Metric("validation_accuracy", "Validation accuracy", percent=True, higher_is_better=True),
    ),
    references={},
    own_data="pictures",
)
