"""`/run caption`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project, Reference

CAPTION = Project(
    id="caption",
    title="Image captioning with attention",
    topic_id="caption",
    emoji="🖼️",
    summary="A network looks at a picture and writes what is in it, word after word.",
    options=(
        IntOption("epochs", "Epochs", "How often each training picture is seen, with another of its captions.", 1, 200),
        FloatOption(
            "learning_rate", "Learning rate", "The largest step; the schedule rises to it and falls to zero.", 1e-5, 0.1
        ),
        IntOption("batch_size", "Batch size", "Pictures in one optimiser step.", 8, 1024),
        ChoiceOption(
            "cell",
            "Cell",
            "What remembers the words so far: a GRU, or an LSTM with its second memory.",
            ("gru", "lstm"),
        ),
        ChoiceOption(
            "attention",
            "Attention",
            "Each word looks at its own places, before the cell (xu) or after it (luong); none: all see the mean.",
            ("xu", "luong", "none"),
        ),
        IntOption(
            "width", "Width", "Numbers that the cell remembers, and that describe a place of the picture.", 16, 1024
        ),
        IntOption("embedding", "Embedding", "Numbers that stand for a word, when read and when written.", 16, 512),
        FloatOption(
            "dropout", "Dropout", "Share of the numbers that are left out at random while it learns.", 0.0, 0.8
        ),
        FloatOption(
            "smoothing",
            "Label smoothing",
            "Share of the target that is spread over all words: less sure of itself.",
            0.0,
            0.3,
        ),
        IntOption(
            "beam", "Beam", "Beginnings of a caption that the search keeps; 1 always takes the likeliest word.", 1, 10
        ),
        IntOption("min_count", "Minimum count", "Words that are rarer in the training captions are not learnt.", 1, 50),
        IntOption("pictures", "Pictures", "Training pictures at most; fewer show what data is worth.", 100, 20_000),
        ChoiceOption(
            "backbone",
            "Backbone",
            "For photos: the network, pretrained on ImageNet, through which the captioner sees.",
            ("squeezenet", "resnet18"),
        ),
    ),
    presets=(
        Preset(
            "quick",
            "The shortest run that is worth looking at: under a minute on two CPU cores.",
            values={
                "epochs": 6,
                "learning_rate": 0.004,
                "batch_size": 32,
                "cell": "gru",
                "attention": "xu",
                "width": 128,
                "embedding": 64,
                "dropout": 0.1,
                "smoothing": 0.0,
                "beam": 3,
                "min_count": 1,
                "pictures": 10_000,
                "backbone": "squeezenet",
            },
            per_dataset={
                "flickr8k": {
                    "epochs": 5,
                    "batch_size": 128,
                    "attention": "luong",
                    "width": 512,
                    "embedding": 256,
                    "dropout": 0.3,
                    "smoothing": 0.1,
                    "beam": 4,
                    "min_count": 5,
                    "pictures": 20_000,
                }
            },
        ),
        Preset(
            "standard",
            "Twice as long: captions that name more than the obvious.",
            values={
                "epochs": 8,
                "learning_rate": 0.004,
                "batch_size": 32,
                "cell": "gru",
                "attention": "xu",
                "width": 128,
                "embedding": 64,
                "dropout": 0.1,
                "smoothing": 0.0,
                "beam": 3,
                "min_count": 1,
                "pictures": 20_000,
                "backbone": "squeezenet",
            },
            per_dataset={
                "flickr8k": {
                    "epochs": 12,
                    "batch_size": 128,
                    "attention": "luong",
                    "width": 512,
                    "embedding": 256,
                    "dropout": 0.3,
                    "smoothing": 0.1,
                    "beam": 4,
                    "min_count": 5,
                    "pictures": 20_000,
                }
            },
        ),
        Preset(
            "best",
            "The best captions: minutes on two CPU cores.",
            values={
                "epochs": 20,
                "learning_rate": 0.004,
                "batch_size": 32,
                "cell": "gru",
                "attention": "xu",
                "width": 192,
                "embedding": 96,
                "dropout": 0.1,
                "smoothing": 0.0,
                "beam": 3,
                "min_count": 1,
                "pictures": 20_000,
                "backbone": "squeezenet",
            },
            per_dataset={
                "flickr8k": {
                    "epochs": 20,
                    "batch_size": 128,
                    "attention": "luong",
                    "width": 512,
                    "embedding": 256,
                    "dropout": 0.4,
                    "smoothing": 0.1,
                    "beam": 4,
                    "min_count": 5,
                    "pictures": 20_000,
                }
            },
        ),
    ),
    datasets=(
        DatasetInfo(
            "scenes",
            "Scenes",
            "Coloured shapes drawn by code, with combinations kept for the test; built in, no download.",
            embedded=True,
        ),
        DatasetInfo(
            "flickr8k",
            "Flickr8k",
            "About 8,000 photos of people and dogs, five captions each; through files of the operator's.",
            embedded=False,
        ),
    ),
    default_dataset="scenes",
    default_preset="quick",
    headline=Metric("bleu_4", "BLEU-4", percent=False, higher_is_better=True, digits=3),
    progress_metrics=(
        Metric("loss", "Loss", percent=False, higher_is_better=False, unit="nats a word", digits=2),
        Metric("validation_bleu_4", "Validation BLEU-4", percent=False, higher_is_better=True, digits=3),
        Metric(
            "validation_loss", "Validation loss", percent=False, higher_is_better=False, unit="nats a word", digits=2
        ),
    ),
    references={
        "flickr8k": Reference(
            "Xu et al. 2015, soft attention, VGG (other split)",
            "bleu_4",
            0.195,
            "https://arxiv.org/abs/1502.03044",
        ),
    },
    use="caption",
)
