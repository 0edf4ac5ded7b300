"""A picture data set is looked at and prepared before anything is trained on it.

What it teaches: count before you train; find what is there twice, since a picture in both parts of a split makes a
network look better than it is; look at what is odd; and put the inputs on one scale, because the same network with the
same learning rate learns well, slowly or not at all depending on it (LeCun et al. 1998, "Efficient BackProp",
section 4.3).

What to expect on two CPU cores: scikit-learn's digits in about 3 s; standardised pixels reach about 96 % on validation
pictures after 8 epochs of plain gradient descent.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.messages import OptionValue
from workers.project import OWN
from workers.recipes import cnn
from workers.recipes.augment import epoch_order, mixed
from workers.recipes.handle import Result, Run, TrainingError
from workers.recipes.inspecting import inspect
from workers.recipes.own_pictures import from_zip, skipped_in_words
from workers.recipes.pictures import GREY
from workers.recipes.preprocess_report import Trainings, report
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json

SCALES = ("raw", "scaled", "standardised")
"""Pixels as they are (0 to 255), divided by the largest, and with mean 0 and deviation 1 in each channel."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; bounds are in the catalogue."""

    pictures: int
    epochs: int
    learning_rate: float
    batch_size: int
    width: int
    side: int
    validation: float
    alike: float

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})  # pyright: ignore[reportArgumentType] the catalogue has checked each type


@dataclass(frozen=True, slots=True)
class Gathered:
    """The pictures ``uint8[N, channels, height, width]`` and classes ``int64[N]`` to be looked at."""

    title: str
    classes: tuple[str, ...]
    pictures: Tensor
    labels: Tensor
    names: tuple[str, ...]
    """Of the files, where they have some."""
    note: str = ""
    """What was left out."""


def train(run: Run) -> Result:
    """Inspects, splits, trains three times and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)

    # --- data, and what can be seen without any training ---
    with run.timed("load"):
        data = gather(run, config)
        run.stage("Looking for duplicates and outliers")
        findings = inspect(data.pictures, data.labels, len(data.classes), config.alike)
        run.stop_if_asked()

    # --- a split without leaks: what is alike stays together ---
    training, validation = split_without_leaks(findings.groups, data.labels, config.validation, run.job.seed)
    mean, deviation = channel_statistics(data.pictures[training])

    # --- the same network, three times ---
    with run.timed("train"):
        run.stage("Training on raw, scaled and standardised pictures")
        trainings = three_times(run, config, data, training, validation, (mean, deviation))

    metrics = {
        "pictures": float(len(data.labels)),
        "classes": float(len(data.classes)),
        "exact_duplicates": float(findings.exact),
        "near_duplicates": float(len(findings.pairs)),
        "validation_accuracy": trainings.accuracies["standardised"][-1],
        **{f"{scale}_accuracy": trainings.accuracies[scale][-1] for scale in SCALES},
        **{f"{scale}_loss": trainings.losses[scale][-1] for scale in SCALES if trainings.losses[scale]},
    }
    for epoch, (loss, accuracy) in enumerate(
        zip(trainings.losses["standardised"], trainings.accuracies["standardised"], strict=True), start=1
    ):
        run.point(float(epoch), train_loss=loss, validation_accuracy=accuracy)
    run.stage("Drawing the result")
    shown = report(run, data, findings, trainings, (training, validation), (mean, deviation))
    prepared = {
        "classes": data.classes,
        "training": named(training, data.names),
        "validation": named(validation, data.names),
        "mean": [round(value, 4) for value in mean.tolist()],
        "deviation": [round(value, 4) for value in deviation.tolist()],
    }
    run.artifact("split.json", json.dumps(prepared).encode())
    run.artifact("metrics.json", metrics_json(run, data.title, metrics, classes=data.classes))
    return Result(metrics, data.title, shown)


def gather(run: Run, config: Config) -> Gathered:
    """The pictures of a built-in data set or of the member's zip, no more than were asked for."""
    if run.job.dataset == OWN:
        if run.job.upload is None:
            raise TrainingError("There is no file of yours with this run.", "Give a zip of pictures as `file`.")
        own = from_zip(run.job.upload.data, config.side, run.stage)
        note = skipped_in_words(own.skipped) if own.skipped else ""
        title = f"{run.job.upload.name}: {len(own.labels):,} pictures in {len(own.classes)} classes"
        return Gathered(title, own.classes, own.pictures, own.labels, own.names, note)
    known = cnn.load(run)
    pictures, labels = torch.cat([known.train_x, known.validation_x]), torch.cat([known.train_y, known.validation_y])
    title = known.title
    if len(labels) > config.pictures:
        chosen = epoch_order(0, 0, len(labels))[: config.pictures]  # the same for every seed
        pictures, labels = pictures[chosen], labels[chosen]
        title = f"{title.partition(':')[0]}: {len(labels):,} of its training pictures"
    return Gathered(title, known.classes, pictures.unsqueeze(1) if pictures.ndim == GREY else pictures, labels, ())


