"""A transformer encoder that tells what a text is: whether a sentence is positive, where a piece of news belongs.

What it teaches: attention is two matrix products with a softmax between them; with a few thousand texts the enemy
is overfitting and not size; and a transformer has to earn its place beside tf-idf with logistic regression, which is
trained and shown in the same result.

What to expect: see docs/projects/transformer.md for measured figures. On SST-2, tf-idf is hard to beat with 6,920
sentences; `best` does it with a few small networks that vote and with naive Bayes as a hint (`hint` says so).
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor

from workers.messages import OptionValue
from workers.recipes import transformer_baselines as baselines
from workers.recipes import transformer_files, transformer_hints
from workers.recipes.device import half_precision
from workers.recipes.handle import Result, Run, TrainingError
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json
from workers.recipes.transformer_data import HIDDEN, PADDING, Vocabulary
from workers.recipes.transformer_model import Ensemble, Shape, TextInput, probabilities
from workers.recipes.transformer_report import report, verdicts

WEIGHT_DECAY = 0.05
WARM_UP = 0.1  # share of the steps in which the learning rate rises
EVALUATIONS = 8  # points of the curves, at least
BUCKETS = 4096  # numbers for groups of letters
SMALL = 2048  # numbers of a batch's words at one place: below, two threads wait for each other longer than they work
SORTED_AT_ONCE = 16  # batches whose texts are sorted by length among themselves, so that little is padding


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; presets and bounds are in the catalogue."""

    epochs: int
    """How often each training text is seen."""
    learning_rate: float
    """The peak of the schedule."""
    batch_size: int
    """Texts in one optimiser step."""
    width: int
    """Numbers that stand for one token."""
    depth: int
    """Encoder blocks."""
    heads: int
    """Attention heads of a block; they share the width."""
    members: int
    """Networks that are trained beside one another and vote."""
    dropout: float
    word_dropout: float
    """Share of the words that are hidden from the network in each step."""
    label_smoothing: float
    pooling: str
    """How tokens become one vector: ``mean``, ``max``, ``attention`` or ``first``."""
    positions: str
    """``learned``, ``waves`` or ``none``."""
    letters: str
    """``on``: a word's vector is also made of its groups of letters."""
    hint: str
    """``naive_bayes``: each token also brings its log-count ratios; ``none``."""
    longest: int
    """Tokens of a text that are looked at."""

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job. Raises TrainingError where options do not go together."""
        config = cls(
            epochs=int(options["epochs"]),
            learning_rate=float(options["learning_rate"]),
            batch_size=int(options["batch_size"]),
            width=int(options["width"]),
            depth=int(options["depth"]),
            heads=int(options["heads"]),
            members=int(options["members"]),
            dropout=float(options["dropout"]),
            word_dropout=float(options["word_dropout"]),
            label_smoothing=float(options["label_smoothing"]),
            pooling=str(options["pooling"]),
            positions=str(options["positions"]),
            letters=str(options["letters"]),
            hint=str(options["hint"]),
            longest=int(options["longest"]),
        )
        if config.width % config.heads:
            fitting = [str(heads) for heads in range(1, 17) if config.width % heads == 0]
            raise TrainingError(
                f"The heads share the width, and {config.width} can't be shared by {config.heads}.",
                f"With width:{config.width}, heads can be {', '.join(fitting)}.",
            )
        return config


def train(run: Run) -> Result:  # noqa: PLR0915 one algorithm in reading order: the loop is the lesson
    """Trains, tests and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    device = run.device

    # --- data: whole and in memory, on the device, as numbers ---
    with run.timed("load"):
        data = transformer_files.load(run.job.dataset, run.sources, run.stage)
        run.stage("Counting words")
        vocabulary = Vocabulary.of(
            data.train.texts, buckets=BUCKETS if config.letters == "on" else 0, longest=config.longest
        )
        hints, train_hints = None, None
        if config.hint == "naive_bayes":
            hints, train_hints = transformer_hints.counted(
                data.train.texts, data.train.labels, len(data.classes), longest=config.longest
            )
        train_x = TextInput(vocabulary.numbers(data.train.texts), train_hints).to(device)
        validation_x, test_x = (
            TextInput.of(part.texts, vocabulary, hints).to(device) for part in (data.validation, data.test)
        )
        train_y, validation_y = data.train.labels.to(device), data.validation.labels.to(device)
    if config.batch_size * config.width < SMALL:
        torch.set_num_threads(1)
    count = len(train_y)
    steps_per_epoch = -(-count // config.batch_size)
    total = steps_per_epoch * config.epochs
    points = max(EVALUATIONS, config.epochs)
    evaluate_after = {max(1, round(total * point / points)) for point in range(1, points + 1)}

    # --- model, optimiser, schedule ---
    torch.manual_seed(run.job.seed)
    shape = Shape(
        words=len(vocabulary.words),
        buckets=vocabulary.buckets,
        longest=config.longest,
        width=config.width,
        depth=config.depth,
        heads=config.heads,
        classes=len(data.classes),
        pooling=config.pooling,
        positions=config.positions,
        hinted=hints is not None,
        dropout=config.dropout,
    )
    ensemble = Ensemble(shape, config.members).to(device)
    optimiser = torch.optim.AdamW(ensemble.parameters(), lr=config.learning_rate, weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=total, pct_start=WARM_UP
    )
    loss_sum = torch.zeros((), device=device)  # since the last point of the curves
    right_sum = torch.zeros((), device=device)
    seen, step = 0, 0
    held_against: list[baselines.Baseline] = []

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        ensemble.load_state_dict(saved["ensemble"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        loss_sum, right_sum = saved["loss_sum"].to(device), saved["right_sum"].to(device)
        seen, step = saved["seen"], saved["step"]
        held_against = [baselines.Baseline(**each) for each in saved["baselines"]]
        run.go_on(saved["curves"], saved["seconds"])

    # --- what it has to beat, on the same split ---
    with run.timed("baselines"):
        if not held_against:
            run.stage("Training what it is held against: tf-idf, naive Bayes, a bag of embeddings")
            held_against = [
                baselines.tf_idf(data),
                baselines.naive_bayes(data),
                baselines.bag_of_embeddings(data, run.job.seed, device),
            ]
            run.stop_if_asked()

    # --- the loop: every member takes its own batch, in an order of its own ---
    run.stage("Training")
    with run.timed("train"):
        orders: list[list[Tensor]] = []
        while step < total:
            within = step % steps_per_epoch
            if within == 0 or not orders:
                orders = [
                    epoch_batches(
                        _mixed(run.job.seed, step // steps_per_epoch, member), train_x.lengths, config.batch_size
                    )
                    for member in range(config.members)
                ]
            torch.manual_seed(_mixed(run.job.seed, step, 100))  # dropout, from seed and step alone
            loss = torch.zeros((), device=device)
            right, taken = torch.zeros((), device=device), 0
            for net, order in zip(ensemble.nets, orders, strict=True):
                chosen = order[within].to(device)
                words, letters, ratios = train_x.batch(chosen)
                hidden = (torch.rand(words.shape, device=device) < config.word_dropout) & (words != PADDING)
                words = words.masked_fill(hidden, HIDDEN)
                letters = letters.masked_fill(hidden[..., None], 0)
                ratios = ratios.masked_fill(hidden[..., None, None], 0.0)
                with half_precision(device) if device == "cuda" else nullcontext():  # on a CPU it is slower here
                    scores = net(words, letters, ratios).float()
                loss = loss + F.cross_entropy(scores, train_y[chosen], label_smoothing=config.label_smoothing)
                right += (scores.detach().argmax(1) == train_y[chosen]).sum()
                taken += len(chosen)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()

            step += 1
            seen += taken
            mean_loss = loss.detach() / config.members
            loss_sum += mean_loss * taken
            right_sum += right
            run.log(step, total, loss=mean_loss, accuracy=right / taken)

            if step in evaluate_after:
                validated = verdicts(probabilities(ensemble, validation_x), validation_y, data.classes)
                figures = {
                    "train_loss": float(loss_sum / seen),
                    "train_accuracy": float(right_sum / seen),
                    "validation_loss": validated.loss,
                    "validation_accuracy": validated.accuracy,
                }
                run.point(step / steps_per_epoch, **figures)
                run.log(
                    step,
                    total,
                    always=True,
                    loss=figures["train_loss"],
                    accuracy=figures["train_accuracy"],
                    validation_loss=figures["validation_loss"],
                    validation_accuracy=figures["validation_accuracy"],
                )
                loss_sum.zero_()
                right_sum.zero_()
                seen = 0
            if run.wants_checkpoint():
                state = {
                    "config": asdict(config),
                    "ensemble": ensemble.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "loss_sum": loss_sum,
                    "right_sum": right_sum,
                    "seen": seen,
                    "step": step,
                    "baselines": [asdict(each) for each in held_against],
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(state))
            run.stop_if_asked()

    # --- the test: once, at the end ---
    run.stage(f"Testing on {data.unit} it has never seen")
    test = verdicts(probabilities(ensemble, test_x).cpu(), data.test.labels, data.classes)
    metrics = {
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "validation_accuracy": run.curves["validation_accuracy"][-1][1],
        "validation_loss": run.curves["validation_loss"][-1][1],
        "tf_idf_accuracy": held_against[0].test_accuracy,
        "naive_bayes_accuracy": held_against[1].test_accuracy,
        "bag_accuracy": held_against[2].test_accuracy,
        "parameters": float(sum(weights.numel() for weights in ensemble.parameters())),
    }
    model: dict[str, Any] = {
        "recipe": "transformer",
        "format": 1,
        "shape": asdict(shape),
        "classes": data.classes,
        "data": data.name,
        "words": vocabulary.words,
        "hints": None if hints is None else {"features": hints.features, "table": hints.table},
        "test_accuracy": test.accuracy,
        "weights": [{name: tensor.cpu() for name, tensor in net.state_dict().items()} for net in ensemble.nets],
    }
    run.stage("Drawing the result")
    shown = report(run, data, test, held_against, ensemble, test_x)
    run.artifact("model.pt", pack(model))
    run.artifact(
        "metrics.json",
        metrics_json(
            run,
            data.title,
            metrics,
            classes=data.classes,
            confusion=test.confusion.tolist(),
            baselines=[asdict(each) for each in held_against],
        ),
    )
    return Result(metrics=metrics, dataset=data.title, report=shown)


def epoch_batches(seed: int, lengths: Tensor, batch_size: int) -> list[Tensor]:
    """An epoch's batches, each of texts of about one length, in random order; from the seed alone.

    Args:
        seed: Of this epoch and member.
        lengths: Tokens of each text, ``int64[N]``.
        batch_size: Texts in a batch; the smallest batch holds the rest.

    Returns:
        Indices ``int64[B]`` each; together every text once.
    """
    generator = torch.Generator().manual_seed(seed)
    batches: list[Tensor] = []
    lengths = lengths.cpu()
    for some in torch.randperm(len(lengths), generator=generator).split(batch_size * SORTED_AT_ONCE):
        batches += some[lengths[some].argsort(stable=True)].split(batch_size)
    return [batches[place] for place in torch.randperm(len(batches), generator=generator).tolist()]


def _mixed(seed: int, number: int, purpose: int) -> int:
    """A seed of its own for each use, so that neighbouring seeds and steps share no stream."""
    return (seed * 1_000_003 + number) * 101 + purpose & 0x7FFF_FFFF_FFFF_FFFF
