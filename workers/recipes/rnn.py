"""A recurrent network that reads a text character by character, and then writes more of it.

What it teaches: a state that is carried along is a memory; gates decide what it keeps (the equations are in
rnn_cells.py); a text model is judged by its bits per character on text that it has not seen, beside an n-gram.

What to expect on Tiny Shakespeare: `quick` does better than char-rnn's settings (1.60 nats, 2.31 bits per character)
in a fraction of their time, and just better than a 5-gram (2.28 bits); `best` goes on to 2.1 bits, in minutes.
Where the speed comes from: Muon on each gate (muon.py) needs about half of AdamW's steps; torch's fused LSTM takes half
of float32's time in bfloat16; 32 streams of 64 characters keep a step's activations in the processor's cache.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from torch import Tensor, nn

from workers.messages import OptionValue
from workers.recipes import rnn_data
from workers.recipes.device import half_precision
from workers.recipes.handle import Result, Run
from workers.recipes.muon import GateMuon
from workers.recipes.ngram import KneserNey
from workers.recipes.rnn_report import report
from workers.recipes.state import pack, unpack
from workers.recipes.summary import metrics_json

EMBEDDING = 64  # numbers for each character that goes in
BETAS = (0.9, 0.99)
WEIGHT_DECAY = 0.01
MUON_RATE = 4.0  # Muon's steps have a length of their own: this many times AdamW's learning rate
WARM_UP = 0.1  # share of the steps in which the learning rate rises
CLIP = 1.0  # norm of the gradient: long products of matrices explode now and then
EVALUATIONS = 6  # points of the curves, at least
STEPS_PER_POINT = 250
LEAD_IN = 64  # characters that are read before the first one that counts
STREAMS = 64  # places at which the validation part is read side by side
PIECE = 256  # characters of each stream in one pass of an evaluation
TEMPERATURES = (0.5, 0.8, 1.1)
SAMPLE = 240  # characters
SMALL = 1500  # units × streams: below it two threads wait for each other longer than they work
ORDER = 5  # of the n-gram beside it

State = Tensor | tuple[Tensor, Tensor]
"""Hidden state ``float[layers, N, units]``; an LSTM's comes with its cell state."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; presets and bounds are in the catalogue."""

    cell: str
    """``rnn``, ``lstm`` or ``gru``."""
    steps: int
    """Of the optimiser."""
    units: int
    """Numbers in the hidden state."""
    layers: int
    """Recurrent layers."""
    dropout: float
    """Share of the units switched off at random between the layers and before the last one; half of it at the input."""
    learning_rate: float
    """The peak of the schedule, for AdamW."""
    optimiser: str
    """Of the recurrent matrices: ``muon`` or ``adamw``."""
    batch_size: int
    """Streams of text that are read side by side."""
    length: int
    """Characters of each stream in one step: how far the gradient goes back."""

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(
            cell=str(options["cell"]),
            steps=int(options["steps"]),
            units=int(options["units"]),
            layers=int(options["layers"]),
            dropout=float(options["dropout"]),
            learning_rate=float(options["learning_rate"]),
            optimiser=str(options["optimiser"]),
            batch_size=int(options["batch_size"]),
            length=int(options["length"]),
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is needed to build the network again."""

    cell: str
    units: int
    layers: int
    dropout: float
    characters: int


class Net(nn.Module):
    """Character in, scores of the next character out; in between the recurrent layers that carry the state."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[shape.cell]
        self.embed = nn.Embedding(shape.characters, EMBEDDING)
        self.memory = layer(EMBEDDING, shape.units, shape.layers, dropout=shape.dropout if shape.layers > 1 else 0.0)
        self.score = nn.Linear(shape.units, shape.characters)
        for name, parameter in self.memory.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(parameter)
            if name.startswith("bias_ih") and shape.cell == "lstm":
                # Forget gates begin open (Jozefowicz et al. 2015): what is remembered stays until there is a reason.
                nn.init.ones_(parameter.data[shape.units : 2 * shape.units])

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Characters ``int64[T, N]`` and the state before them to scores ``float[T, N, characters]`` and the state."""
        read = F.dropout(self.embed(ids), self.shape.dropout / 2, self.training)
        states, after = self.memory(read, state)
        return self.score(F.dropout(states, self.shape.dropout, self.training)), after

    @property
    def matrices(self) -> list[nn.Parameter]:
        """The recurrent layers' weights, each a stack of gates."""
        return [parameter for name, parameter in self.memory.named_parameters() if name.startswith("weight")]


def train(run: Run) -> Result:  # noqa: PLR0915 one algorithm in reading order: the loop is the lesson
    """Trains, tests and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    device = run.device

    # --- data: one long text, cut into streams that are read side by side ---
    with run.timed("load"):
        corpus = rnn_data.load(run)
        inputs, targets = streams(corpus.ids[: corpus.start].to(device), config.batch_size, config.length)
    steps_per_epoch = len(inputs) // config.length
    points = max(EVALUATIONS, config.steps // STEPS_PER_POINT)
    evaluate_after = {round(config.steps * point / points) for point in range(1, points + 1)}

    # --- model and optimisers ---
    torch.set_num_threads(1 if config.units * config.batch_size < SMALL else torch.get_num_threads())
    torch.manual_seed(run.job.seed)
    shape = Shape(config.cell, config.units, config.layers, config.dropout, len(corpus.characters))
    net = Net(shape).to(device)
    optimisers = optimisers_of(net, config)
    state: State | None = None
    loss_sum = torch.zeros((), device=device)  # since the last point of the curves
    seen, step = 0, 0
    best_nats, best = math.inf, weights_of(net)

    # --- go on from where an earlier attempt was ---
    if run.resumed is not None and (saved := unpack(run.resumed))["config"] == asdict(config):
        net.load_state_dict(saved["net"])
        for optimiser, its_state in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(its_state)
        torch.set_rng_state(saved["random"])
        state = moved(saved["state"], device)
        loss_sum, seen, step = saved["loss_sum"].to(device), saved["seen"], saved["step"]
        best_nats, best = saved["best_nats"], saved["best"]
        run.go_on(saved["curves"], saved["seconds"])

    # --- the loop ---
    run.stage("Training")
    with run.timed("train"):
        net.train()
        while step < config.steps:
            place = step % steps_per_epoch
            if place == 0:
                state = None  # the streams begin again: nothing came before
            piece = slice(place * config.length, (place + 1) * config.length)

            with half_precision(device):
                scores, after = net(inputs[piece], state)
            loss = F.cross_entropy(scores.float().flatten(0, 1), targets[piece].flatten())
            state = detached(after)  # the memory goes on, the gradient ends here
            net.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), CLIP)
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = group["peak"] * schedule((step + 0.5) / config.steps)
                optimiser.step()

            step += 1
            seen += 1
            loss_sum += loss.detach()
            run.log(step, config.steps, loss=loss.detach(), bits=loss.detach() / math.log(2))

            if step in evaluate_after:
                nats = float(surprise(net, corpus.ids, corpus.start).mean())
                if nats < best_nats:
                    best_nats, best = nats, weights_of(net)
                figures = {"train_bits": float(loss_sum / seen) / math.log(2), "validation_bits": nats / math.log(2)}
                run.point(step / steps_per_epoch, **figures)
                run.log(step, config.steps, always=True, validation_bits=figures["validation_bits"])
                loss_sum.zero_()
                seen = 0
                caption = f"After {step:,} of {config.steps:,} steps, {figures['validation_bits']:.2f} bits a character"
                run.sample(step, caption, text=f"…{sampled(net, corpus, run.job.seed, (TEMPERATURES[1],))[0]}…")
            if run.wants_checkpoint():
                saved = {
                    "config": asdict(config),
                    "net": net.state_dict(),
                    "optimisers": [optimiser.state_dict() for optimiser in optimisers],
                    "random": torch.get_rng_state(),
                    "state": state,
                    "loss_sum": loss_sum,
                    "seen": seen,
                    "step": step,
                    "best_nats": best_nats,
                    "best": best,
                    "curves": run.curves,
                    "seconds": run.seconds,
                }
                run.checkpoint(step, pack(saved))
            run.stop_if_asked()

    # --- what it is worth: on the last tenth of the text, beside n-grams of the same text ---
    run.stage("Counting n-grams to compare with")
    net.load_state_dict(best)
    with run.timed("baseline"):
        numbers = corpus.ids.numpy()
        ngrams = KneserNey(numbers[: corpus.start], len(corpus.characters), ORDER).nats(numbers, corpus.start)
    run.stage("Drawing the result")
    nats = surprise(net, corpus.ids, corpus.start)
    metrics = {
        "bits_per_character": float(nats.mean()) / math.log(2),
        "validation_loss": float(nats.mean()),
        "ngram_bits": float(ngrams[-1].mean()) / math.log(2),
        "parameters": float(sum(weights.numel() for weights in net.parameters())),
    }
    texts = dict(zip(TEMPERATURES, sampled(net, corpus, run.job.seed, TEMPERATURES), strict=True))
    memory = bits_by_context(net, corpus.ids, corpus.start)
    shown = report(run, corpus, nats.numpy(), ngrams, memory, texts)
    model: dict[str, Any] = {
        "recipe": "rnn",
        "format": 1,
        "shape": asdict(shape),
        "characters": corpus.characters,
        "text": corpus.name,
        "weights": best,
    }
    run.artifact("model.pt", pack(model))
    run.artifact("metrics.json", metrics_json(run, corpus.title, metrics, samples={str(t): texts[t] for t in texts}))
    return Result(metrics=metrics, dataset=corpus.title, report=shown)


def streams(ids: Tensor, count: int, length: int) -> tuple[Tensor, Tensor]:
    """A text cut into `count` streams: what is read, and the character after each, both ``int64[T, count]``.

    Args:
        ids: ``int64[N]``.
        count: Streams; fewer are made of a text that is too short for one step of so many.
        length: Characters of a stream in one step.
    """
    count = max(1, min(count, (len(ids) - 1) // length))
    size = (len(ids) - 1) // count
    return (
        ids[: size * count].view(count, size).T.contiguous(),
        ids[1 : size * count + 1].view(count, size).T.contiguous(),
    )


def optimisers_of(net: Net, config: Config) -> list[torch.optim.Optimizer]:
    """Muon for the recurrent matrices and AdamW for the rest, or AdamW for all; the peak rate stands in each group."""
    rate, matrices = config.learning_rate, net.matrices
    if config.optimiser == "adamw":
        made: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(net.parameters(), lr=rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
        ]
    else:
        rest = [each for each in net.parameters() if all(each is not matrix for matrix in matrices)]
        gates = {"rnn": 1, "lstm": 4, "gru": 3}[config.cell]
        made = [
            torch.optim.AdamW(rest, lr=rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True),
            GateMuon(matrices, MUON_RATE * rate, gates, weight_decay=WEIGHT_DECAY),
        ]
    for optimiser in made:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return made


def schedule(done: float) -> float:
    """Share of the peak rate when a share `done` of the steps is done: up in a line, down in half a cosine."""
    if done < WARM_UP:
        return done / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


@torch.no_grad()
def surprise(net: Net, ids: Tensor, start: int) -> Tensor:
    """How much each character from place `start` on surprises the network, in nats: ``float32[N - start]``.

    The part is read in streams side by side; each first reads `LEAD_IN` characters before it, which do not count.
    """
    device = next(net.parameters()).device
    count = max(1, min(STREAMS, (len(ids) - start) // LEAD_IN))
    size = -(-(len(ids) - start) // count)
    first = start + size * torch.arange(count)
    places = (first + torch.arange(-LEAD_IN, size)[:, None]).clamp(max=len(ids) - 1)  # of what is to be predicted
    before, after = ids[places - 1].to(device), ids[places].to(device)
    was_training = net.training
    net.eval()
    state: State | None = None
    rows: list[Tensor] = []
    for piece in range(0, len(places), PIECE):
        with half_precision(str(device.type)):
            scores, state = net(before[piece : piece + PIECE], state)
        wanted = after[piece : piece + PIECE]
        rows.append(F.cross_entropy(scores.float().flatten(0, 1), wanted.flatten(), reduction="none").view_as(wanted))
    net.train(was_training)
    return torch.cat(rows)[LEAD_IN:].T.flatten()[: len(ids) - start].cpu()


@torch.no_grad()
def bits_by_context(net: Net, ids: Tensor, start: int, longest: int = 64) -> list[float]:
    """Bits per character when the network has read 1, 2, … `longest` characters before, from an empty memory."""
    device = next(net.parameters()).device
    held_out = ids[start:]
    shift = longest // 4  # windows overlap: four times the places to average over
    windows = held_out.unfold(0, longest + 1, shift).T if len(held_out) > longest else held_out[:, None]
    sums = torch.zeros(len(windows) - 1)
    for batch in windows.split(STREAMS * 8, dim=1):
        with half_precision(str(device.type)):
            scores, _ = net.eval()(batch[:-1].to(device))
        nats = F.cross_entropy(scores.float().flatten(0, 1), batch[1:].to(device).flatten(), reduction="none")
        sums += nats.view(len(windows) - 1, -1).sum(1).cpu()
    return (sums / windows.shape[1] / math.log(2)).tolist()


@torch.no_grad()
def written(net: Net, prompt: Tensor, length: int, temperatures: Sequence[float], seed: int) -> Tensor:
    """Goes on from a prompt, once for each temperature, a character at a time.

    Args:
        net: The network, which is not changed.
        prompt: ``int64[P]``, at least one character.
        length: Characters to write.
        temperatures: Scores are divided by it: below 1 safer, above 1 wilder.
        seed: The same gives the same text.

    Returns:
        ``int64[temperatures, length]``.
    """
    device = next(net.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    divisor = torch.tensor(temperatures)[:, None]
    was_training = net.training
    net.eval()
    chosen: list[Tensor] = []
    with one_thread():
        scores, state = net(prompt.to(device)[:, None].expand(-1, len(temperatures)))
        for _ in range(length):
            chances = (scores[-1].float().cpu() / divisor).softmax(1)
            chosen.append(torch.multinomial(chances, 1, generator=generator)[:, 0])
            scores, state = net(chosen[-1][None].to(device), state)
    net.train(was_training)
    return torch.stack(chosen, 1)


@contextmanager
def one_thread() -> Generator[None]:
    """Work of single characters is too small to share: threads would wait for each other longer than they work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def sampled(net: Net, corpus: rnn_data.Corpus, seed: int, temperatures: Sequence[float]) -> list[str]:
    """What the network writes after the last words of the training part, a text for each temperature."""
    prompt = corpus.ids[corpus.start - LEAD_IN : corpus.start]
    return [corpus.text(each) for each in written(net, prompt, SAMPLE, temperatures, seed)]


def load_model(data: bytes) -> tuple[Net, str]:
    """The trained network of a ``model.pt``, ready to be asked, and its vocabulary."""
    model = unpack(data)
    net = Net(Shape(**model["shape"]))
    net.load_state_dict(model["weights"])
    return net.eval(), str(model["characters"])


def weights_of(net: Net) -> dict[str, Tensor]:
    """A copy of the weights, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in net.state_dict().items()}


def detached(state: State) -> State:
    """The state without the steps that led to it."""
    return state.detach() if isinstance(state, Tensor) else (state[0].detach(), state[1].detach())


def moved(state: State | None, device: str) -> State | None:
    """The state on a device."""
    match state:
        case None:
            return None
        case Tensor():
            return state.to(device)
        case hidden, cell:
            return hidden.to(device), cell.to(device)
