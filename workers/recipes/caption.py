"""A network that writes what is in a picture: an encoder, a decoder, and attention between them.

What it teaches: an encoder turns a picture into a vector for each of its places; a decoder with a memory writes word
after word; and attention lets each word look at the places that it is about. While it learns, every word is guessed
from the true words before it (teacher forcing), all of a caption at once; when it writes, a beam search goes on from
its own words. The network is `caption_net.py`, the search `caption_search.py`.

On `scenes` the encoder learns with the rest, and the test asks for combinations that it has never met. On `flickr8k`
it is a network that ImageNet taught to see: it runs once over all photos, what it saw is kept, and only the decoder
learns.

What to expect, in processor seconds of the whole run: scenes, `quick`: four of five seen kinds told exactly right, and
half or more of those with new objects, in about 80 s. Flickr8k, `standard`: BLEU-4 0.18, three times what the same
captions get for wrong photos, in about 300 s, the one look at all photos included.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor

from workers.messages import OptionValue
from workers.recipes import flickr8k
from workers.recipes.caption_data import LONGEST, CaptionSet, Part, Vocabulary, made_scenes, nearest
from workers.recipes.caption_net import PAD, Captioner, Shape
from workers.recipes.caption_plots import sheet
from workers.recipes.caption_report import Told, report
from workers.recipes.caption_scores import ORDERS, bleu, scores
from workers.recipes.caption_search import captions
from workers.recipes.device import half_precision
from workers.recipes.handle import Result, Run
from workers.recipes.scenes import judge
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json

BETAS = (0.9, 0.98)  # a short memory of squared gradients: a run has only a few hundred steps
WEIGHT_DECAY = 0.01
WARM_UP = 0.1  # share of the steps in which the learning rate rises
STEEPEST = 1.0  # norm of the gradient above which it is shortened
EVALUATIONS = 8  # points of the curves
SHOWN = (2, 4, 8)  # the points at which captions of validation pictures are shown
CHUNK = {"features": 16, "pixels": 0}
"""Batches whose captions are sorted by length together, so that little is filled up. Not where the eye learns: its
batch normalisation would get only single objects in one batch, only pairs in another, and all kinds in the test."""
EVALUATION_BATCH = 256
SMALL = 128 * 64  # width × batch: below it two threads wait for each other longer than they work


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; presets, bounds and what each does are in the catalogue."""

    epochs: int
    learning_rate: float
    batch_size: int
    cell: str
    attention: str
    width: int
    embedding: int
    dropout: float
    smoothing: float
    beam: int
    min_count: int
    pictures: int
    backbone: str

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(
            epochs=int(options["epochs"]),
            learning_rate=float(options["learning_rate"]),
            batch_size=int(options["batch_size"]),
            cell=str(options["cell"]),
            attention=str(options["attention"]),
            width=int(options["width"]),
            embedding=int(options["embedding"]),
            dropout=float(options["dropout"]),
            smoothing=float(options["smoothing"]),
            beam=int(options["beam"]),
            min_count=int(options["min_count"]),
            pictures=int(options["pictures"]),
            backbone=str(options["backbone"]),
        )


