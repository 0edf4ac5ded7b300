"""`/run transfer`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import OWN, DatasetInfo, Metric, Preset, Project, Reference

_DIGITS = {"labelled": 5, "batch_size": 25, "learning_rate": 0.001, "scratch_rate": 0.003}

TRANSFER = Project(
    id="transfer",
    title="Transfer learning",
    topic_id="transfer-learning",
    emoji="🐝",
    summary="A network that has seen a million pictures learns yours from a few.",
    options=(
        ChoiceOption(
            "ways",
            "Ways",
            "all: feature extraction, fine-tuning and training from scratch; features: the first alone.",
            choices=("all", "features"),
        ),
        ChoiceOption(
            "backbone",
            "Backbone",
            "The pretrained network for photos; SqueezeNet stands in where the weights are not to be had.",
            choices=("squeezenet", "resnet18", "resnet50"),
        ),
        IntOption(
            "epochs", "Epochs", "Passes over the labelled pictures when fine-tuning and from scratch.", 1, maximum=200
        ),
        FloatOption("learning_rate", "Learning rate", "The highest while fine-tuning.", minimum=1e-6, maximum=0.1),
        FloatOption(
            "scratch_rate", "Rate from scratch", "The highest learning rate from scratch.", minimum=1e-5, maximum=0.1
        ),
        IntOption("batch_size", "Batch size", "Pictures in one optimiser step.", minimum=4, maximum=256),
        IntOption(
            "image_size",
            "Picture size",
            "Pixels a side of the squares that photos become; digits keep their 8.",
            minimum=64,
            maximum=256,
        ),
        IntOption(
            "views", "Views", "Looks at a picture whose features are averaged: whole, closer, its middle.", 1, maximum=3
        ),
        IntOption(
            "labelled", "Labelled", "Training pictures of each class that may be used; 0 for all.", 0, maximum=1000
        ),
    ),
    presets=(
        Preset(
            "quick",
            "All three ways, shortly: about a minute on two CPU cores.",
            values={
                "ways": "all",
                "backbone": "squeezenet",
                "epochs": 4,
                "learning_rate": 0.0001,
                "scratch_rate": 0.0005,
                "batch_size": 16,
                "image_size": 160,
                "views": 3,
                "labelled": 0,
            },
            per_dataset={"digits": {**_DIGITS, "epochs": 20}},
        ),
        Preset(
            "standard",
            "Fine-tunes for longer and gives training from scratch its chance: minutes on two CPU cores.",
            values={
                "ways": "all",
                "backbone": "squeezenet",
                "epochs": 24,
                "learning_rate": 0.0001,
                "scratch_rate": 0.0005,
                "batch_size": 16,
                "image_size": 160,
                "views": 3,
                "labelled": 0,
            },
            per_dataset={"digits": {**_DIGITS, "epochs": 40}},
        ),
        Preset(
            "best",
            "A larger network, ResNet-18, where its weights can be had; for a GPU, or for patience.",
            values={
                "ways": "all",
                "backbone": "resnet18",
                "epochs": 40,
                "learning_rate": 0.0001,
                "scratch_rate": 0.0005,
                "batch_size": 16,
                "image_size": 224,
                "views": 3,
                "labelled": 0,
            },
            per_dataset={"digits": {**_DIGITS, "labelled": 10, "epochs": 60}},
        ),
    ),
    datasets=(
        DatasetInfo(
            "hymenoptera",
            "Ants and bees",
            "396 photos of ants and bees; the operator puts them under DATA_DIR.",
            embedded=False,
        ),
        DatasetInfo(
            "digits",
            "Digits 0–4 → 5–9",
            "A backbone that has read the digits 0–4 learns 5–9 from a few; built in.",
            embedded=True,
        ),
        DatasetInfo(
            OWN,
            "Your own pictures",
            "A zip with one folder of pictures a class: 10 to 5,000 pictures.",
            embedded=False,
        ),
    ),
    default_dataset="hymenoptera",
    default_preset="quick",
    headline=Metric("test_accuracy", "Test accuracy", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("loss", "Loss", percent=False, higher_is_better=False),
        Metric("features_accuracy", "Feature extraction", percent=True, higher_is_better=True),
        Metric("scratch_accuracy", "From scratch", percent=True, higher_is_better=True),
        Metric("finetuned_accuracy", "Fine-tuned", percent=True, higher_is_better=True),
    ),
    references={
        "hymenoptera": Reference(
            "PyTorch tutorial, ResNet-18 fine-tuned",
            "test_accuracy",
            0.95,
            "https://pytorch.org/tutorials/beginner/transfer_learning_tutorial.html",
        ),
    },
    fallback_dataset="digits",
    own_data="pictures",
    use="classify",
)
