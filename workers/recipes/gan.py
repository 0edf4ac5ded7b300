"""A conditional DCGAN: a generator learns to draw digits by deceiving a discriminator that learns to tell.

What it teaches: two networks with opposed losses (Goodfellow et al. 2014, arXiv 1406.2661), convolutions upwards
(DCGAN: Radford et al. 2015, arXiv 1511.06434), how a class is asked for (conditional batch norm in the generator, a
projection in the discriminator: Miyato and Koyama 2018, arXiv 1802.05637), and why losses say little about how good
the drawings are, so that figures of their own are needed: see gan_quality.py.

What to expect on one CPU core (39 processor seconds, the judge kept from an earlier run): MNIST, `quick`: 94 % of the
drawings clear to the judge, 97 % as asked, Fréchet distance 11 to 14 (real pictures: 98 %, 99.4 %, 1.4).
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.messages import OptionValue
from workers.recipes import digits, fashion, mnist
from workers.recipes.augment import epoch_order, mixed
from workers.recipes.device import half_precision
from workers.recipes.gan_judge import judge_of, packed
from workers.recipes.gan_nets import Discriminator, Generator, Shape
from workers.recipes.gan_quality import Figures, quality
from workers.recipes.gan_report import report, sheet, sheet_png
from workers.recipes.handle import Result, Run
from workers.recipes.pictures import PictureSet
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json

BETAS = (0.5, 0.999)  # DCGAN, section 4: with 0.9 the two nets overshoot each other
WARM_UP = 50  # steps
FALLS_FROM = 0.3  # share of the steps after which the learning rates fall in a line, to nothing
POINTS = 16  # of the curves
FRAMES = 24  # of the GIF
SAMPLES = 4  # sheets shown while it trains
ROWS = 6  # of a sheet
JUDGED = 1000  # drawings, for a point of the curves
TESTED = 10_000  # drawings, for the final figures
ONE_THREAD = 28 * 16  # pixels across times width: with less work in a step, threads wait for each other (see the docs)


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; presets and bounds are in the catalogue."""

    epochs: int
    """How often each training picture is seen."""
    generator_rate: float
    discriminator_rate: float
    """Peaks of the learning rates."""
    batch_size: int
    """Real pictures in one step, and as many drawn ones."""
    width: int
    """Channels of the generator's last layer; the ones before have 2 and 4 times as many."""
    latent: int
    """Random numbers that a drawing is made from."""
    loss: str
    """``non-saturating`` or ``hinge``."""
    smoothing: float
    """Real pictures are to be called real with 1 minus this (Salimans et al. 2016, section 3.4)."""
    average: float
    """Decay of the moving average of the generator's weights, which is what draws in the end; 0 for none."""
    conditional: str
    """``yes``: a class can be asked for."""

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(
            epochs=int(options["epochs"]),
            generator_rate=float(options["generator_rate"]),
            discriminator_rate=float(options["discriminator_rate"]),
            batch_size=int(options["batch_size"]),
            width=int(options["width"]),
            latent=int(options["latent"]),
            loss=str(options["loss"]),
            smoothing=float(options["smoothing"]),
            average=float(options["average"]),
            conditional=str(options["conditional"]),
        )


def discriminator_loss(config: Config, real: Tensor, drawn: Tensor) -> Tensor:
    """What the discriminator minimises, from its scores ``float[N]`` for real and for drawn pictures."""
    if config.loss == "hinge":  # Lim and Ye 2017, arXiv 1705.02894
        return F.relu(1 - real).mean() + F.relu(1 + drawn).mean()
    goal = torch.full_like(real, 1 - config.smoothing)
    return F.binary_cross_entropy_with_logits(real, goal) + F.softplus(drawn).mean()


def generator_loss(config: Config, drawn: Tensor) -> Tensor:
    """What the generator minimises, from the discriminator's scores ``float[N]`` for its drawings."""
    return -drawn.mean() if config.loss == "hinge" else F.softplus(-drawn).mean()


def cannot_tell(config: Config) -> tuple[float, float]:
    """Losses of discriminator and generator once the former finds no difference and gives all the same best score.

    Without smoothing: 2 ln 2 and ln 2, a coin's. With smoothing s the best guess is (1 - s) / 2.
    """
    score = torch.full((1,), border(config))
    return float(discriminator_loss(config, score, score)), float(generator_loss(config, score))


def border(config: Config) -> float:
    """The score that a discriminator gives which finds no difference: above it, it holds a picture to be real."""
    guess = (1 - config.smoothing) / 2
    return 0.0 if config.loss == "hinge" else math.log(guess / (1 - guess))