def train(run: Run) -> Result:  # noqa: PLR0915 one algorithm in reading order: the loop is the lesson
    """Trains, tests and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    device = run.device

    # --- data: pictures or their features, and captions as numbers, in memory on the device ---
    with run.timed("load"):
        data = load(run, config)
        vocabulary = Vocabulary.of((text for own in data.train.references for text in own), config.min_count)
        inputs = data.inputs.to(device)
        lessons = Lessons.of(data.train, vocabulary, run.job.seed, device)
        exam = Lessons.of(data.validation, vocabulary, run.job.seed, device)
    batch_size = min(config.batch_size, len(lessons.rows))
    steps_per_epoch = len(lessons.rows) // batch_size  # what is left over comes in another epoch
    total = steps_per_epoch * config.epochs
    points = [round(total * point / EVALUATIONS) for point in range(1, EVALUATIONS + 1)]

    # --- model, optimiser, schedule ---
    if config.width * batch_size < SMALL:
        torch.set_num_threads(1)
    torch.manual_seed(run.job.seed)
    shape = Shape(
        words=len(vocabulary),
        sees=data.sees,
        side=data.side,
        channels=data.channels,
        cell=config.cell,
        width=config.width,
        embedding=config.embedding,
        attention=config.attention,
        dropout=config.dropout,
    )
    net = Captioner(shape).to(device)
    net.get_used_to(inputs[lessons.rows[:1000]])
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: share_of_the_rate(done, total))
    loss_sum = torch.zeros((), device=device)  # since the last point of the curves
    step, since = 0, 0

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        loss_sum = saved["loss_sum"].to(device)
        step, since = saved["step"], saved["since"]
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop ---
    run.stage("Training")
    with run.timed("train"):
        batches = lessons.batches(run.job.seed, step // steps_per_epoch, batch_size, CHUNK[data.sees])
        while step < total:
            if step % steps_per_epoch == 0:
                batches = lessons.batches(run.job.seed, step // steps_per_epoch, batch_size, CHUNK[data.sees])
            rows, words = batches[step % steps_per_epoch]
            given, asked = words[:, :-1], words[:, 1:]

            net.train()
            torch.manual_seed(run.job.seed * 1_000_003 + step)  # dropout by seed and step alone: a run can go on
            with half_precision(device):
                seen = net.see(inputs[rows])
                said, _, _ = net.write(seen, given, net.begin(seen))
                scored = net.score(said)
            likely = scored.float().log_softmax(-1)
            real = asked != PAD
            surprise = -likely.gather(2, asked[..., None])[..., 0][real].mean()
            loss = (1 - config.smoothing) * surprise - config.smoothing * likely.mean(-1)[real].mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), STEEPEST)
            optimiser.step()
            schedule.step()

            step += 1
            since += 1
            loss_sum += surprise.detach()
            run.log(step, total, loss=surprise.detach())

            if step in points:
                figures = {"train_loss": float(loss_sum / since), **validate(net, inputs, exam, data, vocabulary)}
                run.point(step / steps_per_epoch, **figures)
                run.log(
                    step,
                    total,
                    always=True,
                    loss=figures["train_loss"],
                    validation_loss=figures["validation_loss"],
                    validation_bleu_4=figures["validation_bleu_4"],
                )
                loss_sum.zero_()
                since = 0
                if points.index(step) + 1 in SHOWN:
                    show(run, net, inputs, data, vocabulary, step)
            if run.wants_checkpoint():
                state = {
                    "config": asdict(config),
                    "net": net.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "loss_sum": loss_sum,
                    "step": step,
                    "since": since,
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(state))
            run.stop_if_asked()

    # --- the test: once, at the end ---
    run.stage("Captioning pictures it has never seen")
    told = tuple(test(net, inputs, part, vocabulary, config.beam) for part in data.tests)
    copied = scores(nearest(data, data.tests[0]), data.tests[0].references)
    metrics = figures_of(told) | {
        "copied_bleu_4": copied.bleu[-1],
        "copied_cider_d": copied.cider,
        "validation_bleu_4": run.curves["validation_bleu_4"][-1][1],
        "validation_loss": run.curves["validation_loss"][-1][1],
        "words": float(len(vocabulary)),
        "parameters": float(sum(weights.numel() for weights in net.parameters())),
    }
    model: dict[str, Any] = {
        "recipe": "caption",
        "format": 1,
        "dataset": run.job.dataset,
        "shape": asdict(replace(shape, dropout=0.0)),
        "vocabulary": vocabulary.words,
        "beam": config.beam,
        "weights": {name: tensor.cpu() for name, tensor in net.state_dict().items()},
        "backbone": data.backbone,
    }
    run.stage("Drawing the result")
    shown = report(run, data, told, copied)
    run.artifact("model.pt", pack(model))
    run.artifact("metrics.json", metrics_json(run, data.title, metrics, captions=samples(told)))
    return Result(metrics=metrics, dataset=data.title, report=shown)


def load(run: Run, config: Config) -> CaptionSet:
    """The data set that the job names, with as many training pictures as were asked for."""

    def say(text: str) -> None:
        run.stage(text)
        run.stop_if_asked()  # the photos are looked at for half a minute

    match run.job.dataset:
        case "scenes":
            run.stage("Drawing scenes")
            return made_scenes(config.pictures)
        case "flickr8k":
            return flickr8k.load(run.sources, say, config.pictures, run.device, backbone=config.backbone)
        case other:
            raise ValueError(other)


@dataclass(frozen=True, slots=True)
class Lessons:
    """Pictures and their captions as numbers, ready to be cut into batches."""

    rows: Tensor
    """Which pictures, ``int64[N]``."""
    words: Tensor
    """All their captions, ``int64[captions, LONGEST + 2]``, those of a picture one after another."""
    start: Tensor
    """Of each picture its first caption, ``int64[N]``."""
    count: Tensor
    """How many captions it has, ``int64[N]``."""
    turn: Tensor
    """Which of them comes in the first epoch, ``int64[N]``; then the next."""

    @classmethod
    def of(cls, part: Part, vocabulary: Vocabulary, seed: int, device: str) -> "Lessons":
        """The lessons of a part of a data set."""
        count = torch.tensor([len(own) for own in part.references])
        turn = torch.randint(0, 1 << 30, count.shape, generator=torch.Generator().manual_seed(seed))
        words = vocabulary.encode([text for own in part.references for text in own])
        return cls(*(each.to(device) for each in (part.rows, words, count.cumsum(0) - count, count, turn)))

    def batches(self, seed: int, epoch: int, size: int, chunk: int) -> list[tuple[Tensor, Tensor]]:
        """One epoch: every picture once, each with its next caption, from seed and epoch alone.

        The captions of `chunk` batches are sorted by length before they are cut; the order of the batches is random.

        Returns:
            Rows ``int64[size]`` and words ``int64[size, T]`` of each batch; an incomplete one is left out.
        """
        chosen = self.words[self.start + (self.turn + epoch) % self.count]
        lengths = (chosen != PAD).sum(1)
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.rows), generator=generator).to(self.rows.device)
        order = order[: len(order) // size * size]
        if chunk:
            order = torch.cat([part[lengths[part].argsort(stable=True)] for part in order.split(chunk * size)])
        cut = order.view(-1, size)
        longest = lengths[cut].amax(1).tolist()
        mixed = torch.randperm(len(cut), generator=generator).tolist()
        return [(self.rows[cut[i]], chosen[cut[i], : longest[i]]) for i in mixed]


def share_of_the_rate(done: int, total: int) -> float:
    """What the step after `done` of `total` steps takes of the learning rate: up in a line, then down in a cosine."""
    rising = max(1.0, WARM_UP * total)
    if done + 1 <= rising:
        return (done + 1) / rising
    return 0.5 + 0.5 * math.cos(math.pi * (done - rising) / max(total - rising, 1.0))


def validate(
    net: Captioner, inputs: Tensor, exam: Lessons, data: CaptionSet, vocabulary: Vocabulary
) -> dict[str, float]:
    """Loss of a word in nats over one caption of each validation picture, and BLEU-4 of greedy captions."""
    net.eval()
    loss = torch.zeros((), device=inputs.device)
    words = exam.words[exam.start]
    with torch.no_grad(), half_precision(inputs.device.type):
        for rows, batch in zip(exam.rows.split(EVALUATION_BATCH), words.split(EVALUATION_BATCH), strict=True):
            scored, _ = net(inputs[rows], batch[:, :-1])
            asked = batch[:, 1:].flatten()
            loss += F.cross_entropy(scored.float().flatten(0, 1), asked, ignore_index=PAD, reduction="sum")
    said = captions(net, inputs[exam.rows], beam=1, longest=LONGEST)
    texts = [vocabulary.decode(each.words) for each in said]
    return {
        "validation_loss": float(loss / (words[:, 1:] != PAD).sum()),
        "validation_bleu_4": bleu(texts, data.validation.references)[ORDERS - 1],
    }


def test(net: Captioner, inputs: Tensor, part: Part, vocabulary: Vocabulary, beam: int) -> Told:
    """Captions of a test part and what they are worth."""
    net.eval()
    said = captions(net, inputs[part.rows], beam=beam, longest=LONGEST)
    texts = tuple(vocabulary.decode(each.words) for each in said)
    judged = judge(texts, part.scenes) if part.scenes else None
    return Told(part, tuple(said), texts, scores(texts, part.references), judged)


def figures_of(told: tuple[Told, ...]) -> dict[str, float]:
    """The final numbers: those of the first part under their plain names, those of others with the part's name."""
    figures: dict[str, float] = {}
    for number, each in enumerate(told):
        after = "" if number == 0 else f"_{each.part.name.replace(' ', '_')}"
        figures |= {f"bleu_{order}{after}": value for order, value in enumerate(each.scores.bleu, 1)}
        figures[f"cider_d{after}"] = each.scores.cider
        figures[f"wrong_picture_bleu_4{after}"] = each.scores.control
        figures[f"different{after}"] = each.scores.different
        if each.judged is not None:
            figures |= {f"{name}_right{after}": value for name, value in asdict(each.judged).items()}
    return figures


def samples(told: tuple[Told, ...]) -> list[dict[str, Any]]:
    """A few captions beside a reference, for ``metrics.json``."""
    return [
        {"part": each.part.name, "caption": text, "reference": own[0]}
        for each in told
        for text, own in list(zip(each.texts, each.part.references, strict=True))[:10]
    ]


def show(run: Run, net: Captioner, inputs: Tensor, data: CaptionSet, vocabulary: Vocabulary, step: int) -> None:
    """Sends a few validation pictures with the captions that the network writes by now."""
    net.eval()
    rows = data.validation.rows[:4]
    said = captions(net, inputs[rows], beam=1, longest=LONGEST)
    pictures = [data.picture(row) for row in rows.tolist()]
    texts = [vocabulary.decode(each.words) for each in said]
    run.sample(step, "What it says by now", picture=sheet(pictures, texts))
