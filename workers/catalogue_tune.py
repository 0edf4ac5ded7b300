"""`/run tune`: what can be chosen."""

from workers.options import IntOption
from workers.project import DatasetInfo, Metric, Preset, Project

TUNE = Project(
    id="tune",
    title="Hyperparameter search",
    topic_id="tuning",
    emoji="🔭",
    summary="A search for the best settings of a CNN: many short trainings, the hopeless ones stopped early.",
    options=(
        IntOption("minutes", "Minutes", "For the whole search, the final comparison included.", minimum=1, maximum=25),
        IntOption("trials", "Trials", "The most settings that are tried.", minimum=2, maximum=500),
        IntOption("epochs", "Epochs", "Of one trial; hopeless trials are stopped earlier.", minimum=2, maximum=30),
        IntOption("pictures", "Pictures", "Training pictures of one trial.", minimum=200, maximum=60_000),
        IntOption(
            "final_epochs",
            "Final epochs",
            "With which best and default are compared at the end.",
            minimum=1,
            maximum=60,
        ),
        IntOption("seeds", "Seeds", "Trainings of each in that comparison.", minimum=2, maximum=10),
        IntOption("workers", "Workers", "How many may search together, if they are free.", minimum=1, maximum=8),
    ),
    presets=(
        Preset(
            "quick",
            "A minute: enough to see what matters.",
            {
                "minutes": 1,
                "trials": 40,
                "epochs": 3,
                "pictures": 3000,
                "final_epochs": 1,
                "seeds": 3,
                "workers": 4,
            },
            per_dataset={"digits": {"epochs": 6, "pictures": 900, "final_epochs": 10, "seeds": 5, "trials": 30}},
        ),
        Preset(
            "standard",
            "Five minutes.",
            {
                "minutes": 5,
                "trials": 80,
                "epochs": 4,
                "pictures": 6000,
                "final_epochs": 3,
                "seeds": 3,
                "workers": 4,
            },
            per_dataset={"digits": {"epochs": 8, "pictures": 900, "final_epochs": 20, "seeds": 8}},
        ),
        Preset(
            "best",
            "Ten minutes and more trials; several workers find more in the same time.",
            {
                "minutes": 10,
                "trials": 200,
                "epochs": 5,
                "pictures": 8000,
                "final_epochs": 6,
                "seeds": 3,
                "workers": 8,
            },
            per_dataset={"digits": {"epochs": 10, "pictures": 900, "final_epochs": 40, "seeds": 10}},
        ),
    ),
    datasets=(
        DatasetInfo(
            "cifar10", "CIFAR-10", "60,000 colour photos of ten kinds of things; 170 MB, once.", embedded=False
        ),
        DatasetInfo(
            "cifar10-jpeg",
            "CIFAR-10 as JPEG",
            "The same as lossy JPEG files, from the operator's disk.",
            embedded=False,
        ),
        DatasetInfo("fashion-mnist", "Fashion-MNIST", "70,000 grey pictures of clothes; 31 MB, once.", embedded=False),
        DatasetInfo("mnist", "MNIST", "70,000 handwritten digits; 11 MB, downloaded once.", embedded=False),
        DatasetInfo("digits", "Digits", "1,797 handwritten digits of 8×8 pixels; built in.", embedded=True),
    ),
    default_dataset="cifar10",
    default_preset="quick",
    headline=Metric("test_accuracy", "Test accuracy", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("best", "Best so far", percent=True, higher_is_better=True),
        Metric("trials", "Trials", percent=False, higher_is_better=True, digits=0),
        Metric("pruned", "Stopped early", percent=False, higher_is_better=True, digits=0),
    ),
    references={},
    fallback_dataset="digits",
    searches=True,
)
