"""Three ways to teach a network from a few pictures: feature extraction, fine-tuning, and from scratch.

What it teaches: a network that has learnt to see on a million pictures of other things already has the features that
a new task needs. Feature extraction leaves them as they are and fits one linear layer on them. Fine-tuning starts
from that layer and lets all weights move a little (LP-FT, Kumar et al. 2022: a random layer on top would first
distort the features). Training from scratch has to learn to see from the few pictures alone.

The data are photos (ants and bees, or a member's own) and a backbone with ImageNet weights; or, without either, the
digits 0 to 4 to pretrain a small network on, and a handful of labelled 5 to 9 to transfer it to.

What to expect: ants and bees with SqueezeNet 1.0, `quick`: feature extraction 94.8 % in 17 processor seconds,
fine-tuning 94.8 %, from scratch 61 % (PyTorch's tutorial with ResNet-18: about 95 %). Digits 5 to 9 from five
examples each, mean of four seeds: 91 %, 91 % and 82 %.

The test pictures are looked at after each epoch to draw the curves, and choose nothing: neither the regularisation
(that is cross-validated on the training pictures) nor when to stop, nor which of the three ways is saved.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor

from workers.recipes import backbones, probe, transfer_data
from workers.recipes.backbones import Classifier, Trunk
from workers.recipes.device import half_precision
from workers.recipes.handle import DatasetMissingError, Result, Run
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json
from workers.recipes.transfer_data import Task
from workers.recipes.transfer_progress import Config, Progress, finish, go_on, save
from workers.recipes.transfer_report import Outcome, Shown, report
from workers.recipes.views import augmented, looks

WEIGHT_DECAY = 0.05
WARM_UP = 0.2  # share of the steps in which the learning rate rises
EVALUATION_BATCH = 32
SMALLEST_SPREAD = 0.01  # of the mean spread: features that hardly vary are not blown up


@dataclass(frozen=True, slots=True)
class Descent:
    """One training of all weights."""

    phase: str
    """``pretraining``, ``scratch`` or ``finetuned``."""
    rate: float
    """The highest learning rate."""
    epochs: int
    batch_size: int


PRETRAINING = Descent("pretraining", 0.005, 8, 128)


def train(run: Run) -> Result:
    """Trains in all three ways, tests and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)

    # --- data and backbone ---
    with run.timed("load"):
        before, task, trunk, stood_in = load(run, config)
        task = transfer_data.few(task, config.labelled, run.job.seed).to(run.device)
    name = trunk[0]
    steps = -(-len(task.train_y) // config.batch_size) * config.epochs if config.ways == "all" else 0
    early = -(-len(before.train_y) // PRETRAINING.batch_size) * PRETRAINING.epochs if before else 0
    progress = Progress(config, total=early + 1 + 2 * steps)
    go_on(run, progress)

    with run.timed("train"):
        net, outcomes = in_all_ways(run, progress, before, task, *trunk)

    # --- the result ---
    run.stage("Drawing the result")
    best = outcomes[-1]
    metrics = {"test_accuracy": best.test.accuracy, "test_loss": best.test.loss}
    for each in outcomes:
        metrics[f"{each.way}_accuracy"] = each.test.accuracy
    metrics |= {"training_pictures": float(len(task.train_y)), "test_pictures": float(len(task.test_y))}
    model: dict[str, Any] = {
        "recipe": "transfer",
        "format": 1,
        "backbone": name,
        "classes": task.classes,
        "side": task.train_x.shape[-1],
        "views": config.views,
        "way": best.way,
        "weights": {key: tensor.cpu() for key, tensor in net.state_dict().items()},
    }
    shown = report(run, Shown(task, backbones.title(name), tuple(outcomes), stood_in, config.epochs))
    run.artifact("model.pt", pack(model))
    more = {"classes": task.classes, "backbone": name, "confusion": best.test.confusion.tolist()}
    run.artifact("metrics.json", metrics_json(run, task.title, metrics, **more))
    return Result(metrics=metrics, dataset=task.title, report=shown)


def in_all_ways(
    run: Run, progress: Progress, before: Task | None, task: Task, name: str, trunk: Trunk
) -> tuple[Classifier, list[Outcome]]:
    """The lesson: pretraining where there is none, then the three ways. Returns the network of the last one.

    Args:
        run: Of the job.
        progress: What an earlier attempt has done.
        before: What to pretrain the trunk on; None for one that is pretrained.
        task: What to learn.
        name: Of the backbone.
        trunk: The backbone itself.
    """
    config, device = progress.config, run.device

    # --- a backbone of our own, where there are no photos: the digits 0 to 4 ---
    if before is not None:
        torch.set_num_threads(1)  # on 8×8 pixels two threads wait for each other longer than they work
        run.stage("Pretraining on the digits 0 to 4")
        torch.manual_seed(run.job.seed + 1)
        reader = Classifier(trunk, len(before.classes)).to(device)
        descend(run, progress, reader, before.to(device), PRETRAINING)
        trunk = reader.trunk

    # --- feature extraction: every picture goes through the frozen backbone once, then a convex fit ---
    run.stage("Feature extraction")
    with run.timed("features"):
        net = extracted(run, progress, trunk, task, config)
    outcomes = [outcome(run, progress, "features", task)]

    if config.ways == "all":
        # --- from scratch: the same network without what it had learnt ---
        run.stage("Training from scratch")
        torch.manual_seed(run.job.seed)
        blank = Classifier(backbones.fresh(name), len(task.classes)).to(device)
        standardise(blank, pooled(run, blank, task.train_x[:256], views=1))
        with run.timed("scratch"):
            plan = Descent("scratch", config.scratch_rate, config.epochs, config.batch_size)
            descend(run, progress, blank, task, plan)
        outcomes.append(outcome(run, progress, "scratch", task))

        # --- fine-tuning: from the frozen features and their linear layer, everything moves a little ---
        run.stage("Fine-tuning")
        with run.timed("finetuned"):
            plan = Descent("finetuned", config.learning_rate, config.epochs, config.batch_size)
            descend(run, progress, net, task, plan)
        outcomes.append(outcome(run, progress, "finetuned", task))
    return net, outcomes


def load(run: Run, config: Config) -> tuple[Task | None, Task, tuple[str, Trunk], str]:
    """What to pretrain on, if on anything; the task; the backbone with its name; and why it is another one, if so."""
    match run.job.dataset:
        case "digits":
            run.stage("Loading digits")
            before, task = transfer_data.digits()
            torch.manual_seed(run.job.seed)
            return before, task, ("digits", backbones.fresh("digits")), ""
        case "own":
            task = transfer_data.own(run.job.upload, config.image_size, reading(run))
        case "hymenoptera":
            task = transfer_data.hymenoptera(run.sources, config.image_size, reading(run))
        case other:
            raise ValueError(other)
    try:
        return None, task, (config.backbone, backbones.pretrained(config.backbone, run.sources, run.stage)), ""
    except DatasetMissingError as missing:
        if config.backbone == "squeezenet":
            raise
        smaller = backbones.pretrained("squeezenet", run.sources, run.stage)
        return None, task, ("squeezenet", smaller), f"{missing.sentence} SqueezeNet 1.0 stood in."


def reading(run: Run) -> Callable[[str], None]:
    """Says what is being read, and ends the reading when the run is to stop."""

    def say(text: str) -> None:
        run.stage(text)
        run.stop_if_asked()

    return say


def extracted(run: Run, progress: Progress, trunk: Trunk, task: Task, config: Config) -> Classifier:
    """The classifier whose linear layer is fitted on the frozen trunk's features, and its answers to the test."""
    net = Classifier(trunk, len(task.classes)).to(run.device)
    if (finished := progress.done.get("features")) is not None:
        net.load_state_dict(finished["weights"], strict=False)  # the trunk is as it was
        return net
    features = pooled(run, net, task.train_x, config.views)
    standardise(net, features)
    fitted = probe.choose_and_fit((features - net.centre) / net.spread, task.train_y, len(task.classes))
    with torch.no_grad():
        net.head.weight.copy_(fitted.weight)
        net.head.bias.copy_(fitted.bias)
        scores = net.judge(pooled(run, net, task.test_x, config.views))
        train_loss = float(F.cross_entropy(net.judge(features), task.train_y))
    right = float((scores.argmax(1) == task.test_y).float().mean())
    counts = torch.bincount(task.train_y, minlength=len(task.classes))
    guess = float((task.test_y == counts.argmax()).float().mean())
    run.point(0.0, features_accuracy=guess)  # without any training: always the most frequent class
    run.point(1.0, features_accuracy=right, features_loss=train_loss)
    if config.ways == "all":
        run.point(float(config.epochs), features_accuracy=right, features_loss=train_loss)
    progress.step += 1
    run.log(progress.step, progress.total, always=True, features_accuracy=right)
    finish(progress, "features", net, scores, decay=fitted.decay)
    save(run, progress)
    return net


def descend(run: Run, progress: Progress, net: Classifier, task: Task, descent: Descent) -> None:
    """Trains all weights of `net` in place; the loop of pretraining, fine-tuning and training from scratch.

    Batch norm, where the backbone has some, keeps its ImageNet statistics while fine-tuning: batches are small.
    """
    phase = descent.phase
    if (finished := progress.done.get(phase)) is not None:
        net.load_state_dict(finished["weights"], strict=phase != "scratch")
        return
    count, device, batch_size = len(task.train_y), run.device, descent.batch_size
    per_epoch = -(-count // batch_size)
    total = per_epoch * descent.epochs
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
    net.train(phase != "finetuned")
    optimiser = torch.optim.AdamW(net.parameters(), lr=descent.rate, weight_decay=WEIGHT_DECAY, fused=True)
    loss_sum, step = torch.zeros((), device=device), 0
    if (within := progress.within) is not None and within["phase"] == phase:
        net.load_state_dict(within["net"])
        optimiser.load_state_dict(within["optimiser"])
        loss_sum, step = within["loss_sum"].to(device), within["step"]

    while step < total:
        epoch, place = divmod(step, per_epoch)
        order = torch.randperm(count, generator=drawn(run.job.seed, phase, epoch, "order"))
        chosen = order[place * batch_size : (place + 1) * batch_size].to(device)
        pictures = augmented(task.train_x[chosen], drawn(run.job.seed, phase, step, "crops"))
        for group in optimiser.param_groups:
            group["lr"] = descent.rate * one_cycle(step / total)

        with half_precision(device):
            scores = net(pictures)
        loss = F.cross_entropy(scores.float(), task.train_y[chosen])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

        step += 1
        progress.step += 1
        loss_sum += loss.detach() * len(chosen)
        run.log(progress.step, progress.total, loss=loss.detach())
        if step % per_epoch == 0:
            train_loss = float(loss_sum / count)
            loss_sum.zero_()
            if phase != "pretraining":
                right = float((tested(run, net, task, views=1).argmax(1) == task.test_y).float().mean())
                run.point(epoch + 1, **{f"{phase}_loss": train_loss, f"{phase}_accuracy": right})
                run.log(progress.step, progress.total, always=True, loss=train_loss, **{f"{phase}_accuracy": right})
        if run.wants_checkpoint():
            progress.within = {
                "phase": phase,
                "net": net.state_dict(),
                "optimiser": optimiser.state_dict(),
                "loss_sum": loss_sum,
                "step": step,
            }
            save(run, progress)
        run.stop_if_asked()
    net.eval()
    finish(progress, phase, net, None if phase == "pretraining" else tested(run, net, task, progress.config.views))


def one_cycle(share: float) -> float:
    """The learning rate after this share of the steps, as a share of the highest: up in a line, down in a cosine."""
    if share < WARM_UP:
        return 0.1 + 0.9 * share / WARM_UP
    return 0.5 + 0.5 * math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))


def pooled(run: Run, net: Classifier, pictures: Tensor, views: int) -> Tensor:
    """Pooled features ``float[N, F]``, averaged over the looks at each picture."""
    net.eval()
    batches: list[Tensor] = []
    with torch.no_grad(), half_precision(run.device):
        for batch in pictures.split(EVALUATION_BATCH):
            batches.append(torch.stack([net.pooled(look) for look in looks(batch, views)]).mean(0))
            run.stop_if_asked()
    return torch.cat(batches)


def tested(run: Run, net: Classifier, task: Task, views: int) -> Tensor:
    """Scores of the test pictures ``float[M, classes]``; the network is left in the mode in which it was."""
    was_training = net.training
    scores = net.judge(pooled(run, net, task.test_x, views)).detach()
    net.train(was_training)
    return scores


def standardise(net: Classifier, features: Tensor) -> None:
    """Sets the mean and spread that the head takes its features to have, from those of training pictures."""
    deviation = features.std(0)
    floor = SMALLEST_SPREAD * deviation.mean().clamp_min(1e-6)
    net.centre.copy_(features.mean(0))
    net.spread.copy_((deviation + floor) * features.shape[1] ** 0.5)


def drawn(seed: int, phase: str, number: int, purpose: str) -> torch.Generator:
    """A stream of random numbers of its own for each use, from the seed alone, so that a run can go on anywhere."""
    phases, purposes = ("pretraining", "features", "scratch", "finetuned"), ("order", "crops")
    mixed = ((seed * 1_000_003 + number) * len(phases) + phases.index(phase)) * len(purposes) + purposes.index(purpose)
    return torch.Generator().manual_seed(mixed & 0x7FFF_FFFF_FFFF_FFFF)


def outcome(run: Run, progress: Progress, way: str, task: Task) -> Outcome:
    """How one way did on the test pictures, and how long it took."""
    return Outcome.of(way, progress.done[way]["probabilities"], task, run.seconds.get(way, 0.0))


def load_model(data: bytes) -> tuple[Classifier, dict[str, Any]]:
    """The trained classifier of a ``model.pt``, ready to be asked, and what else the file says."""
    model = unpack(data)
    net = Classifier(backbones.fresh(model["backbone"]), len(model["classes"]))
    net.load_state_dict(model["weights"])
    return net.eval(), model
