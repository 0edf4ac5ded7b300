"""`/run transformer`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project

_COMMON = {
    "batch_size": 64,
    "learning_rate": 0.001,
    "width": 64,
    "heads": 4,
    "label_smoothing": 0.05,
    "pooling": "mean",
    "positions": "learned",
    "letters": "on",
    "longest": 64,
}

TRANSFORMER = Project(
    id="transformer",
    title="Text classification with a transformer",
    topic_id="transformers",
    emoji="🔎",
    summary="A transformer reads sentences and says what they are; it has to beat tf-idf.",
    options=(
        IntOption("epochs", "Epochs", "How often the network sees every training text.", minimum=1, maximum=50),
        FloatOption(
            "learning_rate",
            "Learning rate",
            "The largest step of the optimiser; the schedule warms up to it and falls to zero.",
            minimum=1e-5,
            maximum=0.1,
        ),
        IntOption("batch_size", "Batch size", "Texts in one optimiser step.", minimum=8, maximum=1024),
        IntOption("width", "Width", "Numbers that stand for one word.", minimum=8, maximum=512),
        IntOption("depth", "Depth", "Encoder blocks, one after another.", minimum=1, maximum=8),
        IntOption("heads", "Heads", "Attention heads of a block; the width must be a multiple.", minimum=1, maximum=16),
        IntOption("members", "Members", "Networks that are trained side by side and vote.", minimum=1, maximum=8),
        FloatOption("dropout", "Dropout", "Share of the signals dropped in training.", minimum=0.0, maximum=0.8),
        FloatOption("word_dropout", "Word dropout", "Share of the words hidden in training.", minimum=0.0, maximum=0.8),
        FloatOption(
            "label_smoothing",
            "Label smoothing",
            "How much of the target goes to all classes.",
            minimum=0.0,
            maximum=0.5,
        ),
        ChoiceOption(
            "pooling",
            "Pooling",
            "How words become one vector: mean, max, a learnt weighting (attention), or the first word's.",
            choices=("mean", "max", "attention", "first"),
        ),
        ChoiceOption(
            "positions",
            "Positions",
            "How word order enters: learned vectors, sine waves, or not at all.",
            choices=("learned", "waves", "none"),
        ),
        ChoiceOption("letters", "Letters", "Whether words are also made of their letters.", choices=("on", "off")),
        ChoiceOption(
            "hint",
            "Hint",
            "naive_bayes: each word brings how much oftener it stands in texts of each class.",
            choices=("none", "naive_bayes"),
        ),
        IntOption("longest", "Longest text", "Words of a text that are read.", minimum=8, maximum=512),
    ),
    presets=(
        Preset(
            "quick",
            "One small network: under a minute on two CPU cores.",
            values={
                **_COMMON,
                "epochs": 5,
                "depth": 1,
                "members": 1,
                "dropout": 0.3,
                "word_dropout": 0.3,
                "hint": "none",
            },
            per_dataset={
                "docstrings": {"epochs": 10},
                "ag_news": {"epochs": 1},
                "imdb": {"epochs": 2, "longest": 192},
            },
        ),
        Preset(
            "standard",
            "Two deeper networks that vote; they learn from nothing but the texts.",
            values={
                **_COMMON,
                "epochs": 6,
                "depth": 2,
                "members": 2,
                "dropout": 0.3,
                "word_dropout": 0.3,
                "hint": "none",
            },
            per_dataset={
                "docstrings": {"epochs": 16},
                "ag_news": {"epochs": 2},
                "imdb": {"epochs": 3, "longest": 256},
            },
        ),
        Preset(
            "best",
            "Four networks that vote, with naive Bayes as a hint: above tf-idf on SST-2.",
            values={
                **_COMMON,
                "epochs": 3,
                "depth": 2,
                "members": 4,
                "dropout": 0.4,
                "word_dropout": 0.4,
                "hint": "naive_bayes",
            },
            per_dataset={
                "docstrings": {"epochs": 6},
                "ag_news": {"epochs": 2},
                "imdb": {"epochs": 3, "longest": 256},
            },
        ),
    ),
    datasets=(
        DatasetInfo(
            "sst2",
            "SST-2",
            "9,613 sentences of film reviews, positive or negative; 1 MB, downloaded once.",
            embedded=False,
        ),
        DatasetInfo(
            "docstrings",
            "Docstrings",
            "Which package is this docstring from? 7 packages of the worker itself; no download.",
            embedded=True,
        ),
        DatasetInfo("ag_news", "AG News", "127,600 news in 4 classes; the operator's files.", embedded=False),
        DatasetInfo("imdb", "IMDB", "50,000 film reviews, positive or negative; the operator's files.", embedded=False),
    ),
    default_dataset="sst2",
    default_preset="quick",
    headline=Metric("test_accuracy", "Test accuracy", percent=True, higher_is_better=True),
    progress_metrics=(
        Metric("loss", "Loss", percent=False, higher_is_better=False),
        Metric("accuracy", "Accuracy", percent=True, higher_is_better=True),
        Metric("validation_loss", "Validation loss", percent=False, higher_is_better=False),
        Metric("validation_accuracy", "Validation accuracy", percent=True, higher_is_better=True),
    ),
    references={},  # tf-idf and a bag of embeddings are trained on the same split in every run
    fallback_dataset="docstrings",
    use="sentiment",
)