def train(run: Run) -> Result:  # noqa: C901, PLR0915 one algorithm in reading order: the loop is the lesson
    """Trains, judges and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    device, seed = run.device, run.job.seed

    # --- data: whole and in memory, on the device; and a judge of the drawings ---
    with run.timed("load"):
        data = load(run).to(device)
        if data.train_x.shape[2] * config.width <= ONE_THREAD:
            torch.set_num_threads(1)
        judge = judge_of(run, data)
        real = judge.look(data.test_x)
    count = len(data.train_y)
    steps_per_epoch = count // config.batch_size  # batch norm wants full batches: the odd rest waits for another epoch
    total = steps_per_epoch * config.epochs
    evaluate_after = {round(total * point / POINTS) for point in range(1, POINTS + 1)}
    # More frames in the beginning, where most happens.
    frame_after = {max(1, round(total * (frame / (FRAMES - 1)) ** 1.7)) for frame in range(FRAMES)}
    show_after = {round(total * sample / SAMPLES) for sample in range(1, SAMPLES)}

    # --- models, optimisers, schedule ---
    torch.manual_seed(seed)
    classes = len(data.classes)
    conditions = classes if config.conditional == "yes" else 1
    top = 16 if int(data.train_x.max()) <= 16 else 255
    shape = Shape(config.width, config.latent, data.train_x.shape[1], conditions, top)
    generator, discriminator = Generator(shape).to(device), Discriminator(shape).to(device)
    for net in (generator, discriminator):
        net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
    average = copy.deepcopy(generator).requires_grad_(requires_grad=False).eval()
    generator_optimiser = torch.optim.Adam(generator.parameters(), config.generator_rate, betas=BETAS, fused=True)
    discriminator_optimiser = torch.optim.Adam(
        discriminator.parameters(), config.discriminator_rate, betas=BETAS, fused=True
    )
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate(step, total))
        for optimiser in (generator_optimiser, discriminator_optimiser)
    ]
    fixed = noise_of(seed, 0, (ROWS * classes, config.latent), purpose=4).to(device)
    fixed_labels = (torch.arange(ROWS * classes, device=device) % classes) % conditions
    frames: list[tuple[float, Tensor]] = []
    sums = torch.zeros(4, device=device)  # since the last point: both losses, real and drawn pictures told right
    since, step, line = 0, 0, border(config)

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        for name, part in parts(generator, discriminator, average, generator_optimiser, discriminator_optimiser):
            part.load_state_dict(saved[name])
        for schedule, state in zip(schedules, saved["schedules"], strict=True):
            schedule.load_state_dict(state)
        frames, sums, since, step = saved["frames"], saved["sums"].to(device), saved["since"], saved["step"]
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop ---
    run.stage("Training")
    with run.timed("train"):
        order = epoch_order(seed, step // steps_per_epoch, count).to(device)
        while step < total:
            epoch, within = divmod(step, steps_per_epoch)
            if within == 0:
                order = epoch_order(seed, epoch, count).to(device)
            chosen = order[within * config.batch_size : (within + 1) * config.batch_size]
            pictures = data.train_x[chosen].unsqueeze(1) * (2 / top) - 1
            labels = data.train_y[chosen] % conditions
            noise = noise_of(seed, step, (config.batch_size, config.latent), purpose=3).to(device)

            # The discriminator learns to tell these pictures from these drawings …
            with half_precision(device):
                drawn = generator(noise, labels)
                real_scores, drawn_scores = discriminator(pictures, labels), discriminator(drawn.detach(), labels)
            loss = discriminator_loss(config, real_scores, drawn_scores)
            discriminator_optimiser.zero_grad(set_to_none=True)
            loss.backward()
            discriminator_optimiser.step()

            # … and the generator learns what would have deceived it.
            discriminator.requires_grad_(requires_grad=False)
            with half_precision(device):
                scores = discriminator(drawn, labels)
            own_loss = generator_loss(config, scores)
            generator_optimiser.zero_grad(set_to_none=True)
            own_loss.backward()
            generator_optimiser.step()
            discriminator.requires_grad_(requires_grad=True)

            for schedule in schedules:
                schedule.step()
            follow(
                average, generator, min(config.average, (1 + step) / (10 + step))
            )  # young, it must not look back far
            step, since = step + 1, since + 1
            told = ((real_scores > line).float().mean(), (drawn_scores <= line).float().mean())
            sums += torch.stack([loss.detach(), own_loss.detach(), *told])
            run.log(step, total, generator_loss=own_loss.detach(), discriminator_loss=loss.detach())

            at = step / steps_per_epoch
            if step in frame_after:
                frames.append((at, average.draw(fixed, fixed_labels).cpu()))
            if step in show_after:
                picture = sheet(average.draw(fixed, fixed_labels).cpu(), classes, top, f"epoch {at:.1f}")
                run.sample(
                    step, f"The same noise, drawn after {at:.1f} of {config.epochs} epochs", picture=sheet_png(picture)
                )
            if step in evaluate_after:
                asked = torch.arange(JUDGED, device=device) % classes
                noise = noise_of(seed, step, (JUDGED, config.latent), purpose=5).to(device)
                seen = judge.look(average.draw(noise, asked % conditions))
                figures = quality(seen, asked if conditions > 1 else None, real, data.test_y)
                means = (sums / since).tolist()
                shown = {"sure": figures.sure} | ({} if figures.as_asked is None else {"as_asked": figures.as_asked})
                run.point(
                    at,
                    discriminator_loss=means[0],
                    generator_loss=means[1],
                    real_told=means[2],
                    drawn_told=means[3],
                    variety=figures.mean_variety,
                    **shown,
                )
                run.log(step, total, always=True, generator_loss=means[1], discriminator_loss=means[0], **shown)
                sums.zero_()
                since = 0
            if run.wants_checkpoint():
                state: dict[str, Any] = {
                    name: part.state_dict()
                    for name, part in parts(
                        generator, discriminator, average, generator_optimiser, discriminator_optimiser
                    )
                }
                state |= {
                    "config": asdict(config),
                    "schedules": [schedule.state_dict() for schedule in schedules],
                    "frames": frames,
                    "sums": sums,
                    "since": since,
                    "step": step,
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(state))
            run.stop_if_asked()

    # --- the figures: once, at the end, beside real pictures that neither the GAN nor the judge has learnt from ---
    run.stage("Judging the drawings")
    asked = torch.arange(TESTED, device=device) % classes
    noise = noise_of(seed, total, (TESTED, config.latent), purpose=5).to(device)
    seen = judge.look(average.draw(noise, asked % conditions))
    drawn_quality = quality(seen, asked if conditions > 1 else None, real, data.test_y)
    floor = quality(judge.look(data.train_x[:TESTED]), data.train_y[:TESTED], real, data.test_y)
    test = quality(real, data.test_y, real, data.test_y)
    figures = Figures(drawn_quality, test, floor.frechet, min(TESTED, count), data.classes)
    metrics = {
        "sure": drawn_quality.sure,
        **({} if drawn_quality.as_asked is None else {"as_asked": drawn_quality.as_asked}),
        "frechet_distance": drawn_quality.frechet,
        "class_entropy": drawn_quality.entropy,
        "variety": drawn_quality.mean_variety,
        "real_sure": test.sure,
        "real_frechet_distance": floor.frechet,
        "judge_accuracy": figures.judge_accuracy,
        "parameters": float(sum(weights.numel() for net in (generator, discriminator) for weights in net.parameters())),
    }
    model: dict[str, Any] = {
        "recipe": "gan",
        "format": 1,
        "shape": asdict(shape),
        "classes": data.classes,
        "weights": {name: tensor.cpu() for name, tensor in average.state_dict().items()},
        "judge": packed(judge),
    }
    run.stage("Drawing the result")
    shown_report = report(run, figures, frames, top, cannot_tell(config))
    run.artifact("model.pt", pack(model))
    run.artifact(
        "metrics.json",
        metrics_json(
            run,
            data.title,
            metrics,
            classes=data.classes,
            drawn_of_each_class=drawn_quality.counts,
            variety_of_each_class=[None if math.isnan(value) else value for value in drawn_quality.variety],
        ),
    )
    return Result(metrics=metrics, dataset=data.title, report=shown_report)


def load(run: Run) -> PictureSet:
    """The data set that the job names."""
    match run.job.dataset:
        case "mnist":
            return mnist.load(run.sources, run.stage)
        case "fashion-mnist":
            return fashion.load(run.sources, run.stage)
        case "digits":
            run.stage("Loading digits")
            return digits.load()
        case other:
            raise ValueError(other)


def rate(step: int, total: int) -> float:
    """The share of the peak learning rate after `step` of `total` steps."""
    falling = (1 - step / total) / (1 - FALLS_FROM)
    return min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.02, falling))


def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Moves every weight and running statistic of `average` towards `net`'s, which keeps a share `decay` of it."""
    for old, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)


def noise_of(seed: int, step: int, size: tuple[int, int], *, purpose: int) -> Tensor:
    """Normal noise from seed and step alone, so that a run can go on in it; drawn on the CPU, alike everywhere."""
    return torch.randn(size, generator=torch.Generator().manual_seed(mixed(seed, step, purpose)))


def parts(
    generator: nn.Module,
    discriminator: nn.Module,
    average: nn.Module,
    generator_optimiser: torch.optim.Optimizer,
    discriminator_optimiser: torch.optim.Optimizer,
) -> list[tuple[str, Any]]:
    """What a checkpoint holds the state of, by name."""
    return [
        ("generator", generator),
        ("discriminator", discriminator),
        ("average", average),
        ("generator_optimiser", generator_optimiser),
        ("discriminator_optimiser", discriminator_optimiser),
    ]