def split_without_leaks(groups: Tensor, labels: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Indices of a training and a validation part; pictures of one group are never parted.

    Args:
        groups: ``int64[N]``: equal for pictures that are alike.
        labels: ``int64[N]``; each class gives about the same share.
        share: Of the pictures in the validation part.
        seed: Of the drawing.
    """
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    dice = torch.Generator().manual_seed(mixed(seed, 0, 8))
    taken = torch.zeros(len(groups), dtype=torch.bool)
    for label in labels.unique().tolist():
        members = (labels == label).nonzero().flatten()
        wanted = max(1, round(share * len(members)))
        for group in groups[members[torch.randperm(len(members), generator=dice)]].tolist():
            if int((held_out & (labels == label)).sum()) >= wanted:
                break
            if not taken[group]:
                taken[group] = True
                held_out |= groups == group
    return (~held_out).nonzero().flatten(), held_out.nonzero().flatten()


def channel_statistics(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, ``float64[channels]``, of ``uint8[N, channels, height, width]``."""
    values = pictures.transpose(0, 1).flatten(1).double()
    return values.mean(1), values.std(1, correction=0).clamp_min(1e-6)


def on_scale(pictures: Tensor, scale: str, statistics: tuple[Tensor, Tensor]) -> Tensor:
    """Pictures as ``float32[N, values]`` on one of `SCALES`."""
    values = pictures.float()
    match scale:
        case "raw":
            pass
        case "scaled":
            values = values / max(1.0, float(pictures.max()))
        case "standardised":
            mean, deviation = (each.float().view(1, -1, 1, 1) for each in statistics)
            values = (values - mean) / deviation
        case other:
            raise ValueError(other)
    return values.flatten(1)


def three_times(
    run: Run,
    config: Config,
    data: Gathered,
    training: Tensor,
    validation: Tensor,
    statistics: tuple[Tensor, Tensor],
) -> Trainings:
    """Trains one small network with plain stochastic gradient descent on each scale, all else equal."""
    torch.set_num_threads(1)  # one hidden layer is done before a second thread has woken up
    losses: dict[str, list[float]] = {scale: [] for scale in SCALES}
    accuracies: dict[str, list[float]] = {scale: [] for scale in SCALES}
    batches = -(-len(training) // config.batch_size)
    total, step = batches * config.epochs * len(SCALES), 0
    labels = data.labels
    begin, net_state, at_epoch = 0, None, 0

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        losses, accuracies = saved["losses"], saved["accuracies"]
        begin, net_state, at_epoch, step = saved["scale"], saved["net"], saved["epoch"], saved["step"]
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop: only the scale of the inputs differs ---
    for place, scale in list(enumerate(SCALES))[begin:]:
        inputs = on_scale(data.pictures, scale, statistics)
        torch.manual_seed(run.job.seed)
        net = nn.Sequential(
            nn.Linear(inputs.shape[1], config.width), nn.ReLU(), nn.Linear(config.width, len(data.classes))
        )
        if net_state is not None:
            net.load_state_dict(net_state)
        optimiser = torch.optim.SGD(net.parameters(), config.learning_rate)
        for epoch in range(at_epoch, config.epochs):
            order = training[epoch_order(run.job.seed, epoch, len(training))]
            sum_of_losses = torch.zeros(())
            for chosen in order.split(config.batch_size):
                loss = F.cross_entropy(net(inputs[chosen]), labels[chosen])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                sum_of_losses += loss.detach() * len(chosen)
                step += 1
                if scale == "standardised":
                    run.log(step, total, loss=loss.detach())
                else:
                    run.log(step, total)  # what blows up here is the lesson, and no reason to stop
                run.stop_if_asked()
            mean_loss = float(sum_of_losses / len(order))
            with torch.no_grad():
                right = (net(inputs[validation]).argmax(1) == labels[validation]).float().mean()
            losses[scale].append(mean_loss if math.isfinite(mean_loss) else math.inf)
            accuracies[scale].append(float(right))
            run.log(step, total, always=True, validation_accuracy=float(right))
            if run.wants_checkpoint():
                state = {
                    "config": asdict(config),
                    "losses": losses,
                    "accuracies": accuracies,
                    "scale": place,
                    "net": net.state_dict(),
                    "epoch": epoch + 1,
                    "step": step,
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(state))
            run.stop_if_asked()
        net_state, at_epoch = None, 0
    return Trainings(losses, accuracies)


def named(chosen: Tensor, names: Sequence[str]) -> list[str | int]:
    """The chosen pictures by name, or by number where they have none."""
    places: list[int] = chosen.tolist()
    return [names[place] if names else place for place in places]
