"""`/run cnn`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project, Reference

CNN = Project(
    id="cnn",
    title="Digit recognition with a CNN",
    topic_id="cnn",
    emoji="🔢",
    summary="A convolutional network learns to read handwritten digits.",
    options=(
        IntOption("epochs", "Epochs", "How often the network sees every training picture.", minimum=1, maximum=50),
        FloatOption(
            "learning_rate",
            "Learning rate",
            "The largest step of the optimiser; the schedule warms up to it and falls to zero.",
            minimum=1e-5,
            maximum=1.0,
        ),
        IntOption("batch_size", "Batch size", "Pictures in one optimiser step.", minimum=8, maximum=2048),
        IntOption(
            "width",
            "Width",
            "Channels of the first convolution; the next have 2 and 4 times as many. 16, 32 … run fastest.",
            minimum=4,
            maximum=128,
        ),
        ChoiceOption(
            "pooling",
            "Pooling",
            "What the last layer sees: each feature map's strongest value (max) or all values (flatten).",
            choices=("max", "flatten"),
        ),
        IntOption("shift", "Shift", "Pixels by which training pictures move at random.", minimum=0, maximum=4),
    ),
    presets=(
        Preset(
            "quick",
            "The shortest run that is worth looking at: seconds on two CPU cores.",
            values={
                "epochs": 1,
                "learning_rate": 0.006,
                "batch_size": 128,
                "width": 16,
                "pooling": "flatten",
                "shift": 0,
            },
            per_dataset={"digits": {"epochs": 10, "learning_rate": 0.01, "batch_size": 64}},
        ),
        Preset(
            "standard",
            "A few more passes, with pictures moved a little at random.",
            values={
                "epochs": 3,
                "learning_rate": 0.01,
                "batch_size": 128,
                "width": 16,
                "pooling": "flatten",
                "shift": 1,
            },
            # On 8×8 pixels a shift by one costs more than it teaches.
            per_dataset={"digits": {"epochs": 20, "learning_rate": 0.005, "batch_size": 64, "shift": 0}},
        ),
        Preset(
            "best",
            "The most accurate: a wider network that sees the data longer. Minutes on two CPU cores for MNIST.",
            values={
                "epochs": 10,
                "learning_rate": 0.01,
                "batch_size": 256,
                "width": 32,
                "pooling": "flatten",
                "shift": 1,
            },
            per_dataset={"digits": {"epochs": 40, "learning_rate": 0.004, "batch_size": 64}},
        ),
    ),
    datasets=(
        DatasetInfo(
            "digits",
            "Digits",
            "1,797 handwritten digits of 8×8 pixels; built in, no download.",
            embedded=True,
        ),
        DatasetInfo(
            "mnist",
            "MNIST",
            "70,000 handwritten digits of 28×28 pixels; 11 MB, downloaded once.",
            embedded=False,
        ),
    ),
    default_dataset="digits",
    default_preset="quick",
    headline=Metric("test_accuracy", "Test accuracy", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("loss", "Loss", percent=False, higher_is_better=False),
        Metric("accuracy", "Accuracy", percent=True, higher_is_better=True),
        Metric("validation_loss", "Validation loss", percent=False, higher_is_better=False),
        Metric("validation_accuracy", "Validation accuracy", percent=True, higher_is_better=True),
    ),
    references={
        "digits": Reference(
            "support-vector machine of scikit-learn's own example, same split",
            "test_accuracy",
            0.9916,
            "https://scikit-learn.org/stable/auto_examples/classification/plot_digits_classification.html",
        ),
        "mnist": Reference(
            "pytorch/examples mnist, 3 epochs",
            "test_accuracy",
            0.9894,
            "https://github.com/pytorch/examples/tree/main/mnist",
        ),
    },
)
