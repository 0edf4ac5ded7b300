"""`/run cnn`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project, Reference

_PLAIN = {
    "optimiser": "adamw",
    "schedule": "one_cycle",
    "weight_decay": 0.1,
    "label_smoothing": 0.0,
    "width": 16,
    "depth": 1,
    "activation": "relu",
    "normalisation": "none",
    "pooling": "flatten",
    "dropout": 0.0,
    "shift": 0,
    "warp": 0.0,
    "mirror": "off",
    "erase": 0,
    "average": "off",
    "views": 1,
}
"""The smallest network and the simplest training; a preset says what it does otherwise."""
_TURNED = {"normalisation": "batch", "mirror": "on"}
"""For what may face either way."""
_CLOTHES = {**_TURNED, "shift": 1}
_THINGS = {**_TURNED, "pooling": "max", "shift": 2, "weight_decay": 0.05, "average": "on", "learning_rate": 0.006}
"""For colour photos, on which a thing may stand anywhere."""

CNN = Project(
    id="cnn",
    title="Picture recognition with a CNN",
    topic_id="cnn",
    emoji="🔢",
    summary="A convolutional network learns to tell pictures apart: handwritten digits first.",
    options=(
        IntOption("epochs", "Epochs", "How often the network sees every training picture.", minimum=1, maximum=50),
        FloatOption(
            "learning_rate",
            "Learning rate",
            "The largest step of the optimiser.",
            minimum=1e-5,
            maximum=1.0,
        ),
        IntOption("batch_size", "Batch size", "Pictures in one optimiser step.", minimum=8, maximum=2048),
        ChoiceOption(
            "optimiser",
            "Optimiser",
            "How weights follow the gradient; sgd has Nesterov momentum and wants a higher rate.",
            choices=("adamw", "sgd", "rmsprop"),
        ),
        ChoiceOption(
            "schedule",
            "Schedule",
            "How the learning rate goes: up and down, down a cosine, down in four steps, or not at all.",
            choices=("one_cycle", "cosine", "step", "constant"),
        ),
        FloatOption("weight_decay", "Weight decay", "How strongly weights are drawn to zero.", minimum=0, maximum=1),
        FloatOption(
            "label_smoothing",
            "Label smoothing",
            "How unsure the network should stay of each label: 0 not at all, 0.1 a little.",
            minimum=0,
            maximum=0.5,
        ),
        IntOption(
            "width",
            "Width",
            "Channels of the first stage; the next have 2 and 4 times as many. 16, 32 … run fastest.",
            minimum=4,
            maximum=128,
        ),
        IntOption("depth", "Depth", "Convolutions in each of the three stages.", minimum=1, maximum=4),
        ChoiceOption(
            "activation",
            "Activation",
            "The bend between the layers.",
            choices=("relu", "leaky_relu", "gelu", "silu", "tanh"),
        ),
        ChoiceOption(
            "normalisation",
            "Normalisation",
            "What keeps the layers' values in range: nothing, batch or group normalisation.",
            choices=("none", "batch", "group"),
        ),
        ChoiceOption(
            "pooling",
            "Pooling",
            "What the last layer sees: each feature map's strongest value (max) or all values (flatten).",
            choices=("max", "flatten"),
        ),
        FloatOption("dropout", "Dropout", "Share of the last features that each step forgets.", minimum=0, maximum=0.9),
        IntOption("shift", "Shift", "Pixels by which training pictures move at random.", minimum=0, maximum=4),
        FloatOption(
            "warp",
            "Warp",
            "How much training pictures are turned, scaled and bent: 1 is up to 12 degrees and 12 %.",
            minimum=0,
            maximum=3,
        ),
        ChoiceOption(
            "mirror",
            "Mirror",
            "Whether training pictures are mirrored in every other epoch; wrong for digits.",
            choices=("off", "on"),
        ),
        IntOption(
            "erase",
            "Erase",
            "Side in pixels of a square that is hidden in each training picture.",
            minimum=0,
            maximum=16,
        ),
        ChoiceOption(
            "average",
            "Average",
            "Whether to keep the moving average of the weights instead of the last ones.",
            choices=("off", "on"),
        ),
        IntOption(
            "views",
            "Views",
            "Looks at each test picture, a pixel apart, whose answers are averaged.",
            minimum=1,
            maximum=9,
        ),
    ),
    presets=(
        Preset(
            "quick",
            "The shortest run that is worth looking at: seconds on two CPU cores.",
            values={**_PLAIN, "epochs": 1, "learning_rate": 0.006, "batch_size": 128},
            per_dataset={
                "digits": {"epochs": 10, "learning_rate": 0.01, "batch_size": 64},
                "cifar10": {**_THINGS, "epochs": 3, "learning_rate": 0.01},
                "cifar10-jpeg": {**_THINGS, "epochs": 3, "learning_rate": 0.01},
            },
        ),
        Preset(
            "standard",
            "A few more passes, with pictures moved a little at random.",
            values={**_PLAIN, "epochs": 3, "learning_rate": 0.01, "batch_size": 128, "shift": 1},
            per_dataset={
                # On 8×8 pixels a shift by one costs more than it teaches.
                "digits": {"epochs": 20, "learning_rate": 0.005, "batch_size": 64, "shift": 0},
                "fashion-mnist": {**_CLOTHES, "epochs": 5},
                "cifar10": {**_THINGS, "epochs": 8, "depth": 2, "views": 5},
                "cifar10-jpeg": {**_THINGS, "epochs": 8, "depth": 2, "views": 5},
            },
        ),
        Preset(
            "best",
            "The most accurate: a wider network that sees the data longer. Minutes on two CPU cores.",
            values={
                **_PLAIN,
                "epochs": 10,
                "learning_rate": 0.01,
                "batch_size": 256,
                "width": 32,
                "shift": 1,
            },
            per_dataset={
                "digits": {"epochs": 40, "learning_rate": 0.004, "batch_size": 64},
                "mnist": {
                    "epochs": 20,
                    "batch_size": 128,
                    "normalisation": "batch",
                    "shift": 2,
                    "warp": 0.5,
                    "average": "on",
                    "views": 9,
                },
                "fashion-mnist": {**_CLOTHES, "epochs": 20, "batch_size": 128, "depth": 2, "average": "on", "views": 5},
                "cifar10": {**_THINGS, "epochs": 15, "batch_size": 128, "depth": 2, "views": 5},
                "cifar10-jpeg": {**_THINGS, "epochs": 15, "batch_size": 128, "depth": 2, "views": 5},
            },
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
        DatasetInfo(
            "fashion-mnist",
            "Fashion-MNIST",
            "70,000 grey pictures of clothes, 28×28 pixels; 31 MB, downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "cifar10",
            "CIFAR-10",
            "60,000 colour photos of ten things, 32×32 pixels; 170 MB, downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "cifar10-jpeg",
            "CIFAR-10 as JPEG",
            "A lossy copy of CIFAR-10 that the operator put there; not for published figures.",
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
        "cifar10": Reference(
            "ResNet-20, He et al. 2016, 180 epochs",
            "test_accuracy",
            0.9125,
            "https://arxiv.org/abs/1512.03385",
        ),
    },
    use="classify",
)
